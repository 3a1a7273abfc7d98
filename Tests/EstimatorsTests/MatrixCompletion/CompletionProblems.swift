import LinearAlgebra
import LinearNetworks

/// A completion problem with known answer.
func completionProblem(
  _ rowCount: Int, _ columnCount: Int, rank: Int, count: Int, noise: Double = 0, seed: UInt64 = 0
) -> CompletionTeacher.Problem {
  var generator = SeededGenerator(seed: seed)
  return CompletionTeacher(
    rowCount: rowCount, columnCount: columnCount, rank: rank, entryCount: count, noise: noise
  ).problem(using: &generator)
}

/// ‖W − M‖_F/‖M‖_F.
func relativeError(_ matrix: Matrix, _ truth: Matrix) -> Double {
  (matrix - truth).frobeniusNorm / truth.frobeniusNorm
}

extension ObservedEntries {
  /// All elements of a matrix but those where a test says so.
  static func all(
    of matrix: Matrix, except isMissing: (_ row: Int, _ column: Int) -> Bool = { _, _ in false }
  ) -> ObservedEntries {
    var rows: [Int32] = []
    var columns: [Int32] = []
    var values: [Double] = []
    for i in 0..<matrix.rowCount {
      for j in 0..<matrix.columnCount where !isMissing(i, j) {
        rows.append(Int32(i))
        columns.append(Int32(j))
        values.append(matrix[i, j])
      }
    }
    return ObservedEntries(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount, sortedRows: rows,
      columns: columns, values: values)
  }

  /// Row i becomes row `newRows[i]`, column j becomes column `newColumns[j]`.
  func permuted(rows newRows: [Int], columns newColumns: [Int]) throws -> ObservedEntries {
    try ObservedEntries(
      rowCount: rowCount, columnCount: columnCount, rows: rows.map { Int32(newRows[Int($0)]) },
      columns: columns.map { Int32(newColumns[Int($0)]) }, values: values)
  }

  func scaled(by factor: Double) -> ObservedEntries {
    replacingValues(values.map { $0 * factor })
  }
}
