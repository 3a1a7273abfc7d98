/// Reads a table of text whose structure is known.
struct TableReader {
  private let source: ByteSource
  private let text: PaddedText
  private let encoding: TextEncoding
  private let options: ReadingOptions
  private let structure: TableStructure
  private let reader: CellReader
  private let isCautious: Bool

  private var tallies: [ColumnTally]
  private var cells: [Double] = []
  private var rowCount = 0
  private var dataEnd: Int

  /// How many rows there are up to the last with something in it, and where that ends.
  private var filledRows = (count: 0, end: 0)

  init(
    _ source: ByteSource, _ text: PaddedText, _ encoding: TextEncoding, _ sample: TableSample,
    options: ReadingOptions, isCautious: Bool
  ) {
    self.source = source
    self.text = text
    self.encoding = encoding
    self.options = options
    self.isCautious = isCautious
    let missing = MissingMarks(options.missing)
    var finder = HeaderFinder(sample, missing: missing, isCautious: isCautious)
    structure = finder.find()
    reader = CellReader(text, sample.dialect, missing: missing)
    tallies = Array(repeating: ColumnTally(), count: structure.width)
    dataEnd = text.count
  }

  private var file: String { source.name }

  mutating func read() throws(DataFormatError) -> ReadTable {
    guard structure.width < Int32.max else {
      throw DataFormatError(file, "\(structure.width) columns are too many", "split the table")
    }
    try readRows()
    guard rowCount > 0 else {
      throw structure.headings == nil ? .allMissing(file) : .noEntries(file)
    }
    let roles = try roles()
    if roles.contains(.names) { dropEmptyRows() }
    try checkCells(roles)
    return try assemble(roles)
  }

  // MARK: rows

  private mutating func readRows() throws(DataFormatError) {
    var rows = TextRows(
      text, structure.dialect, from: structure.dataStart, line: structure.dataLine)
    var cells: [TextCell] = []
    cells.reserveCapacity(structure.width)
    self.cells.reserveCapacity(min(text.count / 2 + 1, 1 << 26))
    var blankLines = 0
    // The first row that has another number of cells; an error unless only words follow.
    var odd: (row: TextRow, count: Int)?
    while let row = rows.next(into: &cells) {
      if row.isComment { continue }
      if row.isBlank {
        blankLines += 1
        continue
      }
      let isFitting = cells.count == structure.width
      if isFitting, let odd { throw ragged(odd.row, odd.count) }
      if !isFitting {
        guard isFooter(cells, afterBlank: blankLines > 0) || odd != nil else {
          throw ragged(row, cells.count)
        }
        if odd == nil {
          odd = (row, cells.count)
          dataEnd = row.range.lowerBound
        }
        continue
      }
      // In a table of one column blank lines are missing values.
      if structure.width == 1 {
        for _ in 0..<blankLines { addBlankRow() }
      }
      blankLines = 0
      guard rowCount < Int32.max - 1 else {
        throw DataFormatError(file, .line(row.line), "there are too many rows", "split the table")
      }
      read(cells, line: row.line)
      if cells.contains(where: { !$0.content.isEmpty }) {
        filledRows = (rowCount, row.range.upperBound)
      }
    }
  }

  /// Rows without even a name, at the end of a table whose rows have names, are none.
  private mutating func dropEmptyRows() {
    let empty = rowCount - filledRows.count
    guard empty > 0, filledRows.count > 0 else { return }
    rowCount = filledRows.count
    cells.removeLast(empty * structure.width)
    for column in tallies.indices { tallies[column].missing -= empty }
    dataEnd = min(dataEnd, filledRows.end)
  }

  private mutating func addBlankRow() {
    for column in tallies.indices { tallies[column].missing += 1 }
    cells.append(contentsOf: repeatElement(.nan, count: structure.width))
    rowCount += 1
  }

  private mutating func read(_ row: [TextCell], line: Int) {
    for column in 0..<row.count {
      let cell = row[column]
      var value = Double.nan
      switch reader.read(cell.content) {
      case .number(let number):
        value = number
        tallies[column].note(
          number, cell, text, decimal: structure.dialect.decimal, marks: reader.marks)
      case .missing:
        tallies[column].missing += 1
        if !cell.content.isEmpty { tallies[column].marked += 1 }
      case .limit:
        tallies[column].missing += 1
        tallies[column].limits += 1
      case .infinite:
        tallies[column].missing += 1
        if tallies[column].firstInfinite == nil {
          tallies[column].firstInfinite = (line, cell.content)
        }
      case .text:
        tallies[column].note(word: text.string(cell.content), line: line, content: cell.content)
      }
      cells.append(value)
    }
    rowCount += 1
  }

  /// A line under the rows that says something: words first, and no numbers unless a blank line stands between.
  private func isFooter(_ cells: [TextCell], afterBlank: Bool) -> Bool {
    guard rowCount > 0, structure.width > 1, let first = cells.first,
      case .text = reader.read(first.content)
    else { return false }
    return afterBlank
      || !cells.contains { if case .number = reader.read($0.content) { true } else { false } }
  }

  private func ragged(_ row: TextRow, _ count: Int) -> DataFormatError {
    .ragged(
      file, line: row.line, found: count, expected: structure.width,
      expectedLine: structure.firstLine)
  }

  // MARK: columns

  private func heading(_ column: Int) -> String { structure.headings?[column] ?? "" }

  /// Text, if no cell is a number, or if few are among many different words.
  private func isText(_ column: Int) -> Bool {
    let tally = tallies[column]
    return tally.texts > 0
      && (tally.numbers == 0 || (tally.texts > tally.numbers && tally.words.count >= 3))
  }

  private func isEmpty(_ column: Int) -> Bool {
    let tally = tallies[column]
    return tally.numbers == 0 && tally.texts == 0 && tally.marked == 0 && tally.limits == 0
      && tally.firstInfinite == nil
  }

  private func roles() throws(DataFormatError) -> [TableColumn.Role] {
    let width = structure.width
    var roles = (0..<width).map { isText($0) ? TableColumn.Role.kept : .data }
    let hasKnown = tallies.contains { $0.numbers > 0 }
    if hasKnown {
      for column in 0..<width where isEmpty(column) {
        let isLast = column == width - 1
        if structure.headings == nil ? isLast && width > 1 : heading(column).isEmpty {
          roles[column] = .blank
        }
      }
    }
    if let names = namesColumn(roles) { roles[names] = .names }
    try applyChoices(&roles)
    guard roles.contains(.data) else {
      guard hasKnown else { throw .allMissing(file) }
      throw DataFormatError(
        file, "no column of numbers is left", "leave fewer columns out, or give one with numbers")
    }
    return roles
  }

  /// The column that names the rows, if there is one.
  private func namesColumn(_ roles: [TableColumn.Role]) -> Int? {
    let data = roles.indices.filter { roles[$0] == .data }
    guard structure.width > 1 else { return nil }
    if structure.isHeaderShort { return 0 }
    if roles[0] == .kept { return 0 }
    if roles[0] == .data, data.count > 1 {
      if let headings = structure.headings {
        let name = Self.plain(headings[0])
        if name.isEmpty || name.hasPrefix("unnamed") { return 0 }
        if !isCautious, tallies[0].isStrictlyMonotone, Self.indexHeadings.contains(name) {
          return 0
        }
      } else if !isCautious, rowCount >= 5, tallies[0].countsRows,
        !tallies.dropFirst().contains(where: \.countsRows)
      {
        return 0
      }
    }
    return roles.firstIndex(of: .kept)
  }

  /// A heading without case and punctuation.
  private static func plain(_ heading: String) -> String {
    heading.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  private static let indexHeadings: Set<String> = [
    "id", "index", "idx", "nr", "no", "num", "number", "row", "rowid", "rowname", "rownames", "obs",
    "observation", "sample", "sampleid", "record", "recordid", "key", "time", "date", "datetime",
    "timestamp", "t", "year", "jahr", "annee", "année", "ano", "año", "zeit", "datum", "temps",
    "epoch", "unixtime", "step", "frame", "lfdnr", "seconds", "sec", "hour", "day", "minute", "",
  ]

  /// Leaves out what the caller named.
  private func applyChoices(_ roles: inout [TableColumn.Role]) throws(DataFormatError) {
    if !options.columns.isEmpty {
      var chosen: Set<Int> = []
      for name in options.columns { chosen.insert(try column(name)) }
      for column in roles.indices {
        if chosen.contains(column) {
          roles[column] = .data
        } else if roles[column] == .data {
          roles[column] = .kept
        }
      }
    }
    for name in options.ignored { roles[try column(name)] = .kept }
  }

  /// The column of a heading, or of a number counted from 1.
  private func column(_ name: String) throws(DataFormatError) -> Int {
    let headings = structure.headings ?? []
    if let found = headings.firstIndex(of: name) { return found }
    let folded = Self.plain(name)
    let alike = headings.indices.filter { Self.plain(headings[$0]) == folded }
    if alike.count == 1, !folded.isEmpty { return alike[0] }
    if let number = Int(name), number >= 1, number <= structure.width { return number - 1 }
    let known = headings.filter { !$0.isEmpty }.prefix(12).map { Excerpt.quoted($0.utf8) }
    throw DataFormatError(
      file, .line(structure.firstLine), "no column is called \(Excerpt.quoted(name.utf8))",
      known.isEmpty
        ? "there is no header line, so give the column's number, counted from 1"
        : "the columns are \(known.joined(separator: ", "))\(headings.count > 12 ? ", …" : "")")
  }

  /// Refuses what is neither a number nor missing in a column of numbers; the first such cell.
  private func checkCells(_ roles: [TableColumn.Role]) throws(DataFormatError) {
    var first: (place: (line: Int, column: Int), error: DataFormatError)?
    for column in roles.indices where roles[column] == .data {
      let tally = tallies[column]
      if let found = tally.firstText {
        note(&first, found, column) {
          let error = DataFormatError.notNumber(file, $0, text: text.bytes(found.content))
          return DataFormatError(file, $0, error.problem, error.remedy, setting: .missing)
        }
      }
      if let found = tally.firstInfinite {
        note(&first, found, column) { .infinite(file, $0, text: text.bytes(found.content)) }
      }
      if tally.hasMixedAffixes, first == nil {
        throw DataFormatError(
          file, "column \(named(column)) has numbers with and without a sign such as %",
          "write all of them the same way")
      }
    }
    if let first { throw first.error }
  }

  private func note(
    _ first: inout (place: (line: Int, column: Int), error: DataFormatError)?,
    _ found: (line: Int, content: Range<Int>), _ column: Int,
    _ error: (DataFormatError.Place) -> DataFormatError
  ) {
    if let first, first.place <= (found.line, column) { return }
    first = ((found.line, column), error(.cell(line: found.line, column: column + 1)))
  }

  private func named(_ column: Int) -> String {
    heading(column).isEmpty ? "\(column + 1)" : Excerpt.quoted(heading(column).utf8)
  }

  // MARK: result

  private func assemble(_ roles: [TableColumn.Role]) throws(DataFormatError) -> ReadTable {
    let data = roles.indices.filter { roles[$0] == .data }
    var names = TableNames()
    if structure.headings != nil { names.columns = data.map { heading($0) } }
    if let column = roles.firstIndex(of: .names) {
      names.rows = rowNames(column)
      names.rowHeading = structure.headings == nil ? nil : heading(column)
    }
    var positions = [Int?](repeating: nil, count: roles.count)
    for (place, column) in data.enumerated() { positions[column] = place }
    let gaps = data.reduce(0) { $0 + rowCount - tallies[$1].numbers }
    let formats = formats(data)
    let columns = roles.indices.map { column in
      TableColumn(
        heading: heading(column),
        unit: structure.units.flatMap { $0[column].isEmpty ? nil : $0[column] },
        role: roles[column],
        format: positions[column].map { formats[$0] } ?? NumberFormat(),
        range: tallies[column].numbers > 0
          ? tallies[column].smallest...tallies[column].largest : nil,
        knownCount: tallies[column].numbers)
    }
    let understanding = TableUnderstanding(
      rowCount: rowCount, columnCount: data.count, gapCount: gaps, columns: columns,
      traits: traits(columns), warnings: warnings(data), rowsBy: rowsBy(names))
    let table = TextTable(
      source: source, structure: structure, understanding: understanding, positions: positions,
      formats: formats, isPadded: data.map { 2 * tallies[$0].padded > tallies[$0].numbers },
      encoding: encoding, missing: options.missing, dataEnd: dataEnd)
    return ReadTable(
      table: table, names: names, rowCount: rowCount, columnCount: data.count, cells: cells)
  }

  /// The formats of the data columns; one without numbers takes that of its neighbour.
  private func formats(_ data: [Int]) -> [NumberFormat] {
    var last: NumberFormat?
    return data.map { column in
      if tallies[column].numbers == 0, let last { return last }
      let format = tallies[column].format(decimal: structure.dialect.decimal)
      last = format
      return format
    }
  }

  private func rowNames(_ column: Int) -> [String] {
    var result: [String] = []
    result.reserveCapacity(rowCount)
    var rows = TextRows(
      text, structure.dialect, from: structure.dataStart, line: structure.dataLine)
    var cells: [TextCell] = []
    while result.count < rowCount, let row = rows.next(into: &cells) {
      if row.isBlank || row.isComment || cells.count != structure.width { continue }
      let name = text.string(cells[column].content)
      result.append(cells[column].isQuoted ? name.replacing("\"\"", with: "\"") : name)
    }
    return result
  }

  private func rowsBy(_ names: TableNames) -> String? {
    guard let rows = names.rows else { return nil }
    if let first = rows.first, Self.isDate(first) { return "date" }
    guard let heading = names.rowHeading, !heading.isEmpty, heading.count <= 24 else {
      return "name"
    }
    return heading
  }

  /// Digits in two or more groups, with marks of dates between.
  private static func isDate(_ text: String) -> Bool {
    let groups = text.split { !$0.isNumber }
    let marks = text.filter { !$0.isNumber }
    return groups.count >= 3 && groups.allSatisfy { $0.count <= 4 || $0.count == 6 }
      && marks.allSatisfy { "-/.: TZ+".contains($0) }
  }

  private func traits(_ columns: [TableColumn]) -> [String] {
    var result: [String] = []
    if structure.dialect.decimal == UInt8(ascii: ",") { result.append("decimal comma") }
    if let mark = columns.compactMap(\.format.thousandsMark).first {
      let name =
        switch mark {
        case ",": "comma"
        case ".": "point"
        case "'", "\u{2019}": "apostrophe"
        default: "space"
        }
      result.append("\(name) between thousands")
    }
    if encoding != .utf8(hasMark: false), encoding != .utf8(hasMark: true) {
      result.append(encoding.name)
    }
    let kept = columns.filter { $0.role == .kept }
    if !kept.isEmpty {
      let names = kept.prefix(4).map { $0.heading.isEmpty ? "without heading" : $0.heading }
      let rest = kept.count > 4 ? " and \(kept.count - 4) more" : ""
      result.append(
        "\(kept.count) column\(kept.count == 1 ? "" : "s") left as \(kept.count == 1 ? "it is" : "they are") "
          + "(\(names.joined(separator: ", "))\(rest))")
    }
    return result
  }

  // MARK: warnings

  private func warnings(_ data: [Int]) -> [String] {
    var result: [String] = []
    if !data.contains(where: { tallies[$0].missing > 0 }) {
      result.append("no cell is empty: there is nothing to fill in")
    }
    let constant = data.filter { tallies[$0].isConstant && rowCount > 2 && tallies[$0].numbers > 1 }
    if !constant.isEmpty {
      let names = constant.prefix(4).map { named($0) }.joined(separator: ", ")
      let rest = constant.count > 4 ? " and \(constant.count - 4) more" : ""
      result.append(
        constant.count == 1
          ? "column \(names) has one and the same value in every known cell"
          : "columns \(names)\(rest) have one and the same value in every known cell")
    }
    let limits = data.reduce(0) { $0 + tallies[$1].limits }
    if limits > 0 {
      result.append(
        "\(limits) cell\(limits == 1 ? " says" : "s say") only that a value is below or above a limit; "
          + "taken as missing")
    }
    if let suspect = SuspectedMark.find(cells, width: structure.width, columns: data) {
      result.append(
        "\(DelimitedWriter.number(suspect.value)) stands in \(suspect.count) cells, far from all other numbers: "
          + "if it means missing, declare it (\(DelimitedWriter.number(suspect.value)))")
    }
    return result
  }
}
