/// A tag of an XML text: where it lies, and what it says.
struct XMLTag {
  /// Without a prefix: `row` for `<x:row>`.
  var name: String
  var isEnd: Bool
  /// `<c/>`: beginning and end in one.
  var isEmpty: Bool
  /// From `<` to behind `>`.
  var range: Range<Int>
  /// Name and value as they stand, without quotes.
  var attributes: [(name: String, value: String)]

  subscript(name: String) -> String? {
    attributes.first { $0.name == name }.map { XMLPieces.unescaped($0.value) }
  }
}

/// Walks through the tags of an XML text in memory, as spreadsheets have them.
///
/// Comments, processing instructions and declarations are passed over. Nothing outside the text is ever loaded.
struct XMLPieces {
  let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next tag, or nil at the end or where the text is no XML.
  mutating func next() -> XMLTag? {
    while position < bytes.count {
      guard let start = bytes[position...].firstIndex(of: UInt8(ascii: "<")) else {
        position = bytes.count
        return nil
      }
      position = start + 1
      guard position < bytes.count else { return nil }
      switch bytes[position] {
      case UInt8(ascii: "?"): skip(past: "?>")
      case UInt8(ascii: "!"):
        if bytes[position...].starts(with: Array("!--".utf8)) {
          skip(past: "-->")
        } else if bytes[position...].starts(with: Array("![CDATA[".utf8)) {
          skip(past: "]]>")
        } else {
          skip(past: ">")
        }
      default: return tag(from: start)
      }
    }
    return nil
  }

  /// The text from a place up to the next tag.
  func text(from start: Int) -> String {
    let end = bytes[start...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.endIndex
    return Self.unescaped(String(decoding: bytes[start..<end], as: UTF8.self))
  }

  private mutating func skip(past mark: String) {
    let mark = Array(mark.utf8)
    while position < bytes.count, !bytes[position...].starts(with: mark) { position += 1 }
    position = min(bytes.count, position + mark.count)
  }

  private mutating func tag(from start: Int) -> XMLTag? {
    var p = start + 1
    let isEnd = p < bytes.count && bytes[p] == UInt8(ascii: "/")
    if isEnd { p += 1 }
    let name = word(&p)
    var attributes: [(name: String, value: String)] = []
    while p < bytes.count, bytes[p] != UInt8(ascii: ">"), bytes[p] != UInt8(ascii: "/") {
      if isSpace(bytes[p]) {
        p += 1
        continue
      }
      let key = word(&p)
      while p < bytes.count, isSpace(bytes[p]) || bytes[p] == UInt8(ascii: "=") { p += 1 }
      guard !key.isEmpty, p < bytes.count,
        bytes[p] == UInt8(ascii: "\"") || bytes[p] == UInt8(ascii: "'"),
        let end = bytes[(p + 1)...].firstIndex(of: bytes[p])
      else { return nil }
      attributes.append((key, String(decoding: bytes[p + 1..<end], as: UTF8.self)))
      p = end + 1
    }
    let isEmpty = p < bytes.count && bytes[p] == UInt8(ascii: "/")
    if isEmpty { p += 1 }
    guard p < bytes.count, bytes[p] == UInt8(ascii: ">") else { return nil }
    position = p + 1
    let local = name.split(separator: ":").last.map(String.init) ?? name
    return XMLTag(
      name: local, isEnd: isEnd, isEmpty: isEmpty, range: start..<p + 1, attributes: attributes)
  }

  private func word(_ p: inout Int) -> String {
    let start = p
    while p < bytes.count, !isSpace(bytes[p]), !Array("=/>\"'<".utf8).contains(bytes[p]) { p += 1 }
    return String(decoding: bytes[start..<p], as: UTF8.self)
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  static func unescaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
    var result = ""
    var rest = text[...]
    while let mark = rest.firstIndex(of: "&") {
      result += rest[..<mark]
      guard let end = rest[mark...].firstIndex(of: ";") else { break }
      let entity = rest[rest.index(after: mark)..<end]
      switch entity {
      case "amp": result += "&"
      case "lt": result += "<"
      case "gt": result += ">"
      case "quot": result += "\""
      case "apos": result += "'"
      default:
        let isHexadecimal = entity.hasPrefix("#x")
        let code = UInt32(entity.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10)
        if let scalar = code.flatMap({ Unicode.Scalar($0) }) {
          result.unicodeScalars.append(scalar)
        }
      }
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
