import Dynamics
import Estimators
import LinearAlgebra
import Testing

@Suite struct ReducedRankRegressorTests {
  struct Problem {
    var inputs: Matrix
    var targets: Matrix
    var truth: Matrix
  }

  static func problem(
    samples: Int, inputs: Int, outputs: Int, rank: Int, noise: Double, seed: UInt64
  ) -> Problem {
    var generator = SeededGenerator(seed: seed)
    let x = Matrix.gaussian(rowCount: samples, columnCount: inputs, using: &generator)
    let w = Matrix.lowRank(
      rowCount: outputs, columnCount: inputs, rank: rank, using: &generator)
    let e = Matrix.gaussian(
      rowCount: samples, columnCount: outputs, standardDeviation: noise, using: &generator)
    return Problem(inputs: x, targets: x.timesTransposed(w) + e, truth: w)
  }

  @Test(arguments: [1, 2, 3])
  func agreesWithReference(rank: Int) throws {
    let fit = try ReducedRankRegressor(rank: .fixed(rank), hasIntercept: false, foldCount: nil)
      .fit(inputs: ReducedRankReference.inputs, targets: ReducedRankReference.targets)
    let expected = ReducedRankReference.coefficients[rank - 1].transposed()
    #expect((fit.coefficients - expected).frobeniusNorm <= 1e-10 * expected.frobeniusNorm)
    let loss = ReducedRankReference.losses[rank - 1]
    #expect(abs(fit.ranks[rank].loss - loss) <= 1e-10 * loss)
  }

  /// No matrix of the rank does better: neither nearby, nor the truncated least-squares solution.
  @Test func isOptimal() throws {
    let p = Self.problem(samples: 40, inputs: 6, outputs: 5, rank: 4, noise: 0.5, seed: 1)
    func loss(_ w: Matrix) -> Double {
      let norm = (p.inputs.timesTransposed(w) - p.targets).frobeniusNorm
      return norm * norm / 80
    }
    let fit = try ReducedRankRegressor(rank: .fixed(2), hasIntercept: false).fit(
      inputs: p.inputs, targets: p.targets)
    let best = loss(fit.coefficients)
    #expect(abs(best - fit.ranks[2].loss) <= 1e-12 * best)
    let least = try LeastSquares(of: p.inputs, right: p.targets).solution.transposed()
    #expect(best < loss(try SingularValueDecomposition(of: least).reconstruct(rank: 2)))
    var generator = SeededGenerator(seed: 2)
    let svd = try SingularValueDecomposition(of: fit.coefficients)
    for size in [1e-1, 1e-2, 1e-3] {
      let left =
        svd.leftVectors.firstColumns(2).scalingColumns(by: Array(svd.singularValues.prefix(2)))
        + Matrix.gaussian(rowCount: 5, columnCount: 2, standardDeviation: size, using: &generator)
      let right =
        svd.rightVectorsTransposed.firstRows(2)
        + Matrix.gaussian(rowCount: 2, columnCount: 6, standardDeviation: size, using: &generator)
      #expect(loss(left * right) >= best * (1 - 1e-14))
    }
  }

  /// A singular covariance, in which an input comes twice, predicts as if it came once.
  @Test func handlesSingularInputs() throws {
    let p = Self.problem(samples: 30, inputs: 4, outputs: 3, rank: 2, noise: 0.1, seed: 3)
    let doubled = Matrix.horizontallyStacked([p.inputs, p.inputs])
    let once = try ReducedRankRegressor(rank: .fixed(2)).fit(inputs: p.inputs, targets: p.targets)
    let twice = try ReducedRankRegressor(rank: .fixed(2)).fit(inputs: doubled, targets: p.targets)
    let difference = once.predict(p.inputs) - twice.predict(doubled)
    #expect(difference.frobeniusNorm <= 1e-12 * p.targets.frobeniusNorm)
    // Of all solutions the one of smallest norm shares the coefficients equally.
    let halves = twice.coefficients.firstColumns(4)
    #expect(
      (2 * halves - once.coefficients).frobeniusNorm <= 1e-11 * once.coefficients.frobeniusNorm)
    // Fewer samples than inputs are fitted exactly.
    let few = Self.problem(samples: 5, inputs: 9, outputs: 3, rank: 3, noise: 1, seed: 4)
    let exact = try ReducedRankRegressor(rank: .fixed(3), foldCount: nil).fit(
      inputs: few.inputs, targets: few.targets)
    #expect(exact.trainingError <= 1e-13 * few.targets.frobeniusNorm)
  }

  @Test func interceptMakesShiftsIrrelevant() throws {
    let p = Self.problem(samples: 50, inputs: 4, outputs: 3, rank: 2, noise: 0.2, seed: 5)
    let shifted = p.inputs.map { $0 + 7 }
    let plain = try ReducedRankRegressor(rank: .fixed(1)).fit(inputs: p.inputs, targets: p.targets)
    let moved = try ReducedRankRegressor(rank: .fixed(1)).fit(
      inputs: shifted, targets: p.targets.map { $0 - 3 })
    #expect(
      (plain.coefficients - moved.coefficients).frobeniusNorm
        <= 1e-12 * plain.coefficients.frobeniusNorm)
    let residualMeans = (0..<3).map { column in
      (plain.predict(p.inputs) - p.targets).column(column).reduce(0, +) / 50
    }
    #expect(residualMeans.allSatisfy { abs($0) <= 1e-13 })
  }

  /// Weights of one output by the square of 10 are the same as targets in a unit ten times smaller.
  @Test func weightingIsAChangeOfUnits() throws {
    let p = Self.problem(samples: 60, inputs: 5, outputs: 3, rank: 3, noise: 0.3, seed: 6)
    let units = [10.0, 1, 1]
    let weighted = try ReducedRankRegressor(
      rank: .fixed(1), weighting: .given(.diagonal(units.map { $0 * $0 }))
    ).fit(inputs: p.inputs, targets: p.targets)
    let rescaled = try ReducedRankRegressor(rank: .fixed(1)).fit(
      inputs: p.inputs, targets: p.targets.scalingColumns(by: units))
    let expected = rescaled.coefficients.scalingRows(by: units.map { 1 / $0 })
    #expect((weighted.coefficients - expected).frobeniusNorm <= 1e-12 * expected.frobeniusNorm)
    #expect(abs(weighted.ranks[1].loss - rescaled.ranks[1].loss) <= 1e-12 * rescaled.ranks[1].loss)
  }

  /// Both rules find the rank of the truth when its components stand well above the noise.
  @Test(arguments: [1, 2, 3])
  func findsTheRank(rank: Int) throws {
    let p = Self.problem(
      samples: 200, inputs: 8, outputs: 6, rank: rank, noise: 0.5, seed: 10 + UInt64(rank))
    for rule in [ReducedRankRegressor.Rank.oneStandardError, .aboveNoise] {
      let fit = try ReducedRankRegressor(rank: rule).fit(inputs: p.inputs, targets: p.targets)
      #expect(fit.rank == rank, "\(rule)")
      // Of the noise the fit takes about (q + n − rank) rank of the q n parts.
      let error = (fit.coefficients - p.truth).frobeniusNorm
      let share = Double(rank * (8 + 6 - rank)) * 0.25 / 200
      #expect(error <= 2 * share.squareRoot())
      #expect(abs((fit.validationError ?? 0) - 0.5) <= 0.05)
    }
  }

  @Test func pureNoiseHasRankZero() throws {
    var found: [Int] = []
    for seed in 0..<20 {
      let p = Self.problem(
        samples: 60, inputs: 5, outputs: 5, rank: 1, noise: 1, seed: 100 + UInt64(seed))
      var generator = SeededGenerator(seed: UInt64(seed))
      let noise = Matrix.gaussian(rowCount: 60, columnCount: 5, using: &generator)
      found.append(
        try ReducedRankRegressor(rank: .aboveNoise, foldCount: nil)
          .fit(inputs: p.inputs, targets: noise).rank)
    }
    // Each exceeds the bound with probability at most 1/20.
    #expect(found.count { $0 > 0 } <= 4)
  }

  /// With white inputs a network of two layers passes by the exact solution of every rank on its way.
  @Test func pathVisitsTheRanks() throws {
    var generator = SeededGenerator(seed: 20)
    let x = 100.0.squareRoot() * Matrix.orthogonal(rowCount: 100, columnCount: 4, using: &generator)
    let w = Matrix.random(
      singularValues: [8, 2, 0.5], rowCount: 3, columnCount: 4, using: &generator)
    let fit = try ReducedRankRegressor(
      rank: .fixed(3), hasIntercept: false, foldCount: nil, pathStepLimit: 5000
    ).fit(inputs: x, targets: x.timesTransposed(w))
    #expect(fit.path.count > 20)
    for (before, after) in zip(fit.path, fit.path.dropFirst()) {
      #expect(after.step > before.step && after.loss <= before.loss)
    }
    let whole = fit.ranks[0].loss
    for rank in 0...2 {
      let distance = fit.path.map { abs($0.loss - fit.ranks[rank].loss) }.min()!
      #expect(distance <= 0.02 * whole, "rank \(rank)")
    }
    #expect(fit.path.last!.loss <= 1.01e-6 * whole)
  }

  /// Units change nothing but the units, to the bit.
  @Test(arguments: [-900, -500, -1, 0, 3, 520, 1000], [-1000, -600, 0, 7, 530, 990])
  func powersOfTwoComeOutAgain(inputExponent: Int, targetExponent: Int) throws {
    let p = Self.problem(samples: 30, inputs: 4, outputs: 3, rank: 2, noise: 0.1, seed: 8)
    let regressor = ReducedRankRegressor(pathStepLimit: 50)
    let plain = try regressor.fit(inputs: p.inputs, targets: p.targets)
    func power(_ exponent: Int) -> Double {
      Double(sign: .plus, exponent: exponent, significand: 1)
    }
    let (x, y) = (
      p.inputs.map { $0 * power(inputExponent) }, p.targets.map { $0 * power(targetExponent) }
    )
    let exponent = targetExponent - inputExponent
    guard abs(exponent) < 1010 else {
      #expect(throws: ReducedRankRegressor.Failure.outOfRange) {
        try regressor.fit(inputs: x, targets: y)
      }
      return
    }
    let fit = try regressor.fit(inputs: x, targets: y)
    #expect(fit.rank == plain.rank && fit.rank == 2)
    #expect(
      fit.coefficients
        == plain.coefficients.map { Double(sign: .plus, exponent: exponent, significand: $0) })
    #expect(fit.intercept == plain.intercept.map { $0 * power(targetExponent) })
    #expect(fit.trainingError == plain.trainingError * power(targetExponent))
    #expect(fit.path.map(\.step) == plain.path.map(\.step))
  }

  @Test func refusesWhatDoesNotFit() throws {
    let x = Matrix.zeros(4, 2)
    #expect(
      throws: ReducedRankRegressor.Failure.differentSampleCounts(inputs: 4, targets: 3)
    ) { try ReducedRankRegressor().fit(inputs: x, targets: .zeros(3, 2)) }
    #expect(throws: ReducedRankRegressor.Failure.rankOutOfRange(3, largest: 1)) {
      try ReducedRankRegressor(rank: .fixed(3)).fit(inputs: x, targets: .zeros(4, 1))
    }
    #expect(throws: ReducedRankRegressor.Failure.foldsOutOfRange(1, samples: 4)) {
      try ReducedRankRegressor(foldCount: 1).fit(inputs: x, targets: x)
    }
  }
}
