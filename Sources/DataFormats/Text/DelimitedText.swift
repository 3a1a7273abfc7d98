import LinearAlgebra

/// Text with separators: a table with holes, or triplets.
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

  /// Whether the first lines allow triplets.
  var mayBeTriplets: Bool { cellCount == 3 && header != nil && header?[0] != "" }

  /// How many entries are to be expected, from the length of the first line of data.
  ///
  /// Only virtual memory is reserved by it: a wrong guess costs nothing but a copy.
  func expectedLines(_ line: TextLine) -> Int {
    guard let count = lines.stream.count else { return 0 }
    return count / (line.count + 1) + 1
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

extension DelimitedText {
  /// Reads the entries of a CSV file.
  static func readObserved(
    _ source: ByteSource, options: ReadingOptions
  ) throws(DataFormatError) -> ObservedData {
    var text = try DelimitedText(source)
    if options.layout == .triplets || (options.layout == .automatic && text.mayBeTriplets) {
      let isForced = options.layout == .triplets
      if let entries = try text.readTriplets(options: options, isForced: isForced) {
        return ObservedData(entries: entries, format: .csv, layout: .triplets)
      }
      text = try DelimitedText(source)
    }
    let table = try text.readTable(keepingMissing: false)
    return ObservedData(
      entries: try table.entries(file: source.name), names: table.names, format: .csv,
      layout: .table)
  }
}
