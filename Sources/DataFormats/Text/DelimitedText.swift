/// Text with separators, read line by line as blocks of rows; see ``DelimitedFile`` for whole tables.
///
/// The separator (tab, semicolon or comma) is told from the first line. That line is a header if it has a
/// cell that is neither a number nor a mark for a missing value. Lines without anything on them are skipped;
/// in a table of one column they are missing values, except at the end.
struct DelimitedText {
  let file: String
  let scanner: CellScanner

  /// The cells of the header line, if there is one.
  let header: [String]?

  /// The first line of data, or nil at the end.
  var line: TextLine?

  var lines: TextLines

  /// The number of the first line with something on it, and of its cells.
  let firstLine: Int
  let cellCount: Int

  init(_ source: ByteSource) throws(DataFormatError) {
    file = source.name
    lines = TextLines(try ByteStream(source))
    guard let first = try lines.nextFilled() else { throw .emptyFile(file) }
    let controls = first.bytes.contains { $0 < 32 && $0 != 9 || $0 == 127 }
    if controls {
      throw .notThisFormat(
        file, format: "text", problem: "line \(lines.number) has control characters")
    }
    scanner = CellScanner(separator: CellScanner.separator(of: first))
    firstLine = lines.number
    cellCount = scanner.count(first)
    let isHeader = scanner.hasText(first)
    header = isHeader ? scanner.texts(first) : nil
    line = first
    if isHeader {
      line = cellCount == 1 ? try lines.next() : try lines.nextFilled()
    }
  }

  func ragged(_ line: TextLine) -> DataFormatError {
    .ragged(
      file, line: lines.number, found: scanner.count(line), expected: cellCount,
      expectedLine: firstLine)
  }

  /// The error for a cell that holds no finite number.
  func error(_ cell: Cell, _ index: Int, in line: TextLine) -> DataFormatError {
    let place = DataFormatError.Place.cell(line: lines.number, column: index + 1)
    let text = scanner.content(ofCell: index, in: line)
    if case .infinite = cell { return .infinite(file, place, text: text) }
    return .notNumber(file, place, text: text)
  }
}
