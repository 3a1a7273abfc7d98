import LinearAlgebra

/// Writes tables and triplets with the shortest numbers that read back to the same bits.
enum DelimitedWriter {
  static func write(
    _ matrix: Matrix, names: TableNames, separator: UInt8, to sink: ByteSink
  ) throws(DataFormatError) {
    let rowNames = names.columns == nil ? nil : names.rows
    if let columns = names.columns {
      let headings = (rowNames == nil ? [] : [names.rowHeading ?? ""]) + columns
      try sink.write(
        headings.map { quoted($0, separator: separator) }
          .joined(separator: String(UnicodeScalar(separator))) + "\n")
    }
    let elements = matrix.elements
    var position = 0
    for row in 0..<matrix.rowCount {
      if let rowNames {
        try sink.write(quoted(rowNames[row], separator: separator))
        sink.write(separator)
      }
      for column in 0..<matrix.columnCount {
        if column > 0 { sink.write(separator) }
        // What is unknown is an empty cell; a line of one cell must not be empty.
        let value = elements[position]
        if !value.isNaN || matrix.columnCount == 1 { try sink.write(number(value)) }
        position += 1
      }
      sink.write(UInt8(ascii: "\n"))
    }
  }

  static func write(
    _ entries: ObservedEntries, separator: UInt8, to sink: ByteSink
  ) throws(DataFormatError) {
    let mark = String(UnicodeScalar(separator))
    try sink.write("row\(mark)column\(mark)value\n")
    for k in 0..<entries.count {
      try sink.write(
        "\(entries.rows[k])\(mark)\(entries.columns[k])\(mark)\(number(entries.values[k]))\n")
    }
  }

  /// The shortest decimal number that is nearest to this double, without a trailing `.0`.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// A name that reads back as it is, but for line breaks, which become spaces.
  static func quoted(_ name: String, separator: UInt8) -> String {
    let oneLine = String(name.map { $0.isNewline ? " " : $0 })
    let needsQuotes =
      oneLine.utf8.contains {
        $0 == separator || $0 == UInt8(ascii: "\"") || $0 == 9 || $0 == 59 || $0 == 44
      }
      || oneLine.first == " " || oneLine.last == " "
    return needsQuotes ? "\"" + oneLine.replacing("\"", with: "\"\"") + "\"" : oneLine
  }

  /// Whether a header line of these names would be recognised as one.
  static func canBeHeader(_ names: [String]) -> Bool {
    let line = Array(names.map { quoted($0, separator: 44) }.joined(separator: ",").utf8)
    return (line + [UInt8](repeating: 0, count: 16)).withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return false }
      return CellScanner(separator: 44).hasText(TextLine(start: start, end: start + line.count))
    }
  }
}
