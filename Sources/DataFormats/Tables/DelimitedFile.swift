import LinearAlgebra

/// Files of text with delimiters: a table with holes, or single entries.
enum DelimitedFile {
  /// How much of a file is looked at before it is decided how the rest is read.
  private static let headSize = 1 << 20

  /// Reads the known entries.
  static func readObserved(
    _ source: ByteSource, options: ReadingOptions
  ) throws(DataFormatError) -> ObservedData {
    let (bytes, isWhole) = try head(source)
    let (encoding, decoded) = try TextEncoding.decode(bytes, file: source.name)
    try checkText(decoded, file: source.name)
    let text = PaddedText(decoded)
    let sample = TableSniffer.sample(text, options: options, suffix: suffix(source.name))
    guard !sample.head.isEmpty else { throw .emptyFile(source.name) }
    if let sheet = options.sheet, !options.isSheet {
      throw DataFormatError(
        source.name, "text has no sheet \(Excerpt.quoted(sheet.utf8))", "leave --sheet out")
    }
    if options.layout == .triplets, sample.width < 3 {
      throw DataFormatError(
        source.name, .line(sample.head[0].row.line),
        "\(sample.width) \(sample.width == 1 ? "cell" : "cells") where triplets have 3",
        "write row, column and value on each line")
    }
    if let roles = TripletRoles.find(sample, options: options) {
      return try readTriplets(
        source, roles, sample, encoding, head: isWhole ? text : nil, options: options)
    }
    let table = try readTable(
      source, head: isWhole ? (encoding, sample) : nil, options: options, isCautious: false)
    return ObservedData(
      entries: try table.entries(file: source.name), names: table.names, format: .csv,
      layout: .table, understanding: table.table.understanding, held: table.held,
      original: .text(table.table))
  }

  /// Reads a matrix with NaN where cells are missing; whatever it holds, it is a table.
  ///
  /// - Parameter isCautious: whether columns and lines of numbers are data even if they look like names.
  static func readMatrix(
    _ source: ByteSource, options: ReadingOptions = ReadingOptions(), isCautious: Bool = true
  ) throws(DataFormatError) -> (elements: Matrix, names: TableNames) {
    let table = try readTable(source, head: nil, options: options, isCautious: isCautious)
    let matrix = Matrix(
      rowCount: table.rowCount, columnCount: table.columnCount, elements: table.elements)
    return (matrix, table.names)
  }

  private static func readTable(
    _ source: ByteSource, head: (TextEncoding, TableSample)?, options: ReadingOptions,
    isCautious: Bool
  ) throws(DataFormatError) -> ReadTable {
    let encoding: TextEncoding
    let sample: TableSample
    if let head {
      (encoding, sample) = head
    } else {
      let (found, decoded) = try TextEncoding.decode(try source.wholeText(), file: source.name)
      encoding = found
      try checkText(decoded, file: source.name)
      sample = TableSniffer.sample(
        PaddedText(decoded), options: options, suffix: suffix(source.name))
    }
    guard !sample.head.isEmpty else { throw .emptyFile(source.name) }
    var reader = TableReader(
      source, sample.text, encoding, sample, options: options, isCautious: isCautious)
    return try reader.read()
  }

  private static func readTriplets(
    _ source: ByteSource, _ roles: TripletRoles, _ sample: TableSample, _ encoding: TextEncoding,
    head: PaddedText?, options: ReadingOptions
  ) throws(DataFormatError) -> ObservedData {
    var read: ReadTriplets?
    let isPlain =
      encoding == .utf8(hasMark: false) && sample.dialect.decimal == UInt8(ascii: ".")
      && !sample.dialect.isSpaced && !MissingMarks(options.missing).hasNumbers
    if isPlain {
      read = try TripletFile.readPlain(source, roles, sample.dialect, options: options)
    }
    if read == nil {
      let text: PaddedText
      if let head {
        text = head
      } else {
        text = PaddedText(
          try TextEncoding.decode(try source.wholeText(), file: source.name).1)
      }
      var reader = TripletReader(source.name, roles, options: options)
      read = try reader.read(text, sample.dialect)
    }
    guard let read else { throw .noEntries(source.name) }
    let entries = read.entries
    let headings = roles.headings
    var warnings: [String] = []
    if read.isFoundToCountFromOne {
      warnings.append(
        "rows and columns count from 1, for none is 0 (--rows and --columns say how many there are, if not)"
      )
    }
    let missing = MissingMarks(options.missing)
    let isNamed = roles.kind == .labels || roles.hasOwnWords
    let understanding = TableUnderstanding(
      rowCount: entries.rowCount, columnCount: entries.columnCount,
      gapCount: entries.rowCount * entries.columnCount - entries.count, columns: [],
      traits: ["\(entries.count) \(entries.count == 1 ? "entry" : "entries") line by line"]
        + (sample.dialect.decimal == UInt8(ascii: ",") ? ["decimal comma"] : []),
      warnings: warnings, rowsBy: isNamed ? headings.map { $0[roles.row] } : nil)
    return ObservedData(
      entries: entries, names: read.names, format: .csv, layout: .triplets,
      understanding: understanding,
      style: ListStyle(sample, value: roles.value, missing: missing),
      countsFromOne: read.isFoundToCountFromOne || options.oneBased && roles.kind == .positions,
      original: nil)
  }

  /// The beginning of a text, up to the end of a line, and whether that is all of it.
  private static func head(
    _ source: ByteSource
  ) throws(DataFormatError) -> (bytes: [UInt8], isWhole: Bool) {
    let stream = try ByteStream(source)
    var bytes = try stream.bytes(headSize)
    if bytes.count < headSize { return (bytes, true) }
    if let newline = bytes.lastIndex(of: 0x0A) {
      // In UTF-16 the other half of the character may follow.
      let isHalf = newline + 1 < bytes.count && bytes[newline + 1] == 0
      bytes.removeSubrange((newline + (isHalf ? 2 : 1))...)
    }
    return (bytes, false)
  }

  /// Refuses what is no text: control characters in the first line, or a zero anywhere.
  private static func checkText(_ bytes: [UInt8], file: String) throws(DataFormatError) {
    let start = bytes.firstIndex { $0 != 0x0A && $0 != 0x0D && $0 != 0x20 } ?? bytes.endIndex
    let firstLine = bytes[start...].prefix { $0 != 0x0A && $0 != 0x0D }
    let bad =
      firstLine.firstIndex { $0 < 32 && $0 != 9 || $0 == 127 } ?? bytes.firstIndex(of: 0)
    guard let bad else { return }
    let line = 1 + bytes[..<bad].count { $0 == 0x0A }
    throw .notThisFormat(
      file, format: "text", problem: "line \(line) has control characters")
  }

  private static func suffix(_ name: String) -> String {
    var parts = name.lowercased().split(separator: ".")
    if parts.last == "gz" { parts.removeLast() }
    return parts.last.map(String.init) ?? ""
  }
}

extension ByteSource {
  /// All bytes, decompressed.
  func wholeText() throws(DataFormatError) -> [UInt8] {
    let stream = try ByteStream(self)
    let bytes = try stream.bytes(stream.limit)
    try stream.verify()
    return bytes
  }
}

extension ByteSource {
  /// The bytes of a file, gzip undone; for small files.
  package func decompressed() throws(DataFormatError) -> [UInt8] { try wholeText() }
}
