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

  /// Cells that are not known but say something: limits, formulas. Row after row, all columns of the file.
  private var held: Set<Int> = []
  private var marksMet: [String] = []
  private var doubts: [String] = []

  /// Rows that may close the table, such as totals, and those of them that did.
  private var closing: [ClosingRow] = []
  private var totalsInside: [String] = []

  private struct ClosingRow {
    var row: TextRow
    var cells: [TextCell]
    var isTotal: Bool
  }

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
    if let first = firstRow(), structure.hasDecimalCommas(first, text) {
      throw .decimalCommas(file, line: first.line)
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

  private func firstRow() -> TextRow? {
    var rows = TextRows(
      text, structure.dialect, from: structure.dataStart, line: structure.dataLine)
    var cells: [TextCell] = []
    return rows.next(into: &cells)
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
      guard rowCount < Int32.max - 1 else {
        throw DataFormatError(file, .line(row.line), "there are too many rows", "split the table")
      }
      if rowCount > 1, !isCautious, let isTotal = isClosing(cells, row, afterBlank: blankLines > 0)
      {
        closing.append(ClosingRow(row: row, cells: cells, isTotal: isTotal))
        blankLines = 0
        continue
      }
      blankLines = 0
      takeClosingRows()
      take(cells, row)
    }
    guard let first = closing.first else { return }
    dataEnd = min(dataEnd, first.row.range.lowerBound)
  }

  private mutating func take(_ cells: [TextCell], _ row: TextRow) {
    read(cells, line: row.line)
    if cells.contains(where: { !$0.content.isEmpty }) {
      filledRows = (rowCount, row.range.upperBound)
    }
  }

  /// What looked like the end of the table was none: rows follow.
  private mutating func takeClosingRows() {
    guard !closing.isEmpty else { return }
    for found in closing {
      if found.isTotal { totalsInside.append(text.string(found.cells[0].content)) }
      take(found.cells, found.row)
    }
    closing.removeAll()
  }

  /// Whether a row at the end of a table is none of its rows, and if so whether it is a total: a word such as
  /// `Total` or nothing but formulas, or a sentence in its first cell alone.
  private func isClosing(_ cells: [TextCell], _ row: TextRow, afterBlank: Bool) -> Bool? {
    if options.formulas.rows.contains(row.line) { return true }
    guard structure.width > 1, let first = cells.first, first.content.count > 1 else { return nil }
    let isRest = cells.dropFirst().allSatisfy(\.content.isEmpty)
    // Nearly all rows are told by two letters.
    let start = text.bytes(first.content)
    guard isRest || Self.totalStarts.contains([start[0] | 0x20, start[1] | 0x20]),
      case .text = reader.read(first.content)
    else { return nil }
    let word = Self.plain(text.string(first.content))
    if Self.totals.contains(word), !isRest { return true }
    let isNote = ["source", "quelle", "note", "anmerkung", "hinweis", "fuente"].contains {
      word.hasPrefix($0) && word.count > $0.count + 2
    }
    return isRest && (isNote || afterBlank || !closing.isEmpty) ? false : nil
  }

  private static let totalStarts = Set(totals.map { Array($0.utf8.prefix(2)) })

  private static let totals: Set<String> = [
    "total", "totals", "grandtotal", "subtotal", "sum", "sums", "summe", "gesamt", "gesamtsumme",
    "insgesamt", "somme", "suma", "totale", "average", "averages", "mean", "means", "mittelwert",
    "durchschnitt", "moyenne", "promedio",
  ]

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
        if !cell.content.isEmpty {
          tallies[column].marked += 1
          noteMark(cell)
        } else if options.formulas.holds(line: line, column: column) {
          held.insert(rowCount * structure.width + column)
        }
      case .limit:
        tallies[column].missing += 1
        tallies[column].limits += 1
        held.insert(rowCount * structure.width + column)
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

  private mutating func noteMark(_ cell: TextCell) {
    guard marksMet.count < 3 else { return }
    let mark = text.string(cell.content).trimmingSpaces
    if !mark.isEmpty, mark.count <= 12, !marksMet.contains(mark) { marksMet.append(mark) }
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
    if structure.hasDecimalCommas(row, text) {
      return .decimalCommas(file, line: row.line)
    }
    return .ragged(
      file, line: row.line, found: count, expected: structure.width,
      expectedLine: structure.firstLine)
  }

  // MARK: columns

  private func heading(_ column: Int) -> String { structure.headings?[column] ?? "" }

  private mutating func roles() throws(DataFormatError) -> [TableColumn.Role] {
    let table = self
    let finder = ColumnRoles(
      headings: structure.headings, tallies: tallies, rowCount: rowCount, cells: cells,
      isCautious: isCautious, isHeaderShort: structure.isHeaderShort,
      formulas: options.formulas.columns,
      texts: { table.rowNames($0) })
    var roles = finder.find()
    try applyChoices(&roles)
    doubts = options.columns.isEmpty ? finder.doubts(roles) : []
    guard roles.contains(.data) else {
      guard tallies.contains(where: { $0.numbers > 0 }) else {
        guard tallies.contains(where: { $0.texts > 0 }) else { throw .allMissing(file) }
        throw noNumbers()
      }
      throw DataFormatError(
        file, "no column of numbers is left", "leave fewer columns out, or give one with numbers")
    }
    return roles
  }

  private func noNumbers() -> DataFormatError {
    guard structure.width == 1 else {
      return DataFormatError(
        file, "no column holds numbers",
        "check what separates cells and stands before fractions (--delimiter, --decimal)")
    }
    return DataFormatError(
      file, "everything is in one column, and no line is a number",
      "say what separates cells (--delimiter)")
  }

  /// A heading without case and punctuation.
  private static func plain(_ heading: String) -> String {
    heading.lowercased().filter { $0.isLetter || $0.isNumber }
  }

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
    var kept: Set<Int> = []
    for place in held {
      if let position = positions[place % structure.width] {
        kept.insert(place / structure.width * data.count + position)
      }
    }
    let table = TextTable(
      source: source, structure: structure, understanding: understanding, positions: positions,
      formats: formats, isPadded: data.map { 2 * tallies[$0].padded > tallies[$0].numbers },
      encoding: encoding, missing: options.missing, dataEnd: dataEnd)
    return ReadTable(
      table: table, names: names, rowCount: rowCount, columnCount: data.count, cells: cells,
      held: kept)
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
    if let first = rows.first, Self.isDate(first) { return first.contains(":") ? "time" : "date" }
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
    if structure.skippedCount > 0 {
      result.append(
        "\(structure.skippedCount) line\(structure.skippedCount == 1 ? "" : "s") above the header passed over"
      )
    }
    if structure.headerCount > 1 {
      result.append(
        structure.units == nil
          ? "\(structure.headerCount) header lines" : "units under the headings")
    }
    if !marksMet.isEmpty {
      result.append(
        "\(marksMet.map { Excerpt.escaped($0.utf8) }.joined(separator: " and ")) for missing")
    }
    if let last = closing.first {
      let name = Excerpt.quoted(text.bytes(last.cells[0].content))
      result.append(
        closing.count == 1
          ? "the last line (\(name)) left out"
          : "\(closing.count) lines at the end left out (\(name), …)")
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
        "\(limits) cell\(limits == 1 ? " says" : "s say") only that a value is below or above a limit and "
          + "\(limits == 1 ? "stays" : "stay") as \(limits == 1 ? "it is" : "they are") (--missing TEXT fills them)"
      )
    }
    result += doubts
    if !totalsInside.isEmpty {
      result.append(
        "the row \(Excerpt.quoted(totalsInside[0].utf8)) stands among the others and is used as data"
      )
    }
    let used = Set(reader.usedMarks.map { $0.lowercased() })
    if let mark = options.missing.first(where: { !used.contains($0.lowercased()) }) {
      result.append("no cell is \(Excerpt.quoted(mark.utf8)), which --missing names")
    }
    if structure.dialect.delimiter == UInt8(ascii: ";"),
      structure.dialect.decimal == UInt8(ascii: "."), options.decimal == nil,
      data.allSatisfy({ tallies[$0].mayBeThousands || tallies[$0].numbers == 0 })
    {
      result.append(
        "numbers such as 1.234 are read as fractions; if the point stands between thousands, say --decimal ,"
      )
    }
    if let suspect = SuspectedMark.find(cells, width: structure.width, columns: data) {
      result.append(
        "\(DelimitedWriter.number(suspect.value)) stands in \(suspect.count) cells, far from all other numbers: "
          + "if it means missing, declare it (--missing \(DelimitedWriter.number(suspect.value)))")
    }
    return result
  }
}

extension String {
  /// Without spaces of any kind at either end.
  fileprivate var trimmingSpaces: String {
    var rest = self[...]
    while rest.first?.isWhitespace ?? false { rest.removeFirst() }
    while rest.last?.isWhitespace ?? false { rest.removeLast() }
    return String(rest)
  }
}
