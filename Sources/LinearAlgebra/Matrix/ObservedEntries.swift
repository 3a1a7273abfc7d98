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
  /// - Complexity: O(*entries* + *rowCount* + *columnCount*); one pass for entries that are in order already,
  ///   otherwise two stable counting passes, no comparison sort.
  public init(
    rowCount: Int, columnCount: Int, rows: [Int32], columns: [Int32], values: [Double],
    duplicates: DuplicatePolicy = .refuse
  ) throws(ObservedEntriesError) {
    precondition(
      rows.count == values.count && columns.count == values.count,
      "\(rows.count) rows, \(columns.count) columns and \(values.count) values are not entries")
    precondition(values.count < Int32.max, "\(values.count) entries are too many")
    var isSorted = true
    var previous = (row: Int32(-1), column: Int32(-1))
    for k in values.indices {
      let (row, column) = (rows[k], columns[k])
      guard row >= 0, row < rowCount, column >= 0, column < columnCount else {
        throw .outside(
          index: k, row: Int(row), column: Int(column), rowCount: rowCount, columnCount: columnCount
        )
      }
      guard values[k].isFinite else {
        throw .notFinite(index: k, row: Int(row), column: Int(column), value: values[k])
      }
      if row < previous.row || (row == previous.row && column <= previous.column) {
        isSorted = false
      }
      previous = (row, column)
    }
    if isSorted {
      self.init(
        rowCount: rowCount, columnCount: columnCount, sortedRows: rows, columns: columns,
        values: values)
      return
    }
    // Sorted stably by column, then by row: entries at the same position keep the order they were given in.
    let byColumn = Self.stableOrder(nil, keys: columns, keyCount: columnCount)
    let order = Self.stableOrder(byColumn, keys: rows, keyCount: rowCount)
    let sortedRows = order.map { rows[Int($0)] }
    let sortedColumns = order.map { columns[Int($0)] }
    let sortedValues = order.map { values[Int($0)] }
    var hasRepetition = false
    for k in sortedRows.indices.dropFirst()
    where sortedRows[k] == sortedRows[k - 1] && sortedColumns[k] == sortedColumns[k - 1] {
      if duplicates == .refuse {
        throw .duplicate(
          row: Int(sortedRows[k]), column: Int(sortedColumns[k]), firstIndex: Int(order[k - 1]),
          secondIndex: Int(order[k]))
      }
      hasRepetition = true
      break
    }
    if hasRepetition {
      self.init(
        rowCount: rowCount, columnCount: columnCount, repeatedRows: sortedRows,
        columns: sortedColumns, values: sortedValues, isMean: duplicates == .mean)
    } else {
      self.init(
        rowCount: rowCount, columnCount: columnCount, sortedRows: sortedRows,
        columns: sortedColumns, values: sortedValues)
    }
  }

  /// Takes entries in order, several of them at the same position, and makes one of these.
  private init(
    rowCount: Int, columnCount: Int, repeatedRows: [Int32], columns: [Int32], values: [Double],
    isMean: Bool
  ) {
    var newRows: [Int32] = []
    var newColumns: [Int32] = []
    var newValues: [Double] = []
    var repetitions = 1.0
    for k in values.indices {
      let last = newValues.count - 1
      if last >= 0, repeatedRows[k] == newRows[last], columns[k] == newColumns[last] {
        repetitions += 1
        // Halves, so that the difference of two finite values is finite.
        let change = (values[k] / 2 - newValues[last] / 2) / repetitions
        newValues[last] = isMean ? newValues[last] + change + change : values[k]
      } else {
        newRows.append(repeatedRows[k])
        newColumns.append(columns[k])
        newValues.append(values[k])
        repetitions = 1
      }
    }
    self.init(
      rowCount: rowCount, columnCount: columnCount, sortedRows: newRows, columns: newColumns,
      values: newValues)
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

  /// The permutation that sorts indices by their keys, keeping the order of equal keys; by default of all
  /// indices from zero on.
  private static func stableOrder(_ indices: [Int32]?, keys: [Int32], keyCount: Int) -> [Int32] {
    var next = [Int32](repeating: 0, count: keyCount + 1)
    for key in keys { next[Int(key) + 1] += 1 }
    for key in 0..<keyCount { next[key + 1] += next[key] }
    return [Int32](unsafeUninitializedCapacity: keys.count) { result, count in
      for position in 0..<keys.count {
        let index = indices.map { $0[position] } ?? Int32(position)
        let key = Int(keys[Int(index)])
        result[Int(next[key])] = index
        next[key] += 1
      }
      count = keys.count
    }
  }
}

/// Why a list of entries does not describe part of a matrix. Indices count the entries in the order given.
public enum ObservedEntriesError: Error, Equatable, Sendable {
  case outside(index: Int, row: Int, column: Int, rowCount: Int, columnCount: Int)
  case notFinite(index: Int, row: Int, column: Int, value: Double)
  case duplicate(row: Int, column: Int, firstIndex: Int, secondIndex: Int)
}
