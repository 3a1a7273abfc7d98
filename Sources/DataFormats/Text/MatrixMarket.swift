import LinearAlgebra

/// Matrix Market files: coordinates or arrays of real numbers, integers, or bare positions (read as ones).
///
/// Rows and columns count from one. In coordinate files positions that are not named are unknown for observed
/// entries, and zero for a complete matrix.
struct MatrixMarket {
  private enum Field: String { case real, double, integer, pattern }
  private enum Symmetry: String {
    case general, symmetric
    case skewSymmetric = "skew-symmetric"
  }

  private let file: String
  private var lines: TextLines
  private let isCoordinate: Bool
  private let field: Field
  private let symmetry: Symmetry
  private let rowCount: Int
  private let columnCount: Int
  private let entryCount: Int
  private let parser = DecimalParser()

  private init(_ source: ByteSource) throws(DataFormatError) {
    file = source.name
    lines = TextLines(try ByteStream(source))
    let first = try lines.next()
    let banner = (first.map { String(decoding: $0.bytes.prefix(200), as: UTF8.self) } ?? "").lowercased()
    let words = banner.split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count == 5, words[0] == "%%matrixmarket", words[1] == "matrix" else {
      throw .notThisFormat(
        file, format: "Matrix Market", problem: "line 1 is not '%%MatrixMarket matrix …' with five words")
    }
    guard words[2] == "coordinate" || words[2] == "array" else {
      throw Self.unknown(file, words[2], "coordinate or array")
    }
    isCoordinate = words[2] == "coordinate"
    guard let field = Field(rawValue: words[3]), isCoordinate || field != .pattern else {
      throw Self.unknown(file, words[3], "real, integer or, for coordinates, pattern")
    }
    guard let symmetry = Symmetry(rawValue: words[4]) else {
      throw Self.unknown(file, words[4], "general, symmetric or skew-symmetric")
    }
    self.field = field
    self.symmetry = symmetry
    var sizes: [Int] = []
    while let line = try lines.nextFilled() {
      if line.start.pointee == UInt8(ascii: "%") { continue }
      let words = String(decoding: line.bytes.prefix(200), as: UTF8.self).split(whereSeparator: \.isWhitespace)
      sizes = words.compactMap { Int($0) }
      if sizes.count != words.count { sizes = [] }
      break
    }
    guard sizes.count == (isCoordinate ? 3 : 2), sizes.allSatisfy({ $0 >= 0 }) else {
      throw DataFormatError(
        file, .line(max(1, lines.number)), "the sizes are missing or not integers",
        isCoordinate ? "write rows, columns and number of entries" : "write rows and columns")
    }
    (rowCount, columnCount) = (sizes[0], sizes[1])
    guard rowCount > 0, columnCount > 0 else { throw .noElements(file, shape: [rowCount, columnCount]) }
    guard symmetry == .general || rowCount == columnCount else {
      throw .wrongShape(
        file, found: "\(rowCount)×\(columnCount)", expected: "a square matrix, as it is \(words[4]),")
    }
    if isCoordinate {
      entryCount = sizes[2]
    } else {
      let all =
        symmetry == .general
        ? elementCount([rowCount, columnCount])
        : elementCount([rowCount, rowCount + (symmetry == .symmetric ? 1 : -1)]).map { $0 / 2 }
      // An entry takes at least a digit and a line ending, the last one may lack the latter.
      guard let all, all <= lines.stream.limit / 2 + 1 else {
        throw .tooShort(
          file, needed: "\(rowCount)×\(columnCount) entries are announced",
          available: lines.stream.limit)
      }
      entryCount = all
    }
  }

  private static func unknown(_ file: String, _ word: String, _ choices: String) -> DataFormatError {
    DataFormatError(
      file, .line(1), "\(Excerpt.quoted(word.utf8)) matrices are not supported", "use \(choices)")
  }

  static func readObserved(
    _ source: ByteSource, options: ReadingOptions
  ) throws(DataFormatError) -> ObservedData {
    var reader = try MatrixMarket(source)
    if let wanted = options.rowCount ?? options.columnCount.map({ _ in reader.rowCount }) {
      let columns = options.columnCount ?? reader.columnCount
      if wanted != reader.rowCount || columns != reader.columnCount {
        throw .wrongShape(
          reader.file, found: "\(reader.rowCount)×\(reader.columnCount)", expected: "\(wanted)×\(columns)")
      }
    }
    if !reader.isCoordinate {
      let matrix = try reader.readArray()
      return ObservedData(
        entries: try matrix.knownEntries(file: reader.file), format: .matrixMarket, layout: .table)
    }
    let collector = try reader.readCoordinates()
    guard collector.count > 0 else { throw .allMissing(reader.file) }
    try TripletCollector.checkProportion(
      reader.file, rowCount: reader.rowCount, columnCount: reader.columnCount,
      entries: collector.count, explicit: options)
    let entries = try collector.sorted(
      rowCount: reader.rowCount, columnCount: reader.columnCount, base: 1,
      duplicates: options.duplicates)
    return ObservedData(entries: entries, format: .matrixMarket, layout: .triplets)
  }

  /// A complete matrix; positions that a coordinate file does not name are zero.
  static func readMatrix(_ source: ByteSource) throws(DataFormatError) -> Matrix {
    var reader = try MatrixMarket(source)
    if !reader.isCoordinate { return try reader.readArray() }
    let collector = try reader.readCoordinates()
    let (rowCount, columnCount) = (reader.rowCount, reader.columnCount)
    let most = max(10_000_000, 100 * collector.count)
    guard let count = elementCount([rowCount, columnCount]), count <= most else {
      throw .tooManyElements(
        reader.file, rowCount: rowCount, columnCount: columnCount, entries: collector.count)
    }
    return try collector.sorted(
      rowCount: rowCount, columnCount: columnCount, base: 1, duplicates: .refuse
    ).dense(elsewhere: 0)
  }

  private mutating func readCoordinates() throws(DataFormatError) -> TripletCollector {
    guard rowCount < Int32.max, columnCount < Int32.max else {
      throw .tooSparse(
        file, axis: rowCount < Int32.max ? "column" : "row", count: max(rowCount, columnCount),
        entries: entryCount)
    }
    var collector = TripletCollector(file: file)
    let fieldCount = field == .pattern ? 2 : 3
    collector.reserve(min(entryCount, lines.stream.count.map { $0 / (2 * fieldCount) + 1 } ?? 0))
    var found = 0
    while let line = try lines.next() {
      if line.isBlank || line.start.pointee == UInt8(ascii: "%") { continue }
      found += 1
      var p = line.start
      let row = try index(&p, in: line, cell: 1, axis: "row", count: rowCount)
      let column = try index(&p, in: line, cell: 2, axis: "column", count: columnCount)
      let value = field == .pattern ? 1 : try self.value(&p, in: line, cell: 3)
      try expectEnd(p, of: line, cells: fieldCount)
      guard found <= entryCount else { continue }
      if value.isNaN { continue }
      collector.append(row, column, value, line: lines.number)
      if symmetry != .general, row != column {
        collector.append(
          column, row, symmetry == .symmetric ? value : -value, line: lines.number)
      }
    }
    guard found == entryCount else { throw wrongCount(found) }
    return collector
  }

  /// Arrays stand column after column; of symmetric ones only the lower triangle.
  private mutating func readArray() throws(DataFormatError) -> Matrix {
    guard let count = elementCount([rowCount, columnCount]), count <= lines.stream.limit else {
      throw .tooShort(
        file, needed: "\(rowCount)×\(columnCount) entries are announced",
        available: lines.stream.limit)
    }
    var values: [Double] = []
    var found = 0
    while let line = try lines.next() {
      if line.isBlank || line.start.pointee == UInt8(ascii: "%") { continue }
      var p = line.start
      while true {
        found += 1
        let value = try self.value(&p, in: line, cell: 1)
        if found <= entryCount { values.append(value) }
        while isSpace(p.pointee), p < line.end { p += 1 }
        if p == line.end { break }
      }
    }
    guard found == entryCount else { throw wrongCount(found) }
    var matrix = Matrix(rowCount: rowCount, columnCount: columnCount)
    var position = 0
    let height = rowCount
    let width = columnCount
    let symmetry = self.symmetry
    matrix.withUnsafeMutableElements { elements in
      for column in 0..<width {
        let start =
          switch symmetry {
          case .general: 0
          case .symmetric: column
          case .skewSymmetric: column + 1
          }
        for row in start..<max(start, height) {
          let value = values[position]
          elements[row * width + column] = value
          if symmetry != .general {
            elements[column * width + row] = symmetry == .symmetric ? value : -value
          }
          position += 1
        }
      }
    }
    return matrix
  }

  private func wrongCount(_ found: Int) -> DataFormatError {
    DataFormatError(
      file, "the header announces \(entryCount) entries, the file has \(found)",
      "correct the header or add what is missing")
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private func skipSpaces(_ p: inout UnsafePointer<UInt8>, in line: TextLine) {
    while p < line.end, isSpace(p.pointee) { p += 1 }
  }

  private func word(_ p: UnsafePointer<UInt8>, in line: TextLine) -> UnsafeBufferPointer<UInt8> {
    var end = p
    while end < line.end, !isSpace(end.pointee) { end += 1 }
    return UnsafeBufferPointer(start: p, count: end - p)
  }

  /// An index as the file counts it, returned counted from zero.
  @inline(__always)
  private func index(
    _ p: inout UnsafePointer<UInt8>, in line: TextLine, cell: Int, axis: String, count: Int
  ) throws(DataFormatError) -> Int32 {
    skipSpaces(&p, in: line)
    let start = p
    var index = 0
    while p - start < 18, let digit = DecimalParser.digit(p.pointee) {
      index = 10 * index + Int(digit)
      p += 1
    }
    guard p > start, p == line.end || isSpace(p.pointee), index >= 1, index <= count else {
      throw badIndex(start, in: line, cell: cell, axis: axis, count: count)
    }
    return Int32(truncatingIfNeeded: index - 1)
  }

  private func badIndex(
    _ start: UnsafePointer<UInt8>, in line: TextLine, cell: Int, axis: String, count: Int
  ) -> DataFormatError {
    let text = word(start, in: line)
    let place = DataFormatError.Place.cell(line: lines.number, column: cell)
    if text.isEmpty { return tooFewCells(line, cell - 1) }
    let digits = text.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    guard !digits.isEmpty, digits.allSatisfy({ DecimalParser.digit($0) != nil }) else {
      return DataFormatError(
        file, place, "\(Excerpt.quoted(text)) is not a row or column number",
        "write an integer counted from 1")
    }
    let isZero = digits.allSatisfy { $0 == UInt8(ascii: "0") }
    if isZero || text.first == UInt8(ascii: "-") {
      return .indexBelow(file, place, text: text, first: 1)
    }
    if text.first == UInt8(ascii: "+") {
      return DataFormatError(
        file, place, "\(Excerpt.quoted(text)) is not a row or column number",
        "write an integer counted from 1")
    }
    return .indexBeyond(file, place, axis: axis, text: text, last: count)
  }

  private func tooFewCells(_ line: TextLine, _ found: Int) -> DataFormatError {
    DataFormatError(
      file, .line(lines.number), "the line has only \(found) \(found == 1 ? "number" : "numbers")",
      "write row, column and, unless the field is pattern, value")
  }

  @inline(__always)
  private func value(
    _ p: inout UnsafePointer<UInt8>, in line: TextLine, cell: Int
  ) throws(DataFormatError) -> Double {
    skipSpaces(&p, in: line)
    var value = 0.0
    if let end = parser.scan(p, &value), value.isFinite, end == line.end || isSpace(end.pointee) {
      p = end
      return value
    }
    return try unusualValue(&p, in: line, cell: cell, scanned: value)
  }

  @inline(never)
  private func unusualValue(
    _ p: inout UnsafePointer<UInt8>, in line: TextLine, cell: Int, scanned: Double
  ) throws(DataFormatError) -> Double {
    let text = word(p, in: line)
    let place = DataFormatError.Place.cell(line: lines.number, column: cell)
    if text.isEmpty { throw tooFewCells(line, cell - 1) }
    p += text.count
    let lower = String(decoding: text.prefix(12), as: UTF8.self).lowercased()
    if lower == "nan" || lower == "-nan" || lower == "+nan" { return .nan }
    let isInfinite =
      scanned.isInfinite || ["inf", "-inf", "+inf", "infinity", "-infinity"].contains(lower)
    if isInfinite { throw .infinite(file, place, text: text) }
    throw DataFormatError(
      file, place, "\(Excerpt.quoted(text)) is not a number", "write a number, or NaN if it is unknown")
  }

  private func expectEnd(
    _ p: UnsafePointer<UInt8>, of line: TextLine, cells: Int
  ) throws(DataFormatError) {
    var p = p
    skipSpaces(&p, in: line)
    guard p == line.end else {
      throw DataFormatError(
        file, .line(lines.number), "there is more than \(cells) numbers", "write \(cells) numbers on each line")
    }
  }
}

extension MatrixMarket {
  /// Writes an array, column after column.
  static func write(_ matrix: Matrix, to sink: ByteSink) throws(DataFormatError) {
    try sink.write("%%MatrixMarket matrix array real general\n\(matrix.rowCount) \(matrix.columnCount)\n")
    for column in 0..<matrix.columnCount {
      for row in 0..<matrix.rowCount {
        try sink.write(DelimitedWriter.number(matrix[row, column]) + "\n")
      }
    }
  }

  /// Writes coordinates.
  static func write(_ entries: ObservedEntries, to sink: ByteSink) throws(DataFormatError) {
    try sink.write(
      "%%MatrixMarket matrix coordinate real general\n"
        + "\(entries.rowCount) \(entries.columnCount) \(entries.count)\n")
    for k in 0..<entries.count {
      try sink.write(
        "\(entries.rows[k] + 1) \(entries.columns[k] + 1) \(DelimitedWriter.number(entries.values[k]))\n")
    }
  }
}
