/// A workbook of Excel, LibreOffice or a library that writes `.xlsx`: a zip archive of XML texts.
struct Workbook {
  let source: ByteSource
  private let archive: ZipArchive

  /// The sheets in their order, with the members that hold them.
  private(set) var sheets: [(name: String, member: String)] = []

  private let strings: [String]

  /// For each cell style whether it shows numbers as dates or times.
  private let areDates: [Bool]

  init(_ source: ByteSource) throws(DataFormatError) {
    self.source = source
    do throws(DataFormatError) {
      archive = try ZipArchive(source)
    } catch {
      if error.problem.contains("npz") { throw Self.invalid(source.name, "it is no zip archive") }
      throw error
    }
    let archive = self.archive
    func member(_ name: String) throws(DataFormatError) -> [UInt8]? {
      try Self.bytes(archive, name)
    }
    guard let book = try member("xl/workbook.xml") else {
      throw Self.invalid(source.name, "it has no workbook")
    }
    let targets = Self.targets(try member("xl/_rels/workbook.xml.rels") ?? [])
    var pieces = XMLPieces(book)
    while let tag = pieces.next() {
      guard tag.name == "sheet", !tag.isEnd, let name = tag["name"] else { continue }
      let id = tag.attributes.first { $0.name.hasSuffix(":id") }?.value ?? ""
      let target = targets[id] ?? "worksheets/sheet\(sheets.count + 1).xml"
      sheets.append((name, target.hasPrefix("/") ? String(target.dropFirst()) : "xl/" + target))
    }
    strings = Self.sharedStrings(try member("xl/sharedStrings.xml") ?? [])
    areDates = Self.dateStyles(try member("xl/styles.xml") ?? [])
    guard !sheets.isEmpty else { throw Self.invalid(source.name, "it has no sheet") }
  }

  static func invalid(_ file: String, _ problem: String) -> DataFormatError {
    .notThisFormat(file, format: "xlsx", problem: problem)
  }

  private static func bytes(
    _ archive: ZipArchive, _ name: String
  ) throws(DataFormatError) -> [UInt8]? {
    guard let member = archive.members.first(where: { $0.name == name }) else { return nil }
    return try archive.stream(member).bytes(member.count)
  }

  /// The XML text of a sheet: by name, or the first.
  func sheet(named name: String?) throws(DataFormatError) -> (member: String, bytes: [UInt8]) {
    guard let sheet = name.map({ name in sheets.first { $0.name == name } }) ?? sheets.first else {
      let names = sheets.prefix(12).map { Excerpt.quoted($0.name.utf8) }.joined(separator: ", ")
      throw DataFormatError(
        source.name, "no sheet is called \(Excerpt.quoted((name ?? "").utf8))",
        "the sheets are \(names)")
    }
    guard let bytes = try Self.bytes(archive, sheet.member) else {
      throw Self.invalid(source.name, "the sheet \(Excerpt.quoted(sheet.name.utf8)) is missing")
    }
    return (sheet.member, bytes)
  }

  /// All members, one with other bytes.
  func write(
    replacing name: String, with bytes: [UInt8], to sink: ByteSink
  ) throws(DataFormatError) {
    var zip = ZipWriter(sink)
    for member in archive.members where !member.name.hasSuffix("/") {
      let contents =
        member.name == name ? bytes : try Self.bytes(archive, member.name) ?? []
      try zip.add(member.name, file: source.name, deflating: true) { sink throws(DataFormatError) in
        try sink.write(contents)
      }
    }
    try zip.finish()
  }

  /// What a cell shows, as text; empty for errors and for nothing.
  func text(_ value: String, type: String, style: Int?) -> String {
    switch type {
    case "s": return Int(value).flatMap { strings.indices.contains($0) ? strings[$0] : nil } ?? ""
    case "e": return ""
    case "b": return value == "1" ? "TRUE" : "FALSE"
    case "str", "inlineStr": return value
    default:
      guard let style, areDates.indices.contains(style), areDates[style], let days = Double(value)
      else { return value }
      return Self.date(days)
    }
  }

  // MARK: parts

  private static func targets(_ bytes: [UInt8]) -> [String: String] {
    var result: [String: String] = [:]
    var pieces = XMLPieces(bytes)
    while let tag = pieces.next() {
      if tag.name == "Relationship", let id = tag["Id"], let target = tag["Target"] {
        result[id] = target
      }
    }
    return result
  }

  private static func sharedStrings(_ bytes: [UInt8]) -> [String] {
    var result: [String] = []
    var pieces = XMLPieces(bytes)
    var isPhonetic = false
    while let tag = pieces.next() {
      switch tag.name {
      case "si" where !tag.isEnd: result.append("")
      case "rPh": isPhonetic = !tag.isEnd && !tag.isEmpty
      case "t" where !tag.isEnd && !tag.isEmpty && !isPhonetic && !result.isEmpty:
        result[result.count - 1] += pieces.text(from: tag.range.upperBound)
      default: break
      }
    }
    return result
  }

  /// Built-in formats 14 to 22 and 45 to 47 are dates and times; others by their letters outside quotes and brackets.
  private static func dateStyles(_ bytes: [UInt8]) -> [Bool] {
    var custom: [Int: Bool] = [:]
    var result: [Bool] = []
    var isInStyles = false
    var pieces = XMLPieces(bytes)
    while let tag = pieces.next() {
      switch tag.name {
      case "numFmt":
        if let id = tag["numFmtId"].flatMap({ Int($0) }), let code = tag["formatCode"] {
          custom[id] = isDateCode(code)
        }
      case "cellXfs": isInStyles = !tag.isEnd
      case "xf" where isInStyles && !tag.isEnd:
        let id = tag["numFmtId"].flatMap { Int($0) } ?? 0
        result.append(custom[id] ?? ((14...22).contains(id) || (45...47).contains(id)))
      default: break
      }
    }
    return result
  }

  private static func isDateCode(_ code: String) -> Bool {
    var closing: Character?
    for character in code.lowercased() {
      if let end = closing {
        if character == end { closing = nil }
      } else if character == "\"" {
        closing = "\""
      } else if character == "[" {
        closing = "]"
      } else if "ymdhs".contains(character) {
        return true
      }
    }
    return false
  }

  /// Days since the last day of 1899 as a date, with the time where there is one.
  private static func date(_ days: Double) -> String {
    guard days >= 0, days < 3_000_000 else { return "\(days)" }
    let seconds = Int(((days - days.rounded(.down)) * 86_400).rounded())
    // Civil date from a count of days, from 1 March of year 0 (Hinnant).
    let z = Int(days) - 25_569 + 719_468
    let era = z / 146_097
    let doe = z - era * 146_097
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
    let mp = (5 * doy + 2) / 153
    let day = doy - (153 * mp + 2) / 5 + 1
    let month = mp < 10 ? mp + 3 : mp - 9
    let year = yoe + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = "\(year)-\(two(month))-\(two(day))"
    let time = "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    if days < 1 { return time }
    return seconds == 0 ? date : "\(date) \(time)"
  }
}
