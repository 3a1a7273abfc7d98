/// Rows from the beginning and from the middle of a text, split by one dialect.
struct TableSample {
  struct Row {
    var row: TextRow
    var cells: [TextCell]
  }

  let text: PaddedText
  let dialect: TableDialect

  /// Rows from the beginning, comments and blank lines left out.
  private(set) var head: [Row] = []

  /// Rows from the middle of a long text.
  private(set) var middle: [Row] = []

  /// The number of cells that most rows have; of several the one met first.
  private(set) var width = 0

  /// The last comment before the first row.
  private(set) var comment: TextRow?

  private static let rowLimit = 300
  private static let byteLimit = 1 << 20

  init(_ text: PaddedText, _ dialect: TableDialect) {
    self.text = text
    self.dialect = dialect
    defer { width = Self.usualWidth(all) }
    var rows = TextRows(text, dialect)
    var cells: [TextCell] = []
    while head.count < Self.rowLimit, rows.position < Self.byteLimit,
      let row = rows.next(into: &cells)
    {
      if row.isComment, head.isEmpty { comment = row }
      if !row.isBlank, !row.isComment { head.append(Row(row: row, cells: cells)) }
    }
    guard rows.position < text.count / 2 else { return }
    var start = text.count / 2
    while start < text.count, text.start[start] != 0x0A, text.start[start] != 0x0D { start += 1 }
    var later = TextRows(text, dialect, from: min(start + 1, text.count))
    while middle.count < Self.rowLimit, later.position < start + Self.byteLimit,
      let row = later.next(into: &cells)
    {
      // The last row may be cut off by nothing, the first by a quote: what does not fit does not count.
      if !row.isBlank, !row.isComment { middle.append(Row(row: row, cells: cells)) }
    }
  }

  var all: [Row] { head + middle }

  private static func usualWidth(_ rows: [Row]) -> Int {
    var counts: [Int: Int] = [:]
    for row in rows { counts[row.cells.count, default: 0] += 1 }
    let most = counts.values.max() ?? 0
    return rows.first { counts[$0.cells.count] == most }?.cells.count ?? 0
  }
}

/// Finds out what separates cells and which mark stands before fractions.
enum TableSniffer {
  private static let candidates = [
    UInt8(ascii: "\t"), UInt8(ascii: ";"), UInt8(ascii: "|"), UInt8(ascii: ","),
    UInt8(ascii: " "), UInt8(ascii: ":"),
  ]

  /// The dialect in which most rows have the same number of cells and most cells are numbers or missing.
  static func sample(_ text: PaddedText, options: ReadingOptions, suffix: String) -> TableSample {
    let missing = MissingMarks(options.missing)
    var wanted = options.delimiter.map { [$0] } ?? candidates
    let head = text.bytes(0..<min(text.count, 1 << 16))
    if options.delimiter == nil {
      if suffix == "tsv" || suffix == "tab", head.contains(UInt8(ascii: "\t")) {
        wanted = [UInt8(ascii: "\t")]
      }
      wanted = wanted.filter { mark in
        // Colons separate cells only in pairs.
        mark == UInt8(ascii: ":")
          ? zip(head, head.dropFirst()).contains { $0 == mark && $1 == mark }
          : head.contains(mark) || (mark == UInt8(ascii: " ") && head.contains(UInt8(ascii: "\t")))
      }
    }
    if wanted.isEmpty { wanted = [UInt8(ascii: ",")] }
    var best: (score: Double, sample: TableSample)?
    for delimiter in wanted {
      let dialect = TableDialect(delimiter: delimiter, hasComments: hasComments(head))
      let sample = TableSample(text, dialect)
      let width = sample.width
      let fitting = sample.all.filter { $0.cells.count == width }
      guard width > 0 else { continue }
      let (decimal, understood) = decimal(fitting, sample, missing, options)
      let consistent = Double(fitting.count) / Double(max(1, sample.all.count))
      var score = (width == 1 ? 0.25 : consistent * consistent) * (0.3 + understood)
      // Commas and spaces stand in numbers and names; tabs, semicolons and bars in every line separate.
      let isTelling = delimiter != UInt8(ascii: ",") && delimiter != UInt8(ascii: " ")
      if isTelling, width > 1, understood > 0, consistent >= 0.98 { score += 10 }
      if score > (best?.score ?? -1) + 1e-9 {
        var found = dialect
        found.decimal = decimal
        best = (score, found == dialect ? sample : TableSample(text, found))
      }
    }
    return best?.sample ?? TableSample(text, TableDialect())
  }

  /// Whether lines that begin with `#` are comments: not if most lines do.
  private static func hasComments(_ head: UnsafeBufferPointer<UInt8>) -> Bool {
    var lines = 0
    var marked = 0
    var isStart = true
    for byte in head {
      if byte == 0x0A || byte == 0x0D {
        isStart = true
      } else if isStart {
        lines += 1
        if byte == UInt8(ascii: "#") { marked += 1 }
        isStart = false
      }
    }
    return 2 * marked <= lines || lines < 3
  }

  /// The decimal mark, and the share of cells that are then numbers or missing.
  private static func decimal(
    _ rows: [TableSample.Row], _ sample: TableSample, _ missing: MissingMarks,
    _ options: ReadingOptions
  ) -> (UInt8, Double) {
    let (point, comma) = (UInt8(ascii: "."), UInt8(ascii: ","))
    func count(_ decimal: UInt8) -> (understood: Int, commas: Int, points: Int, plainLong: Int) {
      var dialect = sample.dialect
      dialect.decimal = decimal
      let reader = CellReader(sample.text, dialect, missing: missing)
      var result = (understood: 0, commas: 0, points: 0, plainLong: 0)
      for row in rows {
        for cell in row.cells {
          switch reader.read(cell.content) {
          case .number:
            result.understood += 1
            let bytes = sample.text.bytes(cell.content)
            if bytes.contains(comma) { result.commas += 1 }
            if bytes.contains(point) { result.points += 1 }
            if bytes.count > 3, bytes.allSatisfy({ DecimalParser.digit($0) != nil }) {
              result.plainLong += 1
            }
          case .missing, .limit: result.understood += 1
          case .text, .infinite: break
          }
        }
      }
      return result
    }
    let total = Double(max(1, rows.reduce(0) { $0 + $1.cells.count }))
    if let decimal = options.decimal {
      return (decimal, Double(count(decimal).understood) / total)
    }
    let byPoint = count(point)
    // All is understood, and no number has a comma: with commas for fractions no more can be.
    if Double(byPoint.understood) == total, byPoint.commas == 0 { return (point, 1) }
    let byComma = count(comma)
    if byComma.understood > byPoint.understood {
      return (comma, Double(byComma.understood) / total)
    }
    // 1,234 in every cell: a fraction where thousands are also written without a mark, and in files with
    // semicolons, which programs write where the comma is taken.
    let isOpen =
      byComma.understood == byPoint.understood && byPoint.commas > 0 && byPoint.points == 0
    if isOpen, byPoint.plainLong > 0 || sample.dialect.delimiter == UInt8(ascii: ";") {
      return (comma, Double(byComma.understood) / total)
    }
    return (point, Double(byPoint.understood) / total)
  }
}
