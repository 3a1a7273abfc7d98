import LinearAlgebra

// Goal: a million plain lines in a tenth of a second and without the text in memory. Lines of digits, delimiters and
// one number are read from the stream; anything else starts ``TripletReader`` on the whole text.

/// Single entries that were read.
struct ReadTriplets {
  var entries: ObservedEntries
  var names = TableNames()

  /// Whether rows and columns were found to count from 1, though nobody said so.
  var isFoundToCountFromOne = false
}

/// Files of single entries.
enum TripletFile {
  /// Reads plain lines from a stream.
  ///
  /// - Returns: nil at the first line that is not plain.
  static func readPlain(
    _ source: ByteSource, _ roles: TripletRoles, _ dialect: TableDialect, options: ReadingOptions
  ) throws(DataFormatError) -> ReadTriplets? {
    let base = roles.kind == .positions && options.oneBased ? 1 : 0
    let scanner = PlainTriplets(roles, delimiter: dialect.delimiter, base: base)
    var lines = TextLines(try ByteStream(source))
    var collector = TripletCollector(file: source.name)
    var largestRow = -1
    var largestColumn = -1
    var isStarted = false
    while let line = try lines.next() {
      if lines.number < roles.dataLine { continue }
      if !isStarted {
        isStarted = true
        if let count = lines.stream.count { collector.reserve(count / (line.count + 1) + 1) }
      }
      guard let (row, column, value) = scanner.read(line) else {
        if line.isBlank { continue }
        return nil
      }
      if row > largestRow { largestRow = row }
      if column > largestColumn { largestColumn = column }
      collector.append(
        Int32(truncatingIfNeeded: row), Int32(truncatingIfNeeded: column), value,
        line: lines.number)
    }
    guard collector.count > 0 else { return nil }
    return try finish(
      collector, roles, options: options, rowCount: largestRow + 1, columnCount: largestColumn + 1)
  }

  /// The entries of a list of numbered rows and columns.
  ///
  /// Numbers of things get the places of their order. Positions count from 1 if none is 0 and both reach 1, where
  /// nothing else is said.
  static func finish(
    _ entered: TripletCollector, _ roles: TripletRoles, options: ReadingOptions, rowCount: Int,
    columnCount: Int
  ) throws(DataFormatError) -> ReadTriplets {
    var collector = entered
    var (rowCount, columnCount) = (rowCount, columnCount)
    var own = roles
    var isShifted = false
    if roles.kind == .positions {
      let isFitting =
        (options.rowCount ?? rowCount - 1) == rowCount - 1
        && (options.columnCount ?? columnCount - 1) == columnCount - 1
      let (row, column) = collector.smallest ?? (row: 0, column: 0)
      if !options.oneBased, options.recognizesBase, isFitting, row == 1, column == 1 {
        isShifted = true
        collector.countFromZero()
        (rowCount, columnCount) = (rowCount - 1, columnCount - 1)
      }
      if roles.hasOwnWords, options.rowCount == nil, options.columnCount == nil {
        let distinct = collector.distinct
        // Numbers of shops and weeks with large holes between are names.
        if 2 * distinct.rows < rowCount || 2 * distinct.columns < columnCount { own.kind = .labels }
      }
    }
    var names = TableNames()
    if own.kind == .labels {
      let (rows, columns) = collector.renumberByRank()
      let base: Int32 = isShifted || roles.kind == .positions && options.oneBased ? 1 : 0
      names = TableNames(
        columns: columns.map { "\($0 + base)" }, rows: rows.map { "\($0 + base)" },
        rowHeading: roles.headings?[roles.row] ?? "row")
      collector.names = names
      (rowCount, columnCount) = (rows.count, columns.count)
    } else if roles.hasOwnWords {
      let base = isShifted || options.oneBased ? 1 : 0
      let (rows, columns) = (options.rowCount ?? rowCount, options.columnCount ?? columnCount)
      if rows <= 1_000_000, columns <= 1_000_000 {
        names = TableNames(
          columns: (0..<columns).map { "\($0 + base)" }, rows: (0..<rows).map { "\($0 + base)" },
          rowHeading: roles.headings?[roles.row])
      }
    }
    // Messages count as the file does.
    var spoken = options
    if isShifted { spoken.oneBased = true }
    let entries = try entries(
      &collector, own, options: spoken, rowCount: rowCount, columnCount: columnCount)
    return ReadTriplets(entries: entries, names: names, isFoundToCountFromOne: isShifted)
  }

  /// The collected entries in order, in a matrix that is large enough.
  static func entries(
    _ collector: inout TripletCollector, _ roles: TripletRoles, options: ReadingOptions,
    rowCount: Int, columnCount: Int
  ) throws(DataFormatError) -> ObservedEntries {
    let isLabelled = roles.kind == .labels
    if isLabelled {
      let (rows, columns) = (options.rowCount ?? rowCount, options.columnCount ?? columnCount)
      guard rows == rowCount, columns == columnCount else {
        throw .wrongShape(
          collector.file, found: "\(rowCount)×\(columnCount)", expected: "\(rows)×\(columns)")
      }
    } else {
      try TripletCollector.checkProportion(
        collector.file, rowCount: options.rowCount ?? rowCount,
        columnCount: options.columnCount ?? columnCount, entries: collector.count,
        explicit: options)
    }
    return try collector.sorted(
      rowCount: options.rowCount ?? rowCount, columnCount: options.columnCount ?? columnCount,
      base: !isLabelled && options.oneBased ? 1 : 0, duplicates: options.duplicates)
  }
}

/// Reads lines of short unsigned integers and a finite number, with neither quotes nor spaces.
private struct PlainTriplets {
  private let roles: TripletRoles
  private let delimiter: UInt8
  private let base: Int
  private let parser = DecimalParser()
  private let isUsual: Bool

  init(_ roles: TripletRoles, delimiter: UInt8, base: Int) {
    self.roles = roles
    self.delimiter = delimiter
    self.base = base
    isUsual = (roles.row, roles.column, roles.value, roles.width) == (0, 1, 2, 3)
  }

  @inline(__always)
  func read(_ line: TextLine) -> (Int, Int, Double)? {
    isUsual ? readUsual(line) : readAny(line)
  }

  @inline(__always)
  private func readUsual(_ line: TextLine) -> (Int, Int, Double)? {
    var p = line.start
    guard let row = shortInteger(&p), p.pointee == delimiter else { return nil }
    p += 1
    guard let column = shortInteger(&p), p.pointee == delimiter else { return nil }
    p += 1
    var value = 0.0
    guard let end = parser.scan(p, &value), end == line.end, value.isFinite else { return nil }
    guard row >= base, column >= base else { return nil }
    return (row - base, column - base, value)
  }

  private func readAny(_ line: TextLine) -> (Int, Int, Double)? {
    var p = line.start
    var row = 0
    var column = 0
    var value = 0.0
    for cell in 0..<roles.width {
      if cell == roles.row || cell == roles.column {
        guard let number = shortInteger(&p), number >= base else { return nil }
        if cell == roles.row { row = number - base } else { column = number - base }
      } else if cell == roles.value {
        guard let end = parser.scan(p, &value), value.isFinite else { return nil }
        p = end
      } else {
        while p < line.end, p.pointee != delimiter {
          if p.pointee == UInt8(ascii: "\"") { return nil }
          p += 1
        }
      }
      if cell < roles.width - 1 {
        guard p < line.end, p.pointee == delimiter else { return nil }
        p += 1
      }
    }
    return p == line.end ? (row, column, value) : nil
  }

  @inline(__always)
  private func shortInteger(_ p: inout UnsafePointer<UInt8>) -> Int? {
    let start = p
    var result: UInt64 = 0
    while p - start < 10, let digit = DecimalParser.digit(p.pointee) {
      result = result &* 10 &+ digit
      p += 1
    }
    // 007 is a name, not the number 7.
    if start.pointee == UInt8(ascii: "0"), p - start > 1 { return nil }
    return p > start && result < UInt64(Int32.max) ? Int(result) : nil
  }
}
