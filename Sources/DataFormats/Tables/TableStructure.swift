/// Where the rows of a table of text begin, what stands above them, and how many cells they have.
struct TableStructure {
  let dialect: TableDialect

  /// How many cells a row has.
  var width = 0

  /// Where the first row of data begins.
  var dataStart = 0
  var dataLine = 1

  /// The line that gave the number of cells, for messages.
  var firstLine = 1

  /// The headings, as many as a row has cells.
  var headings: [String]?

  /// The units under the headings.
  var units: [String]?

  /// Whether the header line has one cell less than the rows, because nothing stands over the row names.
  var isHeaderShort = false

  /// How many lines stand above the header and are no part of the table, and how many the header has.
  var skippedCount = 0
  var headerCount = 0

  /// The line that was passed over last, if it has cells.
  var skippedCells: [TextCell]?

  /// Whether a line looks like numbers with decimal commas between commas: a line of fewer names stands above, at most
  /// half as many, and no number has a point.
  func hasDecimalCommas(_ row: TextRow, _ text: PaddedText) -> Bool {
    guard dialect.delimiter == UInt8(ascii: ","), headings == nil, let names = skippedCells,
      names.count > 1, width > names.count, width <= 2 * names.count
    else { return false }
    let bytes = text.bytes(row.range)
    return !bytes.contains(UInt8(ascii: ".")) && !bytes.contains(UInt8(ascii: "\""))
  }
}

/// Finds the header of a table in a sample of its rows.
struct HeaderFinder {
  private let sample: TableSample
  private let reader: CellReader
  private let isCautious: Bool
  private var structure: TableStructure

  /// How many lines above the rows are looked at.
  private static let limit = 60

  /// - Parameter isCautious: whether a line of whole numbers is a header only if the rows below show it by
  ///   their decimals.
  init(_ sample: TableSample, missing: MissingMarks, isCautious: Bool) {
    self.sample = sample
    self.isCautious = isCautious
    reader = CellReader(sample.text, sample.dialect, missing: missing)
    structure = TableStructure(dialect: sample.dialect)
  }

  mutating func find() -> TableStructure {
    let rows = sample.head
    structure.width = sample.width
    let width = structure.width
    var start = 0
    while start < rows.count, rows[start].cells.count != width {
      if isShortHeader(start) { break }
      guard isPreamble(rows[start]), start < Self.limit else { break }
      structure.skippedCells = rows[start].cells
      start += 1
    }
    guard start < rows.count else {
      begin(at: 0)
      return structure
    }
    var header: [Int] = []
    var next = start
    let isNumeric = numericColumns(from: start)
    if isShortHeader(start) {
      structure.isHeaderShort = true
      header = [start]
      next = start + 1
    } else if let first = firstHeader(from: start, isNumeric) {
      // Lines above the first with a text over numbers are a title.
      header = [first]
      next = first + 1
      start = first
    }
    structure.skippedCount = start
    while !header.isEmpty, next < min(rows.count - 1, start + 6),
      isHeaderLine(rows[next], isNumeric)
        || (header.count > 1 && isNameLine(rows[next]))
        || (header.count == 1
          && isSecondLevel(rows[next], under: rows[header[0]], above: rows[next + 1]))
    {
      header.append(next)
      next += 1
    }
    if header.isEmpty, isNumericHeader(at: start, isNumeric) {
      header = [start]
      next = start + 1
    }
    structure.headerCount = header.count
    takeHeadings(header.map { rows[$0] })
    if next < rows.count {
      begin(at: next)
    } else {
      structure.dataStart = sample.text.count
      structure.dataLine = rows[rows.count - 1].row.line + 1
      structure.firstLine = rows[start].row.line
    }
    if let last = header.last {
      structure.firstLine = rows[header[0]].row.line
      // In a table of one column the blank lines under the header count.
      if width == 1 { begin(after: rows[last].row) }
    }
    if header.isEmpty { takeCommentedHeadings() }
    return structure
  }

  private mutating func begin(at index: Int) {
    guard index < sample.head.count else { return }
    let row = sample.head[index].row
    structure.dataStart = row.range.lowerBound
    structure.dataLine = row.line
    structure.firstLine = row.line
  }

  private mutating func begin(after row: TextRow) {
    var rows = TextRows(
      sample.text, sample.dialect, from: row.range.lowerBound, line: row.line)
    var cells: [TextCell] = []
    _ = rows.next(into: &cells)
    structure.dataStart = rows.position
    structure.dataLine = row.line + 1
  }

  // MARK: cells

  /// A word such as LOD alone is a heading like any other.
  private func value(_ cell: TextCell) -> CellValue {
    let value = reader.read(cell.content)
    if case .limit = value,
      !sample.text.bytes(cell.content).contains(where: { DecimalParser.digit($0) != nil })
    {
      return .missing
    }
    return value
  }

  private func isText(_ cell: TextCell) -> Bool {
    if case .text = value(cell) { return true }
    return false
  }

  private func isNumber(_ cell: TextCell) -> Bool {
    if case .number = value(cell) { return true }
    return false
  }

  /// Whether a text begins as a number does: a value with its unit, not a name.
  private func looksLikeValue(_ cell: TextCell) -> Bool {
    var bytes = sample.text.bytes(cell.content)[...]
    if let first = bytes.first, [0x2B, 0x2D, 0x2E, 0x3C, 0x3E].contains(first) {
      bytes = bytes.dropFirst()
    }
    return bytes.first.flatMap { DecimalParser.digit($0) } != nil
  }

  /// The columns whose cells, below the first rows, are numbers or mostly so.
  private func numericColumns(from start: Int) -> [Bool] {
    let fitting = sample.head[start...].filter { $0.cells.count == structure.width }
    let skipped = fitting.count > 12 ? 6 : fitting.count > 1 ? 1 : 0
    let body =
      fitting.dropFirst(skipped) + sample.middle.filter { $0.cells.count == structure.width }
    return (0..<structure.width).map { column in
      var numbers = 0
      var texts = 0
      for row in body {
        switch value(row.cells[column]) {
        case .number, .infinite: numbers += 1
        case .text: texts += 1
        case .missing, .limit: break
        }
      }
      return numbers >= texts && (numbers > 0 || texts == 0)
    }
  }

  // MARK: lines

  /// A line that says something about the table: text first, and another number of cells than the rows have.
  private func isPreamble(_ row: TableSample.Row) -> Bool {
    guard let first = row.cells.first else { return true }
    let width = structure.width
    guard width > 1 || row.cells.count > 1 else { return false }
    if row.cells.count > width { return row.cells.allSatisfy { !isNumber($0) } }
    return isText(first) && !looksLikeValue(first)
  }

  /// A line with one cell less than the rows, all of them names: R leaves out the heading over row names.
  private func isShortHeader(_ index: Int) -> Bool {
    let rows = sample.head
    let cells = rows[index].cells
    guard structure.width > 1, cells.count == structure.width - 1, index + 1 < rows.count,
      rows[index + 1].cells.count == structure.width,
      cells.allSatisfy({ !isNumber($0) && !$0.content.isEmpty }),
      cells.contains(where: { isText($0) || $0.isQuoted })
    else { return false }
    return rows[index + 1].cells.contains(where: isNumber)
  }

  /// A line without numbers, with a text over a column of numbers.
  private func isHeaderLine(_ row: TableSample.Row, _ isNumeric: [Bool]) -> Bool {
    guard row.cells.count == structure.width else { return false }
    var hasText = false
    for (column, cell) in row.cells.enumerated() where isNumeric[column] {
      switch value(cell) {
      case .number, .infinite, .limit: return false
      case .text: hasText = true
      case .missing: break
      }
    }
    return hasText
  }

  /// A line of a single name at its beginning, as pandas writes under several header lines.
  private func isNameLine(_ row: TableSample.Row) -> Bool {
    guard let first = row.cells.first, row.cells.count == structure.width else { return false }
    return isText(first) && row.cells.dropFirst().allSatisfy(\.content.isEmpty)
  }

  /// A line of whole numbers that tell apart columns of the same heading, with nothing over the row names.
  private func isSecondLevel(
    _ row: TableSample.Row, under header: TableSample.Row, above next: TableSample.Row
  ) -> Bool {
    guard structure.width > 2, row.cells.count == structure.width,
      next.cells.count == structure.width, row.cells[0].content.isEmpty,
      !next.cells[0].content.isEmpty, header.cells.count == structure.width
    else { return false }
    let columns = Array(1..<structure.width)
    guard wholeNumbers(row, columns) != nil else { return false }
    let names = columns.map { content(header.cells[$0]) }
    let pairs = columns.map { content(header.cells[$0]) + "\u{0}" + content(row.cells[$0]) }
    return Set(names).count < names.count && Set(pairs).count == pairs.count
  }

  /// The header line, if there is one among the first rows.
  private func firstHeader(from start: Int, _ isNumeric: [Bool]) -> Int? {
    let rows = sample.head
    let first = rows[start]
    guard first.cells.count == structure.width else { return nil }
    var texts: [TextCell] = []
    var numbers = 0
    for (column, cell) in first.cells.enumerated() where isNumeric[column] {
      switch value(cell) {
      case .text: texts.append(cell)
      case .number, .infinite: numbers += 1
      case .missing, .limit: break
      }
    }
    if !texts.isEmpty {
      if numbers > 0, texts.contains(where: looksLikeValue) { return nil }
      return start
    }
    // A single line of names and nothing below.
    if rows.count == start + 1, numbers == 0, first.cells.contains(where: isText) { return start }
    // A title whose line was filled up with empty cells.
    guard first.cells.contains(where: isText), !first.cells.contains(where: isNumber) else {
      return nil
    }
    return (start + 1..<min(rows.count, start + 6)).first { isHeaderLine(rows[$0], isNumeric) }
  }

  // A line of whole numbers that rise or fall, over numbers with decimals: wavelengths, years, pandas' own counting.
  // Over whole numbers only counting from 0 or 1, or years, and only if no row below looks like that too.
  private func isNumericHeader(at start: Int, _ isNumeric: [Bool]) -> Bool {
    let rows = sample.head
    let body = rows[(start + 1)...].filter { $0.cells.count == structure.width }
    guard body.count >= 3, rows[start].cells.count == structure.width else { return false }
    // Row names may have a heading, or none, and stand in several columns; a mark at the end of each line adds an empty one.
    let header = rows[start].cells
    var begin = structure.width > 1 && header[0].content.isEmpty ? 1 : 0
    while begin < structure.width, !isNumeric[begin] { begin += 1 }
    var end = structure.width
    while end > begin, header[end - 1].content.isEmpty,
      body.allSatisfy({ $0.cells[end - 1].content.isEmpty })
    { end -= 1 }
    let columns = Array(begin..<end)
    guard columns.allSatisfy({ isNumeric[$0] }),
      let progression = wholeNumbers(rows[start], columns), progression.count >= 3,
      isMonotone(progression)
    else { return false }
    var fractions = 0
    var numbers = 0
    for row in body {
      for column in columns where isNumber(row.cells[column]) {
        numbers += 1
        if isFraction(row.cells[column]) { fractions += 1 }
      }
    }
    if 10 * fractions >= 9 * numbers, fractions > 0 {
      return progression.count >= 5 || hasEqualSteps(progression)
    }
    guard !isCautious, hasEqualSteps(progression) else { return false }
    let isCounting = progression.count >= 5 && (0...1).contains(progression[0])
    let areYears =
      progression.allSatisfy { (1800...2100).contains($0) }
      && abs(progression[1] - progression[0]) == 1
    guard isCounting || areYears else { return false }
    return !body.contains { wholeNumbers($0, columns).map(hasEqualSteps) ?? false }
  }

  private func wholeNumbers(_ row: TableSample.Row, _ columns: [Int]) -> [Double]? {
    var result: [Double] = []
    for column in columns {
      guard case .number(let value) = value(row.cells[column]), !isFraction(row.cells[column])
      else { return nil }
      result.append(value)
    }
    return result
  }

  private func isFraction(_ cell: TextCell) -> Bool {
    sample.text.bytes(cell.content).contains {
      $0 == sample.dialect.decimal || $0 | 0x20 == UInt8(ascii: "e")
    }
  }

  private func isMonotone(_ values: [Double]) -> Bool {
    let pairs = zip(values, values.dropFirst())
    return pairs.allSatisfy(<) || pairs.allSatisfy(>)
  }

  private func hasEqualSteps(_ values: [Double]) -> Bool {
    guard values.count >= 3 else { return false }
    let step = values[1] - values[0]
    return step != 0 && zip(values, values.dropFirst()).allSatisfy { $1 - $0 == step }
  }

  // MARK: headings

  private mutating func takeHeadings(_ lines: [TableSample.Row]) {
    guard !lines.isEmpty else { return }
    let texts = lines.map { line in
      let cells = line.cells.map { content($0) }
      return structure.isHeaderShort && cells.count < structure.width ? [""] + cells : cells
    }
    let filled = texts.map { $0.count { !$0.isEmpty } }
    let main = filled.firstIndex(of: filled.max() ?? 0) ?? 0
    var headings = texts[main]
    let names = headings.filter { !$0.isEmpty }
    if texts.count > 1, main == 0, Set(names).count < names.count {
      // Several lines of headings together name a column.
      let joined = headings.indices.map { column in
        texts.map { $0[column] }.filter { !$0.isEmpty }.joined(separator: " ")
      }
      headings = joined
    } else if main + 1 < texts.count {
      structure.units = texts[main + 1]
    }
    structure.headings = headings
  }

  private mutating func takeCommentedHeadings() {
    guard let comment = sample.comment else { return }
    var cells: [TextCell] = []
    var start = comment.range.lowerBound
    while start < comment.range.upperBound,
      [0x23, 0x20, 0x09].contains(sample.text.start[start])
    {
      if sample.text.start[start] == 0x09, sample.dialect.delimiter == 0x09 { break }
      start += 1
    }
    var dialect = sample.dialect
    dialect.hasComments = false
    let line = PaddedText(Array(sample.text.bytes(start..<comment.range.upperBound)))
    var rows = TextRows(line, dialect)
    guard rows.next(into: &cells) != nil, cells.count == structure.width, cells.count > 1 else {
      return
    }
    let names = cells.map { line.string($0.content) }
    let hasNumber = cells.contains {
      CellReader.number(line.string($0.content), decimal: dialect.decimal) != nil
    }
    guard !hasNumber, names.contains(where: { !$0.isEmpty }) else { return }
    structure.headings = names
  }

  private func content(_ cell: TextCell) -> String {
    let text = sample.text.string(cell.content)
    return cell.isQuoted ? text.replacing("\"\"", with: "\"") : text
  }
}
