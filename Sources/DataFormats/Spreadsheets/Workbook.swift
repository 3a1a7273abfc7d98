/// A workbook of Excel, LibreOffice or a library that writes `.xlsx`: a zip archive of XML texts.
struct Workbook {
  let source: ByteSource
  private let archive: ZipArchive

  /// The sheets in their order, with the members that hold them.
  private(set) var sheets: [(name: String, member: String, isHidden: Bool)] = []

  private let strings: [String]

  /// For each cell style whether it shows numbers as dates or times.
  private let areDates: [Bool]

  init(_ source: ByteSource) throws(DataFormatError) {
    self.source = source
    do throws(DataFormatError) {
      archive = try ZipArchive(source)
    } catch {
      if let known = try Self.other(source) { throw known }
      if error.problem.contains("npz") { throw Self.invalid(source.name, "it is no zip archive") }
      throw error
    }
    let archive = self.archive
    func member(_ name: String) throws(DataFormatError) -> [UInt8]? {
      try Self.bytes(archive, name)
    }
    guard let book = try member("xl/workbook.xml") else {
      if archive.members.contains(where: { $0.name == "content.xml" }) {
        throw DataFormatError(
          source.name, "this is an OpenDocument file", "save it as .xlsx")
      }
      throw Self.invalid(source.name, "it has no workbook")
    }
    let targets = Self.targets(try member("xl/_rels/workbook.xml.rels") ?? [])
    var pieces = XMLPieces(book)
    while let tag = pieces.next() {
      guard tag.name == "sheet", !tag.isEnd, let name = tag["name"] else { continue }
      let id = tag.attributes.first { $0.name.hasSuffix(":id") }?.value ?? ""
      let target = targets[id] ?? "worksheets/sheet\(sheets.count + 1).xml"
      sheets.append(
        (
          name, target.hasPrefix("/") ? String(target.dropFirst()) : "xl/" + target,
          ["hidden", "veryHidden"].contains(tag["state"] ?? "")
        ))
    }
    strings = Self.sharedStrings(try member("xl/sharedStrings.xml") ?? [])
    areDates = Self.dateStyles(try member("xl/styles.xml") ?? [])
    guard !sheets.isEmpty else { throw Self.invalid(source.name, "it has no sheet") }
  }

  /// What a file is that is called a workbook and is none.
  private static func other(_ source: ByteSource) throws(DataFormatError) -> DataFormatError? {
    let start = try ByteStream(source).bytes(512)
    if start.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) {
      return DataFormatError(
        source.name, "the workbook is locked with a password, or of the old form .xls",
        "save it as .xlsx without a password")
    }
    let isText = !start.isEmpty && !start.contains { $0 < 9 || (14..<32).contains($0) }
    guard isText else { return nil }
    if start.drop(while: { $0 <= 32 }).first == UInt8(ascii: "<") {
      return DataFormatError(
        source.name, "this is a web page, not a workbook", "save it as .xlsx")
    }
    return DataFormatError(
      source.name, "this is text, not a workbook", "call it .csv, or say --format csv")
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

  /// The sheet of a name, or the first that is shown.
  func place(of name: String?) throws(DataFormatError) -> Int {
    let found =
      name.map { name in sheets.firstIndex { $0.name == name } }
      ?? sheets.firstIndex { !$0.isHidden } ?? sheets.indices.first
    if let found { return found }
    throw DataFormatError(
      source.name, "no sheet is called \(Excerpt.quoted((name ?? "").utf8))",
      "the sheets are \(listed(sheets.map(\.name)))")
  }

  /// Names of sheets for a message.
  func listed(_ names: [String]) -> String {
    names.prefix(12).map { Excerpt.quoted($0.utf8) }.joined(separator: ", ")
  }

  /// The XML text of a sheet: by name, or the first that is shown.
  func sheet(named name: String?) throws(DataFormatError) -> (member: String, bytes: [UInt8]) {
    let sheet = sheets[try place(of: name)]
    guard let bytes = try Self.bytes(archive, sheet.member) else {
      throw Self.invalid(source.name, "the sheet \(Excerpt.quoted(sheet.name.utf8)) is missing")
    }
    return (sheet.member, bytes)
  }

  /// All members, one with other bytes.
  func write(
    replacing name: String, with bytes: [UInt8], recalculating: Bool, to sink: ByteSink
  ) throws(DataFormatError) {
    var zip = ZipWriter(sink)
    for member in archive.members where !member.name.hasSuffix("/") {
      var contents =
        member.name == name ? bytes : try Self.bytes(archive, member.name) ?? []
      if recalculating, member.name == "xl/workbook.xml" { contents = Self.recalculated(contents) }
      try zip.add(member.name, file: source.name, deflating: true) { sink throws(DataFormatError) in
        try sink.write(contents)
      }
    }
    try zip.finish()
  }

  /// Whether any sheet holds a formula.
  func hasFormulas() throws(DataFormatError) -> Bool {
    for sheet in sheets {
      guard let bytes = try Self.bytes(archive, sheet.member) else { continue }
      var pieces = XMLPieces(bytes)
      while let tag = pieces.next() { if tag.name == "f" { return true } }
    }
    return false
  }

  /// The workbook's own text, telling the program that opens it to calculate all formulas anew.
  private static func recalculated(_ bytes: [UInt8]) -> [UInt8] {
    var pieces = XMLPieces(bytes)
    var place: Int?
    while let tag = pieces.next() {
      if tag.name == "calcPr", !tag.isEnd {
        if tag["fullCalcOnLoad"] != nil {
          var text = String(decoding: bytes[tag.range], as: UTF8.self)
          for old in ["0", "false"] {
            text = text.replacing("fullCalcOnLoad=\"\(old)\"", with: "fullCalcOnLoad=\"1\"")
          }
          return replaced(bytes, tag.range, by: text)
        }
        let end = tag.range.upperBound - (tag.isEmpty ? 2 : 1)
        return replaced(bytes, end..<end, by: " fullCalcOnLoad=\"1\"")
      }
      // The order of these is laid down.
      let isBefore = ["sheets", "functionGroups", "externalReferences", "definedNames"]
        .contains(tag.name)
      if isBefore, tag.isEnd || tag.isEmpty { place = tag.range.upperBound }
    }
    guard let place else { return bytes }
    return replaced(bytes, place..<place, by: "<calcPr fullCalcOnLoad=\"1\"/>")
  }

  private static func replaced(_ bytes: [UInt8], _ range: Range<Int>, by text: String) -> [UInt8] {
    var result = bytes
    result.replaceSubrange(range, with: text.utf8)
    return result
  }

  /// What a cell shows, as text; empty for errors and for nothing.
  func text(
    _ value: String, type: String, style: Int?
  ) throws(DataFormatError) -> String {
    switch type {
    case "s":
      guard !value.isEmpty else { return "" }
      guard let index = Int(value), strings.indices.contains(index) else {
        throw Self.invalid(source.name, "a cell names a text that it does not have")
      }
      return strings[index]
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
