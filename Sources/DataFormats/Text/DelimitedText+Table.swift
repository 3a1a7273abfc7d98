import LinearAlgebra

/// A table as read from text: either all cells with NaN where they are missing, or the known ones only.
struct DelimitedTable {
  var rowCount = 0
  var columnCount = 0
  var names = TableNames()

  /// The values; row after row.
  var values: [Double] = []

  /// The positions of the values, if only the known ones are kept.
  var rows: [Int32] = []
  var columns: [Int32] = []

  func entries(file: String) throws(DataFormatError) -> ObservedEntries {
    guard !values.isEmpty else { throw .allMissing(file) }
    return ObservedEntries(
      rowCount: rowCount, columnCount: columnCount, sortedRows: rows, columns: columns,
      values: values)
  }
}

extension DelimitedText {
  /// Reads the rest of the lines as rows.
  ///
  /// Under a header line the first column holds names of rows if its heading is empty, or if none of its
  /// cells is a number.
  mutating func readTable(keepingMissing: Bool) throws(DataFormatError) -> DelimitedTable {
    guard let first = line else { throw .noEntries(file) }
    var table = DelimitedTable()
    let label = cellCount > 1 && header != nil ? firstCell(of: first) : .missing
    let hasLabels = if case .text = label { true } else { false }
    let hasRowNames = cellCount > 1 && (header?[0] == "" || hasLabels)
    let skipped = hasRowNames ? 1 : 0
    // A number among names that only their own text shows to be names: the text is out of place, not the number.
    let mustBeText = hasLabels && header?[0] != ""
    let misplaced = error(label, 0, in: first)
    table.columnCount = cellCount - skipped
    guard table.columnCount < Int32.max else {
      throw DataFormatError(file, "\(table.columnCount) columns are too many", "split the table")
    }
    table.names.columns = header.map { Array($0.dropFirst(skipped)) }
    if hasRowNames {
      table.names.rows = []
      table.names.rowHeading = header?[0]
    }
    let expected = min(expectedLines(first) * table.columnCount, (lines.stream.count ?? 0) / 2 + 1)
    table.values.reserveCapacity(expected)
    if !keepingMissing {
      table.rows.reserveCapacity(expected)
      table.columns.reserveCapacity(expected)
    }

    var blankLines = 0
    while let current = line {
      if current.isBlank {
        blankLines += 1
      } else {
        if cellCount == 1, blankLines > 0 {
          table.rowCount += blankLines
          if keepingMissing {
            table.values.append(contentsOf: repeatElement(.nan, count: blankLines))
          }
        }
        blankLines = 0
        guard table.rowCount < Int32.max - 1 else {
          throw DataFormatError(
            file, .line(lines.number), "there are too many rows", "split the table")
        }
        if mustBeText, case .number = firstCell(of: current) { throw misplaced }
        try readRow(current, into: &table, keepingMissing: keepingMissing)
      }
      line = try lines.next()
    }
    guard table.rowCount > 0 else { throw header == nil ? .allMissing(file) : .noEntries(file) }
    return table
  }

  private func readRow(
    _ line: TextLine, into table: inout DelimitedTable, keepingMissing: Bool
  ) throws(DataFormatError) {
    var p = line.start
    var index = 0
    if table.names.rows != nil {
      table.names.rows?.append(scanner.text(&p, in: line))
      guard p < line.end else { throw ragged(line) }
      p += 1
    }
    let row = Int32(truncatingIfNeeded: table.rowCount)
    let width = table.columnCount
    while true {
      let cell = scanner.next(&p, in: line)
      guard index < width else { throw ragged(line) }
      switch cell {
      case .number(let value):
        table.values.append(value)
        if !keepingMissing {
          table.rows.append(row)
          table.columns.append(Int32(truncatingIfNeeded: index))
        }
      case .missing:
        if keepingMissing { table.values.append(.nan) }
      case .infinite, .text:
        // A line with too few or too many cells is the better explanation for a cell out of place.
        if scanner.count(line) != cellCount { throw ragged(line) }
        throw error(cell, index + cellCount - width, in: line)
      }
      index += 1
      if p == line.end { break }
      p += 1
    }
    guard index == width else { throw ragged(line) }
    table.rowCount += 1
  }

  private func firstCell(of line: TextLine) -> Cell {
    var p = line.start
    return scanner.next(&p, in: line)
  }

  /// Reads a complete matrix, or one with NaN where cells are missing.
  static func readMatrix(
    _ source: ByteSource
  ) throws(DataFormatError) -> (elements: Matrix, names: TableNames) {
    var text = try DelimitedText(source)
    let table = try text.readTable(keepingMissing: true)
    let matrix = Matrix(
      rowCount: table.rowCount, columnCount: table.columnCount, elements: table.values)
    return (matrix, table.names)
  }
}
