import LinearAlgebra

/// Reads lines of row, column and value, whatever the rows and columns are called.
struct TripletReader {
  let file: String
  let roles: TripletRoles
  let options: ReadingOptions

  private var collector: TripletCollector
  private var rowLabels = LabelIndex()
  private var columnLabels = LabelIndex()
  private var largestRow = -1
  private var largestColumn = -1

  init(_ file: String, _ roles: TripletRoles, options: ReadingOptions) {
    self.file = file
    self.roles = roles
    self.options = options
    collector = TripletCollector(file: file)
  }

  private var base: Int { options.oneBased ? 1 : 0 }

  mutating func read(
    _ text: PaddedText, _ dialect: TableDialect
  ) throws(DataFormatError) -> ReadTriplets {
    let reader = CellReader(text, dialect, missing: MissingMarks(options.missing))
    var rows = TextRows(text, dialect, from: roles.dataStart, line: roles.dataLine)
    var cells: [TextCell] = []
    while let row = rows.next(into: &cells) {
      if row.isComment || row.isBlank { continue }
      guard cells.count == roles.width else {
        throw .ragged(
          file, line: row.line, found: cells.count, expected: roles.width,
          expectedLine: roles.firstLine)
      }
      let place: (Int32, Int32) =
        switch roles.kind {
        case .positions: try positions(cells, reader, line: row.line)
        case .labels: try labels(cells, reader, line: row.line)
        }
      let value = cells[roles.value]
      switch reader.read(value.content) {
      case .number(let number): collector.append(place.0, place.1, number, line: row.line)
      case .missing, .limit: break
      case .infinite:
        throw .infinite(
          file, .cell(line: row.line, column: roles.value + 1), text: text.bytes(value.content))
      case .text:
        throw .notNumber(
          file, .cell(line: row.line, column: roles.value + 1), text: text.bytes(value.content))
      }
    }
    return try finish()
  }

  private mutating func labels(
    _ cells: [TextCell], _ reader: CellReader, line: Int
  ) throws(DataFormatError) -> (Int32, Int32) {
    let row = try label(cells[roles.row], reader, line: line, column: roles.row)
    let column = try label(cells[roles.column], reader, line: line, column: roles.column)
    return (rowLabels.index(of: row), columnLabels.index(of: column))
  }

  /// The name in a cell; whole numbers without a fraction, as pandas gives them one beside gaps.
  private func label(
    _ cell: TextCell, _ reader: CellReader, line: Int, column: Int
  ) throws(DataFormatError) -> String {
    let text = reader.text.string(cell.content)
    guard !text.isEmpty else {
      throw DataFormatError(
        file, .cell(line: line, column: column + 1), "the name is missing",
        "write one, or remove the line")
    }
    if text.utf8.contains(UInt8(ascii: ".")), case .number(let value) = reader.read(cell.content),
      let whole = Int(exactly: value)
    {
      return "\(whole)"
    }
    return cell.isQuoted ? text.replacing("\"\"", with: "\"") : text
  }

  private mutating func positions(
    _ cells: [TextCell], _ reader: CellReader, line: Int
  ) throws(DataFormatError) -> (Int32, Int32) {
    let row = try index(cells[roles.row], reader, line: line, column: roles.row, axis: "row")
    let column = try index(
      cells[roles.column], reader, line: line, column: roles.column, axis: "column")
    largestRow = max(largestRow, row)
    largestColumn = max(largestColumn, column)
    return (Int32(row), Int32(column))
  }

  private func index(
    _ cell: TextCell, _ reader: CellReader, line: Int, column: Int, axis: String
  ) throws(DataFormatError) -> Int {
    let place = DataFormatError.Place.cell(line: line, column: column + 1)
    let text = reader.text.bytes(cell.content)
    guard case .number(let number) = reader.read(cell.content),
      number == number.rounded(.towardZero)
    else { throw .notIndex(file, place, text: text) }
    if number < Double(base) { throw .indexBelow(file, place, text: text, first: base) }
    guard number - Double(base) < Double(Int32.max) - 1 else {
      throw .indexBeyond(file, place, axis: axis, text: text, last: Int(Int32.max) - 2 + base)
    }
    return Int(number) - base
  }

  private mutating func finish() throws(DataFormatError) -> ReadTriplets {
    let hasRows = roles.kind == .labels ? rowLabels.count > 0 : largestRow >= 0
    guard collector.count > 0 else { throw hasRows ? .allMissing(file) : .noEntries(file) }
    guard roles.kind == .labels else {
      return try TripletFile.finish(
        collector, roles, options: options, rowCount: largestRow + 1,
        columnCount: largestColumn + 1)
    }
    let (rows, rowRanks) = rowLabels.sorted()
    let (columns, columnRanks) = columnLabels.sorted()
    collector.renumber(rows: rowRanks, columns: columnRanks)
    let names = TableNames(
      columns: columns, rows: rows, rowHeading: roles.headings?[roles.row] ?? "row")
    collector.names = names
    let entries = try TripletFile.entries(
      &collector, roles, options: options, rowCount: rows.count, columnCount: columns.count)
    return ReadTriplets(entries: entries, names: names)
  }
}

/// Names numbered in the order they come.
struct LabelIndex {
  private var numbers: [String: Int32] = [:]
  private var labels: [String] = []

  var count: Int { labels.count }

  mutating func index(of label: String) -> Int32 {
    if let number = numbers[label] { return number }
    let number = Int32(labels.count)
    numbers[label] = number
    labels.append(label)
    return number
  }

  /// The labels in their final order, and for each number its place there: ascending if all are numbers or all are
  /// dates, as they came otherwise.
  func sorted() -> ([String], [Int32]) {
    let keys = Self.keys(labels)
    guard let keys else { return (labels, Array(0..<Int32(labels.count))) }
    let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    var ranks = [Int32](repeating: 0, count: order.count)
    for (rank, index) in order.enumerated() { ranks[index] = Int32(rank) }
    return (order.map { labels[$0] }, ranks)
  }

  /// What orders labels, if all are numbers or all are dates of one form.
  private static func keys(_ labels: [String]) -> [Double]? {
    let numbers = labels.compactMap { Double($0) }
    if numbers.count == labels.count, numbers.allSatisfy(\.isFinite) { return numbers }
    for mark in ["-", "/", "."] as [Character] {
      let dates = labels.compactMap { date($0, mark) }
      if dates.count == labels.count { return dates }
    }
    return nil
  }

  /// `2024-01-31`, `2024/01/31 12:00:00`, `31.01.2024`: a number that grows with the date.
  private static func date(_ label: String, _ mark: Character) -> Double? {
    let parts = label.split(separator: mark, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    let last = parts[parts.count - 1]
    let day = last.prefix { $0.isNumber }
    let rest = last[day.endIndex...].split { !$0.isNumber }.compactMap { Double($0) }
    var fields = parts.dropLast().compactMap { Int($0) }
    guard let end = Int(day), fields.count == parts.count - 1 else { return nil }
    fields.append(end)
    // Day, month and year between points.
    if mark == ".", fields.count == 3, fields[0] <= 31 { fields.reverse() }
    guard fields[0] >= 1000, fields[1] <= 12 else { return nil }
    let days = Double(fields[0] * 372 + fields[1] * 31 + (fields.count == 3 ? fields[2] : 0))
    var time = 0.0
    for (place, unit) in [3600.0, 60, 1].enumerated() where place < rest.count {
      time += rest[place] * unit
    }
    return days * 86_400 + time
  }
}
