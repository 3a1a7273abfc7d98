import LinearAlgebra
import Testing

@testable import Estimators

@Suite struct RowPriorTests {
  /// Rows with one entry each, and noise down to where a row's entry leaves no room for its prior.
  ///
  /// The variances of the prior are at least 10⁻¹² of their mean, so that coordinates are changed by a matrix of
  /// condition 10⁶ at most: of sixteen digits nine stay.
  @Test(arguments: [1, 1e-5, 1e-9, 1e-30, 1e-140])
  func otherCoordinatesAreOfTheSameMatrix(_ noise: Double) throws {
    var generator = SeededGenerator(seed: 1)
    let model = CompletionModel(
      rowFactor: .gaussian(rowCount: 12, columnCount: 2, using: &generator),
      columnFactor: .gaussian(rowCount: 3, columnCount: 2, using: &generator))
    let truth = model.completion()
    let entries = try ObservedEntries(
      rowCount: 12, columnCount: 3, rows: (0..<12).map { Int32($0) },
      columns: (0..<12).map { Int32($0 % 3) }, values: (0..<12).map { truth[$0, $0 % 3] })
    let changed = model.withRowPrior(of: entries, noise: [Double](repeating: noise, count: 3))
    #expect((changed.completion() - truth).maxAbsolute <= 1e-9 * truth.maxAbsolute)
  }
}
