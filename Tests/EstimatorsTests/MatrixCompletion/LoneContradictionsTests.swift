import LinearAlgebra
import Testing

@testable import Estimators

/// One wrong entry in an exact table is named, and does not cost its row or column.
@Suite struct LoneContradictionsTests {
  private static func problem(_ seed: UInt64) -> (Matrix, ObservedEntries, SeededGenerator) {
    var generator = SeededGenerator(seed: seed)
    let truth =
      Matrix.gaussian(rowCount: 30, columnCount: 2, using: &generator)
      * Matrix.gaussian(rowCount: 2, columnCount: 12, using: &generator)
    let entries = ObservedEntries.all(of: truth) { _, _ in generator.nextUniform() < 0.2 }
    return (truth, entries, generator)
  }

  @Test(arguments: [1000.0, 100, 10, -1], 0..<5 as Range<UInt64>)
  func aWrongEntryIsNamed(_ factor: Double, _ seed: UInt64) throws {
    var (truth, entries, generator) = Self.problem(seed)
    let place = Int(generator.nextUniform() * Double(entries.count))
    var values = entries.values
    values[place] *= factor
    entries = entries.replacingValues(values)
    let (row, column) = (Int(entries.rows[place]), Int(entries.columns[place]))
    for isTurned in [false, true] {
      let fit = try MatrixCompleter().fit(isTurned ? entries.transposed() : entries)
      #expect(fit.isExact && fit.rank == 2)
      let named = try #require(fit.suspicious.first)
      #expect(fit.suspicious.count == 1)
      #expect((named.row, named.column) == (isTurned ? (column, row) : (row, column)))
      #expect(abs(named.predicted - truth[row, column]) < 1e-8)
      let found = fit.completion()
      #expect(relativeError(isTurned ? found.transposed() : found, truth) < 1e-10)
    }
  }

  /// A column of its own kind is not determined; no entry of it is wrong.
  @Test func columnsOfTheirOwnKindStay() throws {
    var (truth, _, generator) = Self.problem(7)
    let noise = (0..<30).map { _ in generator.nextGaussian() }
    let flags = (0..<30).map { $0 == 4 ? 1.0 : 0 }
    for column in [noise, flags] {
      let wide = Matrix.horizontallyStacked([
        truth, Matrix(rowCount: 30, columnCount: 1, elements: column),
      ])
      let entries = ObservedEntries.all(of: wide) { row, _ in
        row != 4 && generator.nextUniform() < 0.2
      }
      let fit = try MatrixCompleter().fit(entries)
      #expect(fit.isExact && fit.suspicious.isEmpty)
    }
  }
}
