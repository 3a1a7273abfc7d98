package import DeepLinear

/// The known entries of some rows that no other block has: what a rank computes in one go, so that its rounding does not
/// depend on which rank that is.
package struct EntryBlock: Sendable {
  /// The rows that have entries, ascending.
  let rows: [Int32]
  /// Where each row's entries begin, and their number at the end.
  let starts: [Int]
  /// Of each entry in row order.
  let columns: [Int32]
  let values: [Double]
  /// The entries in column order: the place of its row among ``rows``, its value; where each column's begin.
  let columnRows: [Int32]
  let columnValues: [Double]
  let columnStarts: [Int]

  package var count: Int { values.count }

  /// The rows, as numbers for a file.
  package var rowNumbers: [Double] { rows.map { Double($0) } }

  /// Rows `first` up to `last` of some entries.
  package init(_ entries: ObservedEntries, rows range: Range<Int>) {
    var rows: [Int32] = []
    var starts = [0]
    let begin = entries.rowStarts[range.lowerBound]
    for row in range where entries.rowStarts[row + 1] > entries.rowStarts[row] {
      rows.append(Int32(row))
      starts.append(entries.rowStarts[row + 1] - begin)
    }
    let end = entries.rowStarts[range.upperBound]
    columns = Array(entries.columns[begin..<end])
    values = Array(entries.values[begin..<end])
    var columnStarts = [Int](repeating: 0, count: entries.columnCount + 1)
    for column in columns { columnStarts[Int(column) + 1] += 1 }
    for column in 0..<entries.columnCount { columnStarts[column + 1] += columnStarts[column] }
    var next = columnStarts
    var columnRows = [Int32](repeating: 0, count: columns.count)
    var columnValues = [Double](repeating: 0, count: columns.count)
    for place in rows.indices {
      for e in starts[place]..<starts[place + 1] {
        let column = Int(columns[e])
        columnRows[next[column]] = Int32(place)
        columnValues[next[column]] = values[e]
        next[column] += 1
      }
    }
    (self.rows, self.starts, self.columnStarts) = (rows, starts, columnStarts)
    (self.columnRows, self.columnValues) = (columnRows, columnValues)
  }

  /// Blocks of so many rows each.
  package static func blocks(of entries: ObservedEntries, rowCount: Int) -> [Range<Int>] {
    stride(from: 0, to: entries.rowCount, by: rowCount).map {
      $0..<min($0 + rowCount, entries.rowCount)
    }
  }
}
