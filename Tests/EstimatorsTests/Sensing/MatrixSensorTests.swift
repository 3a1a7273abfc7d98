import Dynamics
import Estimators
import LinearAlgebra
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
