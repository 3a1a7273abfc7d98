import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@testable import Estimators

@Suite struct AveragingTests {
  /// On the simplex the best weights of independent errors are those of inverse variances.
  @Test func weightsOfIndependentErrorsAreInverseVariances() {
    // Orthogonal errors of squared sizes 1, 4 and 16.
    let errors = [[1.0, 0, 0], [0, 2, 0], [0, 0, 4]]
    let weights = StackingWeights(errors: errors).weights
    let inverses = [1, 0.25, 0.0625]
    let sum = inverses.reduce(0, +)
    for (weight, inverse) in zip(weights, inverses) { #expect(abs(weight - inverse / sum) < 1e-6) }
  }

  /// The mean by the weights errs no more than any candidate.
  @Test func averageIsNoWorseThanTheBest() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<20 {
      let common = (0..<50).map { _ in generator.nextGaussian() }
      let errors = (0..<6).map { index in
        common.map { $0 + 0.3 * Double(index + 1) * generator.nextGaussian() }
      }
      let weights = StackingWeights(errors: errors).weights
      #expect(abs(weights.reduce(0, +) - 1) < 1e-12 && weights.allSatisfy { $0 >= 0 })
      let mixed = common.indices.map { k in
        zip(weights, errors).reduce(0) { $0 + $1.0 * $1.1[k] }
      }
      let best = errors.map(rootMeanSquare).min() ?? 0
      // Weights below a hundredth are left out.
      #expect(rootMeanSquare(mixed) < 1.001 * best)
    }
  }

  @Test func averageOfFactorsIsTheAverageOfProducts() throws {
    var generator = SeededGenerator(seed: 4)
    var sum = FactorAverage(rowCount: 12, columnCount: 9, limit: 9)
    var dense = Matrix(rowCount: 12, columnCount: 9)
    var divisor = 0.0
    for index in 0..<40 {
      let left = Matrix.gaussian(rowCount: 12, columnCount: 3, using: &generator)
      let right = Matrix.gaussian(rowCount: 9, columnCount: 3, using: &generator)
      let weight = Double(index % 3) + 0.5
      try sum.add(left, right, weight: weight)
      divisor += weight
      dense += weight * (left * right.transposed())
    }
    let factors = try sum.factors(dividedBy: divisor)
    let product = factors.left * factors.right.transposed()
    // 40 sums of size ten, compressed some times: a few hundred roundings.
    #expect((product - (1 / divisor) * dense).frobeniusNorm < 1e-12 * dense.frobeniusNorm)
  }

  /// Groups of one variance are recognised as alike, and groups whose variances differ by orders as different.
  @Test func poolTellsLikeFromUnlike() {
    var generator = SeededGenerator(seed: 5)
    func sums(_ variance: (Int) -> Double) -> [Double] {
      (0..<60).map { 2 * generator.nextGamma(shape: 10) * variance($0) }
    }
    let counts = [Double](repeating: 20, count: 60)
    let alike = VariancePool(sums: sums { _ in 3 }, counts: counts)
    let unlike = VariancePool(sums: sums { $0 % 2 == 0 ? 1 : 100 }, counts: counts)
    // Logarithms of 1 and 100 scatter by 2.3; those of 20 squares by a third by chance.
    #expect(alike.spread <= 1.0 / 32 && abs(unlike.spread / 5.3 - 1) < 0.5)
    #expect(abs(alike.variance / 3 - 1) < 0.2)
    // A group of many squares has its own variance, however far the others' are.
    let far = VariancePool(
      sums: sums { Double(sign: .plus, exponent: $0, significand: 1) }, counts: counts)
    #expect(abs(far.variance(sum: 20e-9, count: 20) / 1e-9 - 1) < 0.2)
    // A group without squares has the variance of the others.
    #expect(alike.variance(sum: 0, count: 0) == alike.variance)
  }

  /// The precision drawn from many rows is the inverse of their covariance, and the mean is theirs.
  @Test func priorFollowsTheRows() throws {
    var generator = SeededGenerator(seed: 6)
    let count = 4000
    var rows = Matrix.gaussian(rowCount: count, columnCount: 2, using: &generator)
    for i in 0..<count {
      rows[i, 1] = 5 + 0.5 * rows[i, 0] + 0.2 * rows[i, 1]
    }
    let draw = try GaussianWishart(floor: 1e-3).draw(for: rows, using: &generator)
    // Standard errors of a variance from n rows are √(2/n) of it: 2 %.
    let covariance = try CholeskyDecomposition(of: draw.precision).solve(.identity(2))
    #expect(abs(covariance[0, 0] - 1) < 0.15)
    #expect(abs(covariance[0, 1] - 0.5) < 0.1)
    #expect(abs(covariance[1, 1] - 0.29) < 0.05)
    #expect(abs(draw.mean[0]) < 0.1 && abs(draw.mean[1] - 5) < 0.1)
  }

  /// Draws around the truth of a noisy table have its noise, column by column, and their mean is nearer to the truth
  /// than the entries are.
  @Test func drawsFindTheNoiseOfEachColumn() throws {
    var generator = SeededGenerator(seed: 7)
    let left = Matrix.gaussian(rowCount: 200, columnCount: 2, using: &generator)
    let right = Matrix.gaussian(rowCount: 30, columnCount: 2, using: &generator)
    let truth = left * right.transposed()
    var noisy = truth
    for i in 0..<200 {
      for j in 0..<30 { noisy[i, j] += (j < 15 ? 0.1 : 1) * generator.nextGaussian() }
    }
    let entries = ObservedEntries.all(of: noisy) { _, _ in generator.nextUniform() >= 0.6 }
    let pattern = ObservedPattern(of: entries)
    var draws = PosteriorDraws(
      pattern, entries.values, near: CompletionModel(rowFactor: left, columnFactor: right),
      noiseVariance: 0.5, spare: 2, using: &generator)
    var average: FactorAverage? = FactorAverage(rowCount: 200, columnCount: 30, limit: 30)
    let schedule = DrawSchedule(
      .normal, entryCount: entries.count, rowCount: 200, columnCount: 30, rank: 6)
    _ = try draws.run(
      schedule, at: nil, average: &average, isCancelled: { false }, using: &generator)
    var own = try #require(average)
    let model = try draws.model(&own)
    let noise = draws.state.columnPrecisions.map { draws.scale / $0.squareRoot() }
    // 120 entries a column, and one draw: 15 % a column, 4 % for the mean of fifteen; six coordinates a row fitted to
    // nine quiet entries leave a part of the noise of the factors.
    for (columns, own) in [(0..<15, 0.1), (15..<30, 1.0)] {
      let ratio = columns.map { noise[$0] / own }.reduce(0) { $0 + $1 / 15 }
      #expect(abs(ratio - 1) < 0.3)
    }
    let error = model.completion() - truth
    for columns in [0..<15, 15..<30] {
      let part = error.submatrix(rows: 0..<200, columns: columns)
      let deviation = part.frobeniusNorm / (200.0 * 15).squareRoot()
      // Less than the noise of the entries: six coordinates from nine quiet ones leave √(6/9) of it at most.
      #expect(deviation < (columns.lowerBound == 0 ? 0.1 : 0.35))
    }
  }

  @Test func threadsDoNotChangeTheDraws() throws {
    let problem = completionProblem(600, 300, rank: 3, count: 40_000, noise: 0.3)
    func fit(_ threadCount: Int) throws -> Matrix {
      var generator = SeededGenerator(seed: 1)
      let pattern = ObservedPattern(of: problem.entries, threadCount: threadCount)
      var state = GibbsFactorization(
        pattern, problem.entries.values,
        rowFactor: .gaussian(rowCount: 600, columnCount: 5, using: &generator),
        columnFactor: .gaussian(rowCount: 300, columnCount: 5, using: &generator), noiseVariance: 1)
      for _ in 0..<3 { try state.sweep(using: &generator) }
      return state.rowFactor
    }
    #expect(try fit(1) == fit(2))
  }
}
