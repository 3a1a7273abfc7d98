import LinearAlgebra

/// How a list of single entries is written, so that the table it becomes looks like it.
public struct ListStyle: Equatable, Sendable {
  /// What stands between its cells.
  var separator: UInt8

  /// How its numbers are written.
  public var format: NumberFormat

  /// How numbers that were not in the list are written: with as many digits, or two places where all are whole.
  public var fillFormat: NumberFormat {
    var result = format
    if format.isInteger { result.decimals = 2...2 }
    return result
  }

  /// From a sample of the list.
  init(_ sample: TableSample, value: Int, missing: MissingMarks) {
    let reader = CellReader(sample.text, sample.dialect, missing: missing)
    var tally = ColumnTally()
    for row in sample.all where row.cells.indices.contains(value) {
      let cell = row.cells[value]
      if case .number(let number) = reader.read(cell.content) {
        tally.note(
          number, cell, sample.text, decimal: sample.dialect.decimal, marks: reader.marks)
      }
    }
    format = tally.format(decimal: sample.dialect.decimal)
    format.isQuoted = false
    (format.prefix, format.suffix, format.thousandsMark) = ("", "", nil)
    let isComma = sample.dialect.decimal == UInt8(ascii: ",")
    let isUsual = [UInt8(ascii: ","), UInt8(ascii: ";"), 9, UInt8(ascii: "|")]
      .contains(sample.dialect.delimiter)
    separator =
      isUsual && !(isComma && sample.dialect.delimiter == UInt8(ascii: ","))
      ? sample.dialect.delimiter : UInt8(ascii: isComma ? ";" : ",")
  }
}

extension DelimitedWriter {
  /// Writes the table that a list becomes, in the list's own style.
  static func write(
    _ matrix: Matrix, names: TableNames, style: ListStyle, known: ObservedEntries,
    separator: UInt8, isFilledEverywhere: Bool, to sink: ByteSink
  ) throws(DataFormatError) {
    let mark = String(UnicodeScalar(separator))
    let rowNames = names.columns == nil ? nil : names.rows
    if let columns = names.columns {
      let headings = (rowNames == nil ? [] : [names.rowHeading ?? ""]) + columns
      try sink.write(
        headings.map { quoted($0, separator: separator) }.joined(separator: mark) + "\n")
    }
    let fillFormat = style.fillFormat
    for row in 0..<matrix.rowCount {
      if let rowNames {
        try sink.write(quoted(rowNames[row], separator: separator))
        sink.write(separator)
      }
      var entry = known.rowStarts[row]
      let end = known.rowStarts[row + 1]
      for column in 0..<matrix.columnCount {
        if column > 0 { sink.write(separator) }
        let isKnown = entry < end && Int(known.columns[entry]) == column
        if isKnown { entry += 1 }
        let value = matrix[row, column]
        guard !value.isNaN else {
          if matrix.columnCount == 1 { try sink.write(number(value)) }
          continue
        }
        let format = isKnown && !isFilledEverywhere ? style.format : fillFormat
        try sink.write(format.text(value))
      }
      sink.write(UInt8(ascii: "\n"))
    }
  }
}
