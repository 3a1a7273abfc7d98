import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@testable import Estimators

@Suite struct VariationalFactorizationTests {
  /// Starts from the leading components of the entries, zeros elsewhere, as many as asked for.
  private func start(_ entries: ObservedEntries, components: Int) throws -> VariationalFactorization
  {
    let share = Double(entries.count) / Double(entries.rowCount * entries.columnCount)
    let decomposition = try SingularValueDecomposition(of: entries.dense(elsewhere: 0))
    let roots = decomposition.singularValues.prefix(components).map { ($0 / share).squareRoot() }
    return VariationalFactorization(
      rowFactor: decomposition.leftVectors.firstColumns(components).scalingColumns(by: roots),
      columnFactor: decomposition.rightVectors.firstColumns(components).scalingColumns(by: roots),
      noiseVariance: 0.5)
  }

  @Test(arguments: [(1, 0.3), (2, 0.1), (3, 0.3), (4, 0.5)])
  func rankAndNoiseComeOutOfTheData(_ rank: Int, _ noise: Double) throws {
    let problem = completionProblem(80, 60, rank: rank, count: 2400, noise: noise)
    var factors = try start(problem.entries, components: rank + 4)
    factors.fit(ObservedPattern(of: problem.entries), problem.entries.values)
    #expect(factors.rank == rank)
    // The standard error of a standard deviation from 2400 values is 1.4 %; the fit takes a little of the noise.
    #expect(abs(factors.noiseVariance.squareRoot() - noise) < 0.06 * noise)
    let error = relativeError(
      factors.rowFactor * factors.columnFactor.transposed(), problem.truth)
    // Degrees of freedom over entries: rank·(80 + 60)/2400 of the noise's square.
    #expect(error < 1.3 * noise * (Double(rank * 140) / 2400).squareRoot())
  }

  @Test func noiseAloneHasNoComponents() throws {
    var generator = SeededGenerator(seed: 2)
    let table = Matrix.gaussian(rowCount: 50, columnCount: 40, using: &generator)
    let entries = ObservedEntries.all(of: table) { _, _ in generator.nextUniform() < 0.4 }
    var factors = try start(entries, components: 3)
    factors.fit(ObservedPattern(of: entries), entries.values, roundLimit: 2000)
    #expect(factors.rank == 0)
  }

  /// The posterior of a line is that of a ridge regression on the other side, whether the entries or the gaps of a
  /// table more than half full are summed, with each covariance or with their mean, of rows and of columns.
  @Test(arguments: [(60, 30), (24, 100)], [true, false]) func linesFollowFromTheOtherSide(
    _ shape: (Int, Int), _ areRows: Bool
  ) throws {
    let (rowCount, columnCount) = shape
    let problem = completionProblem(
      rowCount, columnCount, rank: 2, count: rowCount * columnCount * 4 / 5, noise: 0.3)
    let entries = areRows ? problem.entries : problem.entries.transposed()
    let pattern = ObservedPattern(of: entries)
    var factors = try start(entries, components: 2)
    factors.fit(pattern, entries.values)
    let lines = factors.extended(to: pattern, entries.values, rows: areRows)
    let places = areRows ? problem.entries : entries.transposed()
    let (other, covariances) =
      areRows
      ? (factors.columnFactor, factors.columnCovariances)
      : (factors.rowFactor, factors.rowCovariances)
    let prior = areRows ? factors.rowPrior : factors.columnPrior
    // With more than 64 entries a line covariances are summed by their mean.
    let usesMean = places.count > 64 * places.rowCount
    for line in 0..<3 {
      let range = places.rowStarts[line]..<places.rowStarts[line + 1]
      var system = Matrix(rowCount: 2, columnCount: 2)
      var right = [0.0, 0.0]
      for k in range {
        let own = Int(places.columns[k])
        for a in 0..<2 {
          right[a] += places.values[k] * other[own, a] / factors.noiseVariance
          for b in 0..<2 {
            let spread =
              usesMean
              ? (0..<other.rowCount).reduce(0.0) { $0 + covariances[4 * $1 + 2 * a + b] }
                / Double(other.rowCount) : covariances[4 * own + 2 * a + b]
            system[a, b] += (other[own, a] * other[own, b] + spread) / factors.noiseVariance
          }
        }
      }
      for a in 0..<2 { system[a, a] += 1 / prior[a] }
      let mean = try CholeskyDecomposition(of: system).solve(right)
      let found = areRows ? lines.rowFactor : lines.columnFactor
      // A few hundred roundings of a well-conditioned system of two.
      for a in 0..<2 {
        #expect(abs(found[line, a] - mean[a]) < 1e-11 * (abs(mean[0]) + abs(mean[1])))
      }
    }
  }

  /// Where it stops, product and noise are settled, though components of nearly equal size may go on turning
  /// into each other.
  @Test func moreRoundsChangeNothing() throws {
    let problem = completionProblem(60, 50, rank: 2, count: 1200, noise: 0.3)
    let pattern = ObservedPattern(of: problem.entries)
    var factors = try start(problem.entries, components: 2)
    factors.fit(pattern, problem.entries.values)
    #expect(factors.rounds < 500)
    let settled = factors
    factors.fit(pattern, problem.entries.values, tolerance: 0, roundLimit: 200)
    #expect(factors.rounds == settled.rounds + 200)
    // Far below the error of the fit, which is about 0.1.
    #expect(
      relativeError(
        factors.rowFactor * factors.columnFactor.transposed(),
        settled.rowFactor * settled.columnFactor.transposed()) < 1e-3)
    #expect(abs(factors.noiseVariance / settled.noiseVariance - 1) < 1e-4)
  }

  /// Near the fixed point, the rows are the ridge regression on the columns' means and covariances.
  @Test func rowsSolveTheirEquations() throws {
    let problem = completionProblem(30, 25, rank: 2, count: 400, noise: 0.3)
    let entries = problem.entries
    var factors = try start(entries, components: 2)
    factors.fit(ObservedPattern(of: entries), entries.values, tolerance: 0, roundLimit: 1000)
    let size = factors.rank
    for row in 0..<30 {
      var precision = Matrix.diagonal(factors.rowPrior.map { 1 / $0 })
      var moment = Matrix(rowCount: size, columnCount: 1)
      for k in entries.rowStarts[row]..<entries.rowStarts[row + 1] {
        let column = Int(entries.columns[k])
        let v = factors.columnFactor.submatrix(rows: column..<(column + 1), columns: 0..<size)
        let covariance = Matrix(
          rowCount: size, columnCount: size,
          elements: Array(
            factors.columnCovariances[(column * size * size)..<((column + 1) * size * size)]))
        precision += (1 / factors.noiseVariance) * (v.transposedTimes(v) + covariance)
        moment.add(v.transposed(), scaledBy: entries.values[k] / factors.noiseVariance)
      }
      let expected = try CholeskyDecomposition(of: precision.symmetrized()).solve(moment)
      let actual = factors.rowFactor.row(row)
      for k in 0..<size { #expect(abs(actual[k] - expected[k, 0]) < 1e-4) }
    }
  }

  @Test func predictedVarianceIsThatOfTheErrors() throws {
    var squared = 0.0
    var predicted = 0.0
    for seed in 0..<5 as Range<UInt64> {
      let problem = completionProblem(50, 40, rank: 2, count: 700, noise: 0.5, seed: seed)
      var factors = try start(problem.entries, components: 4)
      factors.fit(ObservedPattern(of: problem.entries), problem.entries.values)
      let w = factors.rowFactor * factors.columnFactor.transposed()
      for i in 0..<50 {
        for j in 0..<40 {
          let error = w[i, j] - problem.truth[i, j]
          squared += error * error
          predicted += factors.variance(row: i, column: j) - factors.noiseVariance
        }
      }
    }
    // Mean-field variances are known to be somewhat small; a factor of two either way would be an error.
    #expect(squared / predicted > 0.6 && squared / predicted < 2)
  }

  @Test func componentsCanBeAdded() throws {
    let problem = completionProblem(60, 50, rank: 3, count: 1500, noise: 0.2)
    let all = try start(problem.entries, components: 5)
    let two = VariationalFactorization(
      rowFactor: all.rowFactor.firstColumns(2), columnFactor: all.columnFactor.firstColumns(2),
      noiseVariance: 0.5)
    var grown = two.grown(
      by: all.rowFactor.selecting(columns: [2, 3, 4]),
      all.columnFactor.selecting(columns: [2, 3, 4]))
    #expect(grown.rank == 5)
    grown.fit(ObservedPattern(of: problem.entries), problem.entries.values)
    #expect(grown.rank == 3)
  }
}
