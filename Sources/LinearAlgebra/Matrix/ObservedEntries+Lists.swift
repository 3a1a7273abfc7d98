extension ObservedEntries {
  /// The known entries of a table: nil and NaN are unknown.
  ///
  /// - Parameter table: rows of one length.
  /// - Throws: ``ObservedEntriesError/notFinite(index:row:column:value:)`` for an infinite entry.
  /// - Precondition: all rows have as many entries as the first.
  public init(_ table: [[Double?]]) throws(ObservedEntriesError) {
    let columnCount = table.first?.count ?? 0
    for (row, entries) in table.enumerated() {
      precondition(
        entries.count == columnCount,
        "row \(row) has \(entries.count) entries and the first row \(columnCount)")
    }
    try self.init(
      notNaN: Matrix(
        rowCount: table.count, columnCount: columnCount,
        elements: table.flatMap { row in row.map { $0 ?? .nan } }))
  }

  /// Entries by their rows and columns, counted from zero, in any order.
  ///
  /// An empty list says nothing of its type; the initialiser of `Int32` indices takes it.
  ///
  /// - Throws: as the initialiser of `Int32` indices; an index that no matrix has is outside.
  @_disfavoredOverload
  public init(
    rowCount: Int, columnCount: Int, rows: [Int], columns: [Int], values: [Double],
    duplicates: DuplicatePolicy = .refuse
  ) throws(ObservedEntriesError) {
    for (index, (row, column)) in zip(rows, columns).enumerated()
    where !(0..<rowCount).contains(row) || !(0..<columnCount).contains(column) {
      throw .outside(
        index: index, row: row, column: column, rowCount: rowCount, columnCount: columnCount)
    }
    try self.init(
      rowCount: rowCount, columnCount: columnCount, rows: rows.map(Int32.init),
      columns: columns.map(Int32.init), values: values, duplicates: duplicates)
  }
}

extension ObservedEntriesError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .outside(let index, let row, let column, let rowCount, let columnCount):
      "entry \(index) stands in row \(row), column \(column), outside a \(rowCount)×\(columnCount) matrix (counted from 0)"
    case .notFinite(let index, let row, let column, let value):
      "entry \(index), in row \(row), column \(column), is \(value), which is not finite"
    case .duplicate(let row, let column, let first, let second):
      "entries \(first) and \(second) both stand in row \(row), column \(column)"
    }
  }
}
