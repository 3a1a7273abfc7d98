import LinearAlgebra

/// Matrix Market files: coordinates or arrays of real numbers, integers, or bare positions (read as ones).
///
/// Rows and columns count from one. In coordinate files positions that are not named are unknown for observed
/// entries, and zero for a complete matrix.
struct MatrixMarket {
  enum Field: String { case real, double, integer, pattern }
  enum Symmetry: String {
    case general, symmetric
    case skewSymmetric = "skew-symmetric"
  }

  let file: String
  var lines: TextLines
  let isCoordinate: Bool
  let field: Field
  let symmetry: Symmetry
  let rowCount: Int
  let columnCount: Int
  let entryCount: Int
  let parser = DecimalParser()

  private init(_ source: ByteSource) throws(DataFormatError) {
    file = source.name
    lines = TextLines(try ByteStream(source))
    let first = try lines.next()
    let banner = (first.map { String(decoding: $0.bytes.prefix(200), as: UTF8.self) } ?? "")
      .lowercased()
    let words = banner.split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count == 5, words[0] == "%%matrixmarket", words[1] == "matrix" else {
      throw .notThisFormat(
        file, format: "Matrix Market",
        problem: "line 1 is not '%%MatrixMarket matrix …' with five words")
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
      let words = String(decoding: line.bytes.prefix(200), as: UTF8.self).split(
        whereSeparator: \.isWhitespace)
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
    guard rowCount > 0, columnCount > 0 else {
      throw .noElements(file, shape: [rowCount, columnCount])
    }
    guard symmetry == .general || rowCount == columnCount else {
      throw .wrongShape(
        file, found: "\(rowCount)×\(columnCount)",
        expected: "a square matrix, as it is \(words[4]),")
    }
    if isCoordinate {
      entryCount = sizes[2]
    } else {
      // An entry takes a digit and a line ending at least, and of a symmetric matrix half are given.
      guard let all = elementCount([rowCount, columnCount]), all / 4 <= lines.stream.limit else {
        throw .tooShort(
          file, needed: "\(rowCount)×\(columnCount) entries are announced",
          available: lines.stream.limit)
      }
      entryCount =
        switch symmetry {
        case .general: all
        case .symmetric: (all + rowCount) / 2
        case .skewSymmetric: (all - rowCount) / 2
        }
    }
  }

  private static func unknown(_ file: String, _ word: String, _ choices: String) -> DataFormatError
  {
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
          reader.file, found: "\(reader.rowCount)×\(reader.columnCount)",
          expected: "\(wanted)×\(columns)")
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
}
