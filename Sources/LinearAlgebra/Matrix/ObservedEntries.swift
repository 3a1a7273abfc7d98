/// The known entries of a matrix: each position at most once, sorted by row, then by column.
///
/// Positions are stored as 32-bit integers, so 10⁷ entries take 160 MB; the entries of row `i` are those
/// from `rowStarts[i]` up to `rowStarts[i + 1]` (compressed rows).
public struct ObservedEntries: Equatable, Sendable {
  /// The number of rows of the whole matrix.
  public let rowCount: Int

  /// The number of columns of the whole matrix.
  public let columnCount: Int

  /// The row of each entry, ascending.
  public let rows: [Int32]

  /// The column of each entry, ascending within a row.
  public let columns: [Int32]

  /// The value of each entry; all finite.
  public let values: [Double]

  /// Where each row's entries begin, and the number of entries at the end: `rowCount + 1` positions.
  public let rowStarts: [Int]

  /// The number of known entries.
  public var count: Int { values.count }

  /// What is done with a position given more than once.
  public enum DuplicatePolicy: String, CaseIterable, Sendable {
    /// It is an error.
    case refuse
    /// The entry's value is the mean of the values given.
    case mean
    /// The last value given counts.
    case last
  }

  /// Sorts entries by row and column.
  ///
  /// - Throws: ``ObservedEntriesError`` for a position outside the matrix, a value that is not finite, or,
  ///   unless `duplicates` allows it, a position given twice.
  /// - Complexity: O(*entries* + *rowCount* + *columnCount*); two stable counting passes, no comparison sort.
  public init(
    rowCount: Int, columnCount: Int, rows: [Int32], columns: [Int32], values: [Double],
    duplicates: DuplicatePolicy = .refuse
  ) throws(ObservedEntriesError) {
    precondition(
      rows.count == values.count && columns.count == values.count,
      "\(rows.count) rows, \(columns.count) columns and \(values.count) values are not entries")
    for k in values.indices {
      guard rows[k] >= 0, rows[k] < rowCount, columns[k] >= 0, columns[k] < columnCount else {
        throw .outside(
          index: k, row: Int(rows[k]), column: Int(columns[k]), rowCount: rowCount,
          columnCount: columnCount)
      }
      guard values[k].isFinite else {
        throw .notFinite(index: k, row: Int(rows[k]), column: Int(columns[k]), value: values[k])
      }
    }
    let byColumn = Self.stableOrder(Array(values.indices), keys: columns, keyCount: columnCount)
    let order = Self.stableOrder(byColumn, keys: rows, keyCount: rowCount)

    var sortedRows: [Int32] = []
    var sortedColumns: [Int32] = []
    var sortedValues: [Double] = []
    sortedRows.reserveCapacity(order.count)
    sortedColumns.reserveCapacity(order.count)
    sortedValues.reserveCapacity(order.count)
    var previous = -1
    var repetitions = 1.0
    for k in order {
      if previous >= 0, rows[k] == sortedRows[sortedRows.count - 1],
        columns[k] == sortedColumns[sortedColumns.count - 1]
      {
        let last = sortedValues.count - 1
        switch duplicates {
        case .refuse:
          throw .duplicate(
            row: Int(rows[k]), column: Int(columns[k]), firstIndex: previous, secondIndex: k)
        case .last:
          sortedValues[last] = values[k]
        case .mean:
          repetitions += 1
          sortedValues[last] += (values[k] - sortedValues[last]) / repetitions
        }
      } else {
        sortedRows.append(rows[k])
        sortedColumns.append(columns[k])
        sortedValues.append(values[k])
        repetitions = 1
      }
      previous = k
    }
    self.init(
      rowCount: rowCount, columnCount: columnCount, sortedRows: sortedRows, columns: sortedColumns,
      values: sortedValues)
  }

  /// Takes entries that are known to be in order, unique, inside and finite.
  package init(
    rowCount: Int, columnCount: Int, sortedRows: [Int32], columns: [Int32], values: [Double]
  ) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.rows = sortedRows
    self.columns = columns
    self.values = values
    var starts = [Int](repeating: 0, count: rowCount + 1)
    for row in sortedRows { starts[Int(row) + 1] += 1 }
    for row in 0..<rowCount { starts[row + 1] += starts[row] }
    self.rowStarts = starts
  }

  /// The permutation that sorts `indices` by `keys`, keeping the order of equal keys.
  private static func stableOrder(_ indices: [Int], keys: [Int32], keyCount: Int) -> [Int] {
    var next = [Int](repeating: 0, count: keyCount + 1)
    for index in indices { next[Int(keys[index]) + 1] += 1 }
    for key in 0..<keyCount { next[key + 1] += next[key] }
    var result = [Int](repeating: 0, count: indices.count)
    for index in indices {
      let key = Int(keys[index])
      result[next[key]] = index
      next[key] += 1
    }
    return result
  }
}

/// Why a list of entries does not describe part of a matrix. Indices count the entries in the order given.
public enum ObservedEntriesError: Error, Equatable, Sendable {
  case outside(index: Int, row: Int, column: Int, rowCount: Int, columnCount: Int)
  case notFinite(index: Int, row: Int, column: Int, value: Double)
  case duplicate(row: Int, column: Int, firstIndex: Int, secondIndex: Int)
}
