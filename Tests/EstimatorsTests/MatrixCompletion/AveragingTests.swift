import Analysis
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

  /// Candidates whose errors are nothing but chance: weights that have seen them seem to gain, those of the other parts do
  /// not.
  @Test func weightsOfOtherPartsDoNotFlatter() {
    var generator = SeededGenerator(seed: 11)
    var (own, crossed) = (0.0, 0.0)
    for _ in 0..<200 {
      let common = (0..<60).map { _ in generator.nextGaussian() }
      let errors = (0..<8).map { _ in common.map { $0 + 0.5 * generator.nextGaussian() } }
      let parts = StackingWeights.crossFitted(errors: errors, partCount: 10)
      let all = StackingWeights(errors: errors).weights
      // What eight such errors of equal weight come to, whatever entry is asked.
      let least = 1 + 0.25 / 8
      for k in common.indices {
        let (a, b) = (
          zip(all, errors).reduce(0) { $0 + $1.0 * $1.1[k] },
          zip(parts[k % 10].weights, errors).reduce(0) { $0 + $1.0 * $1.1[k] }
        )
        own += (a * a - least) / 12_000
        crossed += (b * b - least) / 12_000
      }
    }
    // A mean of 12,000 squares of about one scatters by √(2/12,000), 1.3 %: no weights are better than equal ones, and what
    // those of other parts seem to lose is more by what seven free weights learn of chance.
    #expect(crossed > -4 * 0.013 && crossed > own + 0.01)
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
    // A deviation from 120 entries scatters by 1/√240, a draw of it as much again, and the mean of fifteen by √15 less:
    // 2.4 %. Six coordinates are fitted to the nine quiet entries of a row where two are true: were the other four free,
    // they would take 4/9 of the noise's variance.
    for (columns, own) in [(0..<15, 0.1), (15..<30, 1.0)] {
      let ratio = columns.map { noise[$0] / own }.reduce(0) { $0 + $1 / 15 }
      #expect(ratio > (5.0 / 9).squareRoot() && ratio < 1 + 4 * 0.024, "\(ratio)")
    }
    let error = model.completion() - truth
    let least = try leastVariances(left, right, entries) { $0 < 15 ? 0.1 : 1 }
    for (columns, own) in [(0..<15, 0.1), (15..<30, 1.0)] {
      func meanSquare(_ value: (Int, Int) -> Double) -> Double {
        columns.reduce(0.0) { sum, j in (0..<200).reduce(sum) { $0 + value($1, j) } } / 3000
      }
      let found = meanSquare { error[$0, $1] * error[$0, $1] }
      // Six coordinates a row are fitted where two are true: where all six were as free as the two, three times.
      let bound = 3 * meanSquare { least[$0, $1] }
      #expect(found < own * own && found < bound, "\(found), at most \(bound)")
    }
  }

  /// The variances of products whose rows are fitted by least squares to the true columns, and whose columns to the true
  /// rows, to first order: v_jᵀ(Σ_k v_k v_kᵀ/s_k²)⁻¹v_j + s_j² u_iᵀ(Σ_l u_l u_lᵀ)⁻¹u_i, the sums over known entries.
  private func leastVariances(
    _ left: Matrix, _ right: Matrix, _ entries: ObservedEntries, noise: (Int) -> Double
  ) throws -> Matrix {
    let rank = left.columnCount
    var rows = (0..<left.rowCount).map { _ in Matrix(rowCount: rank, columnCount: rank) }
    var columns = (0..<right.rowCount).map { _ in Matrix(rowCount: rank, columnCount: rank) }
    for k in entries.values.indices {
      let (i, j) = (Int(entries.rows[k]), Int(entries.columns[k]))
      for a in 0..<rank {
        for b in 0..<rank {
          rows[i][a, b] += right[j, a] * right[j, b] / (noise(j) * noise(j))
          columns[j][a, b] += left[i, a] * left[i, b] / (noise(j) * noise(j))
        }
      }
    }
    func variance(_ system: Matrix, _ own: [Double]) throws -> Double {
      zip(own, try CholeskyDecomposition(of: system).solve(own)).reduce(0) { $0 + $1.0 * $1.1 }
    }
    var result = Matrix(rowCount: left.rowCount, columnCount: right.rowCount)
    for i in 0..<left.rowCount {
      for j in 0..<right.rowCount {
        result[i, j] = try variance(rows[i], right.row(j)) + variance(columns[j], left.row(i))
      }
    }
    return result
  }

  /// Distances between points on lines have no low rank, and an average of several fits has as many components as columns.
  /// What the entries determine is asked of one fit, whose rank seven tenths of the cells support.
  @Test func whatIsDeterminedIsAskedOfOneFit() throws {
    var generator = SeededGenerator(seed: 12)
    let (x, y) = (
      (0..<60).map { _ in generator.nextUniform() }, (0..<40).map { _ in generator.nextUniform() }
    )
    var table = Matrix(rowCount: 60, columnCount: 40)
    for i in 0..<60 {
      for j in 0..<40 { table[i, j] = abs(x[i] - y[j]) + 0.02 * generator.nextGaussian() }
    }
    let entries = ObservedEntries.all(of: table) { _, _ in generator.nextUniform() >= 0.7 }
    let fit = try MatrixCompleter().fit(entries)
    try #require(fit.candidates.count { $0.weight > 0 } > 1)
    #expect(fit.rank > fit.mask.rank)
    let judged = MaskReport(of: entries, rank: fit.mask.rank)
    #expect(fit.mask.undeterminedRows == judged.undeterminedRows)
    #expect(fit.mask.undeterminedEntryCount == 0)
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
