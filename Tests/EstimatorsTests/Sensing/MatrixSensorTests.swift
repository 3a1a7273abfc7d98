import Dynamics
import Estimators
import LinearAlgebra
import RealModule
import Testing

@Suite struct MatrixSensorTests {
  enum Kind: CaseIterable { case dense, rankOne, sparse }

  static func measurements(
    _ kind: Kind, count: Int, rows: Int, columns: Int, using generator: inout SeededGenerator
  ) throws -> LinearMeasurements {
    switch kind {
    case .dense:
      return try LinearMeasurements(
        dense: .gaussian(rowCount: count, columnCount: rows * columns, using: &generator),
        rowCount: rows, columnCount: columns)
    case .rankOne:
      return try LinearMeasurements(
        left: .gaussian(rowCount: count, columnCount: rows, using: &generator),
        right: .gaussian(rowCount: count, columnCount: columns, using: &generator))
    case .sparse:
      let each = 5
      let total = count * each
      return try LinearMeasurements(
        sparse: .init(
          starts: (0...count).map { $0 * each },
          rows: (0..<total).map { _ in generator.nextIndex(below: rows) },
          columns: (0..<total).map { _ in generator.nextIndex(below: columns) },
          coefficients: (0..<total).map { _ in generator.nextGaussian() }),
        rowCount: rows, columnCount: columns)
    }
  }

  /// Every form measures what its matrices measure when they are stored whole.
  @Test(arguments: Kind.allCases)
  func formsAgree(kind: Kind) throws {
    var generator = SeededGenerator(seed: 1)
    let m = try Self.measurements(kind, count: 7, rows: 4, columns: 3, using: &generator)
    let w = Matrix.gaussian(rowCount: 4, columnCount: 3, using: &generator)
    let left = Matrix.gaussian(rowCount: 4, columnCount: 2, using: &generator)
    let right = Matrix.gaussian(rowCount: 3, columnCount: 2, using: &generator)
    let whole = (0..<7).map { i in
      m.combination((0..<7).map { $0 == i ? 1 : 0 })
    }
    for (i, value) in m.values(of: w).enumerated() {
      #expect(abs(value - whole[i].inner(w)) <= 1e-13)
    }
    for (i, value) in m.values(left: left, right: right).enumerated() {
      #expect(abs(value - whole[i].inner(left.timesTransposed(right))) <= 1e-13)
    }
    let some = m.selecting([5, 2]).values(of: w)
    #expect(abs(some[0] - whole[5].inner(w)) <= 1e-13 && abs(some[1] - whole[2].inner(w)) <= 1e-13)
  }

  /// Twice as many equations as degrees of freedom, in units of a millionfold range, are enough from any path.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func equationsOfAnyUnitAreExplained(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let truth = Matrix.lowRank(rowCount: 12, columnCount: 10, rank: 2, using: &generator)
    let dense = Matrix.gaussian(rowCount: 80, columnCount: 120, using: &generator)
      .scalingRows(by: (0..<80).map { _ in .pow(10, 6 * generator.nextUniform() - 3) })
    let m = try LinearMeasurements(dense: dense, rowCount: 12, columnCount: 10)
    let fit = try MatrixSensor().fit(m, values: m.values(of: truth))
    #expect(fit.isExact && fit.rank == 2)
    #expect(relativeError(fit.matrix(), truth) < 1e-9)
  }

  @Test(arguments: Kind.allCases)
  func recoversExactly(kind: Kind) throws {
    var generator = SeededGenerator(seed: 2)
    let truth = Matrix.lowRank(rowCount: 20, columnCount: 15, rank: 2, using: &generator)
    let m = try Self.measurements(kind, count: 160, rows: 20, columns: 15, using: &generator)
    let fit = try MatrixSensor().fit(m, values: m.values(of: truth))
    #expect(fit.isExact && fit.rank == 2 && fit.outcome == .converged)
    #expect((fit.matrix() - truth).frobeniusNorm <= 1e-9 * truth.frobeniusNorm)
    let fresh = try Self.measurements(kind, count: 5, rows: 20, columns: 15, using: &generator)
    for (predicted, value) in zip(fit.predict(fresh), fresh.values(of: truth)) {
      #expect(abs(predicted - value) <= 1e-8 * truth.frobeniusNorm)
    }
  }

  /// With noise the held-out measurements find the rank, and their error is near the noise.
  @Test func findsRankInNoise() throws {
    var generator = SeededGenerator(seed: 3)
    let truth = Matrix.lowRank(rowCount: 20, columnCount: 20, rank: 2, using: &generator)
    let m = try Self.measurements(.dense, count: 300, rows: 20, columns: 20, using: &generator)
    let noise = 0.1 * truth.frobeniusNorm
    let values = m.values(of: truth).map { $0 + noise * generator.nextGaussian() }
    let fit = try MatrixSensor().fit(m, values: values)
    #expect(!fit.isExact && fit.rank == 2)
    // 76 degrees of freedom in 300 measurements leave noise √(76/300) of its size in W.
    #expect((fit.matrix() - truth).frobeniusNorm <= 2 * (76.0 / 300).squareRoot() * noise)
    #expect(try #require(fit.holdoutError) <= 2 * noise)
  }

  /// Four samples of a map of rank 2 from 12 numbers to 10 leave eight directions of the inputs unseen: the matrix cannot
  /// be known, whatever rank the few measurements held out prefer.
  @Test func fewMeasurementsDetermineNothing() throws {
    for seed in 0..<10 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let truth = Matrix.lowRank(rowCount: 10, columnCount: 12, rank: 2, using: &generator)
      let inputs = Matrix.gaussian(rowCount: 4, columnCount: 12, using: &generator)
      var matrices = Matrix.zeros(40, 120)
      for sample in 0..<4 {
        for row in 0..<10 {
          for column in 0..<12 {
            matrices[10 * sample + row, 12 * row + column] = inputs[sample, column]
          }
        }
      }
      let m = try LinearMeasurements(dense: matrices, rowCount: 10, columnCount: 12)
      for depth in [2, 3] {
        let fit = try MatrixSensor(depth: depth, seed: seed).fit(m, values: m.values(of: truth))
        #expect(!fit.determination.isDetermined, "seed \(seed), depth \(depth): rank \(fit.rank)")
        #expect(!fit.isExact)
      }
    }
  }

  /// Equations of sizes far apart are one system: each is scaled by itself.
  @Test func equationsOfAnySizeAreSolved() throws {
    for seed in 0..<3 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let truth = Matrix.lowRank(rowCount: 12, columnCount: 10, rank: 2, using: &generator)
      let plain = try Self.measurements(.dense, count: 80, rows: 12, columns: 10, using: &generator)
      let sizes = (0..<80).map { _ in Double.exp(9.2 * generator.nextUniform() - 4.6) }
      guard case .dense(let matrices) = plain.form else { return }
      let m = try LinearMeasurements(
        dense: matrices.scalingRows(by: sizes), rowCount: 12, columnCount: 10)
      let fit = try MatrixSensor().fit(m, values: m.values(of: truth))
      #expect(fit.isExact && fit.rank == 2)
      #expect((fit.matrix() - truth).frobeniusNorm <= 1e-9 * truth.frobeniusNorm)
    }
  }

  @Test(arguments: [1e-300, 1e-160, 1e160, 1e300]) func valuesOfAnySize(_ unit: Double) throws {
    var generator = SeededGenerator(seed: 4)
    let truth = Matrix.lowRank(rowCount: 8, columnCount: 6, rank: 1, using: &generator)
    let m = try Self.measurements(.dense, count: 40, rows: 8, columns: 6, using: &generator)
    let fit = try MatrixSensor().fit(m, values: m.values(of: truth).map { $0 * unit })
    #expect(fit.isExact && fit.rank == 1)
    #expect(((1 / unit) * fit.matrix() - truth).frobeniusNorm <= 1e-9 * truth.frobeniusNorm)
  }

  /// A solution without noise is called exact however it was found, and its rounding is no component.
  @Test func roundingIsNoComponent() throws {
    for seed in 0..<6 as Range<UInt64> {
      var generator = SeededGenerator(seed: 40 + seed)
      let truth = Matrix.lowRank(rowCount: 8, columnCount: 6, rank: 2, using: &generator)
      let m = try Self.measurements(.dense, count: 40, rows: 8, columns: 6, using: &generator)
      let fit = try MatrixSensor().fit(m, values: m.values(of: truth))
      #expect(fit.isExact && fit.rank == 2 && fit.determination.isDetermined)
    }
  }

  /// Four samples of a regression with ten inputs see four directions of its rows: what lies beside is not
  /// determined, and that is said.
  @Test func fewMeasurementsAreSaidToBeFew() throws {
    var generator = SeededGenerator(seed: 5)
    let truth = Matrix.lowRank(rowCount: 12, columnCount: 10, rank: 2, using: &generator)
    let inputs = Matrix.gaussian(rowCount: 4, columnCount: 10, using: &generator)
    let samples = (0..<48).map { ($0 / 12, $0 % 12) }
    let m = try LinearMeasurements(
      left: Matrix.identity(12).selecting(rows: samples.map(\.1)),
      right: inputs.selecting(rows: samples.map(\.0)))
    for depth in [2, 3] {
      let fit = try MatrixSensor(depth: depth).fit(m, values: m.values(of: truth))
      #expect(!fit.isExact && !fit.determination.isDetermined)
      // Of a matrix of rank two, its rows' parts beside four directions of ten: 2 · (10 − 4).
      #expect(fit.determination.freeDirectionCount == 12)
      #expect(fit.determination.undeterminedEntryCount == 120)
      #expect(fit.trainingError <= 1e-10 * rootMeanSquare(m.values(of: truth)))
    }
    // Ten numbers for the thirteen of a matrix of rank one.
    let few = try Self.measurements(.dense, count: 10, rows: 8, columns: 6, using: &generator)
    let w = Matrix.lowRank(rowCount: 8, columnCount: 6, rank: 2, using: &generator)
    #expect(try !MatrixSensor().fit(few, values: few.values(of: w)).determination.isDetermined)
  }

  /// Nothing is held out with a share of nothing; the rank is found all the same.
  @Test func nothingNeedBeHeldOut() throws {
    var generator = SeededGenerator(seed: 6)
    let truth = Matrix.lowRank(rowCount: 12, columnCount: 10, rank: 2, using: &generator)
    let m = try Self.measurements(.dense, count: 110, rows: 12, columns: 10, using: &generator)
    let noise = 0.05 * truth.frobeniusNorm
    let values = m.values(of: truth).map { $0 + noise * generator.nextGaussian() }
    let fit = try MatrixSensor(holdoutFraction: 0).fit(m, values: values)
    #expect(fit.holdoutError == nil && fit.rank == 2 && !fit.isExact)
  }

  /// One layer is the linear model: the least squares of smallest norm, which is orthogonal to all that the
  /// measurements do not see.
  @Test func oneLayerIsLeastSquares() throws {
    var generator = SeededGenerator(seed: 7)
    let m = try Self.measurements(.dense, count: 30, rows: 8, columns: 6, using: &generator)
    let values = (0..<30).map { _ in generator.nextGaussian() }
    let fit = try MatrixSensor(depth: 1).fit(m, values: values)
    guard case .dense(let matrices) = m.form else { return }
    let expected = try LeastSquares(
      of: matrices, right: Matrix(rowCount: 30, columnCount: 1, elements: values)
    ).solution
    for (element, value) in zip(fit.matrix().elements, expected.elements) {
      #expect(abs(element - value) <= 1e-10)
    }
  }

  /// The smallest nuclear norm, with a gap that bounds how far it is: never above that of the truth, and equal
  /// where the norm's minimum is the truth.
  @Test func smallestNuclearNorm() throws {
    var generator = SeededGenerator(seed: 8)
    let truth = Matrix.lowRank(rowCount: 12, columnCount: 10, rank: 1, using: &generator)
    for count in [20, 90] {
      let m = try Self.measurements(.dense, count: count, rows: 12, columns: 10, using: &generator)
      let fit = try MatrixSensor(method: .nuclear).fit(m, values: m.values(of: truth))
      let norm = fit.singularValues.reduce(0, +)
      let gap = try #require(fit.dualityGap)
      let own = try truth.singularValues().reduce(0, +)
      #expect(fit.outcome == .converged && gap <= 1e-7 * norm)
      #expect(norm <= own * (1 + 1e-7))
      if count == 90 {
        #expect((fit.matrix() - truth).frobeniusNorm <= 1e-5 * truth.frobeniusNorm)
      }
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    let m = try LinearMeasurements(dense: .zeros(2, 4), rowCount: 2, columnCount: 2)
    #expect(throws: MatrixSensor.Failure.differentCounts(measurements: 2, values: 1)) {
      try MatrixSensor().fit(m, values: [1])
    }
    #expect(throws: MatrixSensor.Failure.notFinite(index: 1, value: .infinity)) {
      try MatrixSensor().fit(m, values: [1, .infinity])
    }
    #expect(throws: LinearMeasurements.Failure.notFinite(measurement: 1)) {
      _ = try LinearMeasurements(
        dense: Matrix(rows: [[1, 1], [1, .infinity]]), rowCount: 1, columnCount: 2)
    }
    #expect(throws: LinearMeasurements.Failure.elementCount(4, rowCount: 2, columnCount: 3)) {
      _ = try LinearMeasurements(dense: .zeros(2, 4), rowCount: 2, columnCount: 3)
    }
    #expect(try MatrixSensor().fit(m, values: [0, 0]).matrix() == .zeros(2, 2))
  }
}

private func rootMeanSquare(_ values: [Double]) -> Double {
  (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
}
