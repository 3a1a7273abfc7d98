import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import Testing

/// Tables with noise: how far the answer is from that of one who knows rank and noise.
@Suite struct NoisyCompletionTests {
  /// Ridge-regularised alternating least squares at the true rank with the best ridge for the true noise,
  /// from the truth itself: nobody who has to find all that out does better in the mean.
  private func oracle(_ problem: CompletionTeacher.Problem, rank: Int, noise: Double) throws
    -> Double
  {
    let entries = problem.entries
    let flipped = entries.transposed()
    let decomposition = try SingularValueDecomposition(of: problem.truth)
    let roots = decomposition.singularValues.prefix(rank).map { $0.squareRoot() }
    var left = decomposition.leftVectors.firstColumns(rank).scalingColumns(by: roots)
    var right = decomposition.rightVectors.firstColumns(rank).scalingColumns(by: roots)
    // Elements of the truth have variance one: rank·a² = 1 for factors with elements of variance a.
    let ridge = noise * noise * Double(rank).squareRoot()
    for _ in 0..<200 {
      left = try ridgeRows(entries, right, ridge)
      right = try ridgeRows(flipped, left, ridge)
    }
    return relativeError(left * right.transposed(), problem.truth)
  }

  private func ridgeRows(
    _ entries: ObservedEntries, _ factor: Matrix, _ ridge: Double
  ) throws -> Matrix {
    let rank = factor.columnCount
    var result = Matrix(rowCount: entries.rowCount, columnCount: rank)
    for row in 0..<entries.rowCount {
      let range = entries.rowStarts[row]..<entries.rowStarts[row + 1]
      let a = factor.selecting(rows: range.map { Int(entries.columns[$0]) })
      var gram = a.transposedTimes(a)
      for k in 0..<rank { gram[k, k] += ridge }
      let solution = try CholeskyDecomposition(of: gram)
        .solve(a.transposedTimes(Array(entries.values[range])))
      for k in 0..<rank { result[row, k] = solution[k] }
    }
    return result
  }

  @Test(
    arguments: [
      (120, 60, 3, 2400, 0.1, 0, .quick), (120, 60, 3, 2400, 0.1, 1, .normal),
      (60, 200, 4, 4500, 0.3, 0, .quick), (60, 200, 4, 4500, 0.3, 1, .quick),
      (300, 40, 2, 3000, 1.0, 0, .quick), (300, 40, 2, 3000, 1.0, 1, .quick),
    ] as [(Int, Int, Int, Int, Double, UInt64, CompletionEffort)])
  func errorsAreNearThoseOfAnOracle(
    _ rowCount: Int, _ columnCount: Int, _ rank: Int, _ count: Int, _ noise: Double,
    _ seed: UInt64, _ effort: CompletionEffort
  ) throws {
    let problem = completionProblem(
      rowCount, columnCount, rank: rank, count: count, noise: noise, seed: seed)
    let fit = try MatrixCompleter(effort: effort, seed: seed).fit(problem.entries)
    let own = relativeError(fit.completion(), problem.truth)
    let best = try oracle(problem, rank: rank, noise: noise)
    #expect(own <= 1.15 * best, "\(own) against \(best)")
    // An average has the components of all its parts; one fit has those of the data.
    if effort == .quick { #expect(fit.rank == rank) }
    #expect(!fit.isExact && fit.outcome == .converged)
    // The held-out error is the noise and the error of the fit together.
    let held = try #require(fit.holdoutError)
    let expected = (noise * noise + own * own).squareRoot()
    #expect(held > 0.8 * expected && held < 1.35 * expected)
  }

  /// Offsets are two components of a low-rank fit as well, so they are used where entries are too few for
  /// that, and not where there are none.
  @Test func offsetsAreFoundWhereTheyAre() throws {
    var generator = SeededGenerator(seed: 6)
    let rows = (0..<60).map { _ in generator.nextGaussian() }
    let columns = (0..<40).map { _ in generator.nextGaussian() }
    var truth = Matrix(rowCount: 60, columnCount: 40)
    for i in 0..<60 {
      for j in 0..<40 { truth[i, j] = 5 + rows[i] + columns[j] }
    }
    let noisy =
      truth + .gaussian(rowCount: 60, columnCount: 40, standardDeviation: 0.5, using: &generator)
    let entries = ObservedEntries.all(of: noisy) { _, _ in generator.nextUniform() < 0.8 }
    let fit = try MatrixCompleter(effort: .quick).fit(entries)
    let offsets = try #require(fit.model.offsets)
    #expect(fit.rank == 0)
    #expect(abs(offsets.mean - 5) < 1)
    // 99 numbers from 480 values with noise ½; an average is no worse.
    for completion in [fit.completion(), try MatrixCompleter().fit(entries).completion()] {
      let error = (completion - truth).frobeniusNorm / 2400.0.squareRoot()
      #expect(error < 1.3 * 0.5 * (99.0 / 480).squareRoot())
    }

    let plain = completionProblem(60, 40, rank: 2, count: 960, noise: 0.5)
    #expect(try MatrixCompleter().fit(plain.entries).model.offsets == nil)
  }

  @Test func noiseAloneIsNotFitted() throws {
    var generator = SeededGenerator(seed: 7)
    let noise = Matrix.gaussian(rowCount: 50, columnCount: 40, using: &generator)
    let entries = ObservedEntries.all(of: noise) { _, _ in generator.nextUniform() < 0.5 }
    let fit = try MatrixCompleter(effort: .quick).fit(entries)
    // The truth is zero; values have size one.
    #expect(fit.completion().frobeniusNorm / 2000.0.squareRoot() < 0.25)
  }

  /// Without hold-out nothing is chosen by it; the fit is still near the oracle's.
  @Test func holdoutCanBeLeftOut() throws {
    let problem = completionProblem(60, 50, rank: 2, count: 1200, noise: 0.3)
    let fit = try MatrixCompleter(holdoutFraction: 0).fit(problem.entries)
    #expect(fit.holdoutError == nil)
    let best = try oracle(problem, rank: 2, noise: 0.3)
    #expect(relativeError(fit.completion(), problem.truth) < 1.25 * best)
  }

  /// A little noise is still noise: nothing is called exact.
  @Test(arguments: [1e-6, 1e-3]) func smallNoiseIsNotExact(_ noise: Double) throws {
    let problem = completionProblem(40, 30, rank: 2, count: 600, noise: noise)
    let fit = try MatrixCompleter(effort: .quick).fit(problem.entries)
    #expect(!fit.isExact)
    #expect(fit.rank == 2)
    #expect(relativeError(fit.completion(), problem.truth) < 2 * noise)
  }

  @Test(arguments: [1, 2, 4]) func depthsAgreeInTheMain(_ depth: Int) throws {
    let problem = completionProblem(60, 50, rank: 2, count: 1200, noise: 0.3)
    let fit = try MatrixCompleter(depth: depth, effort: .quick).fit(problem.entries)
    let best = try oracle(problem, rank: 2, noise: 0.3)
    #expect(relativeError(fit.completion(), problem.truth) < 1.25 * best)
  }

  /// Two columns of any sizes: an average of fits has no precisions there that rounding leaves positive definite.
  @Test("fits any finite numbers, of whatever sizes") func anySizes() throws {
    let columns: [[Double?]] = [
      [
        -1.31e+87, 6.29e+98, nil, 7.42e+20, -2.71e+120, -7.68e+98, -1.31e+20, 7.17e-14, -1.83e+107,
        1.79e-20, 7.38e+76, nil, nil, 8.55e-44, 2.14e+82, -2.81e+74, 2.47e-24, nil, -8.47e+83,
        -8.90e+35, nil, -2.34e+77, 3.81e-70, nil, 2.17e+42, 6.44e-24, 9.13e+106, -4.41e-36,
        -7.02e+49, nil, 1.25e+103, -1.15e+96, -9.21e+120,
      ],
      [
        -1.31e+64, -4.14e+98, -2.79e+79, nil, 2.43e+62, -3.94e-06, -3.72e+123, 8.35e-40, nil,
        -2.99e+78, -1.33e-55, -2.60e-84, -8.61e-87, -1.98e-85, 6.93e+26, nil, -2.64e+31, 5.27e+38,
        nil, -4.30e+71, nil, 3.91e-16, -3.44e-21, 5.23e-75, -2.60e-123, -2.03e+101, -1.30e+72, nil,
        nil, nil, 9.50e-85, 9.25e-119, -4.97e-108,
      ],
    ]
    let known = columns.indices.flatMap { j in
      columns[j].indices.compactMap { i in columns[j][i].map { (i, j, $0) } }
    }
    let entries = try ObservedEntries(
      rowCount: columns[0].count, columnCount: 2, rows: known.map(\.0), columns: known.map(\.1),
      values: known.map(\.2))
    for table in [entries, entries.transposed()] {
      let elements = try MatrixCompleter().fit(table).completion().elements
      #expect(elements.allSatisfy { $0.isFinite })
    }
  }
}
