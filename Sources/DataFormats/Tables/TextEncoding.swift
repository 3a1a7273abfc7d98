/// How the characters of a text file are stored.
public enum TextEncoding: Equatable, Sendable {
  /// UTF-8, with or without a byte order mark.
  case utf8(hasMark: Bool)
  /// UTF-16, with or without a byte order mark.
  case utf16(isBigEndian: Bool, hasMark: Bool)
  /// Western Windows text, code page 1252; the five bytes without a character stand for themselves.
  case windows1252

  /// What a person calls it.
  public var name: String {
    switch self {
    case .utf8: "UTF-8"
    case .utf16: "UTF-16"
    case .windows1252: "Latin-1"
    }
  }
}

// What is read is decoded to UTF-8 and encoded again when it is given back: every decoding here is undone exactly.
extension TextEncoding {
  /// The encoding of a whole file, and its text in UTF-8 without a mark.
  ///
  /// Bytes that are no UTF-8 are taken for Windows text.
  ///
  /// - Throws: ``DataFormatError`` for UTF-16 with half a character.
  static func decode(
    _ bytes: [UInt8], file: String
  ) throws(DataFormatError) -> (TextEncoding, [UInt8]) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      let rest = Array(bytes.dropFirst(3))
      return isUTF8(rest) ? (.utf8(hasMark: true), rest) : (.windows1252, windowsText(bytes))
    }
    if let encoding = utf16(bytes) {
      return (encoding, try utf16Text(bytes, encoding, file: file))
    }
    return isUTF8(bytes)
      ? (.utf8(hasMark: false), bytes) : (.windows1252, windowsText(bytes))
  }

  /// The mark at the beginning, if there is one.
  var mark: [UInt8] {
    switch self {
    case .utf8(hasMark: true): [0xEF, 0xBB, 0xBF]
    case .utf16(let isBigEndian, hasMark: true): isBigEndian ? [0xFE, 0xFF] : [0xFF, 0xFE]
    default: []
    }
  }

  /// The bytes of a piece of text in this encoding; characters it does not have become question marks.
  func encode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    switch self {
    case .utf8: return Array(text)
    case .utf16(let isBigEndian, _):
      var result: [UInt8] = []
      result.reserveCapacity(2 * text.count)
      for unit in String(decoding: text, as: UTF8.self).utf16 {
        let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
        result += isBigEndian ? [high, low] : [low, high]
      }
      return result
    case .windows1252:
      return String(decoding: text, as: UTF8.self).unicodeScalars.map { scalar in
        if let byte = Self.windowsBytes[scalar.value] { return byte }
        return scalar.value < 256 ? UInt8(scalar.value) : UInt8(ascii: "?")
      }
    }
  }

  private static func isUTF8(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
  }

  /// UTF-16 by its mark, or because nearly every second byte of the beginning is zero.
  private static func utf16(_ bytes: [UInt8]) -> TextEncoding? {
    if bytes.starts(with: [0xFF, 0xFE]) { return .utf16(isBigEndian: false, hasMark: true) }
    if bytes.starts(with: [0xFE, 0xFF]) { return .utf16(isBigEndian: true, hasMark: true) }
    let head = bytes.prefix(512)
    guard head.count >= 8, bytes.count % 2 == 0 else { return nil }
    var zeros = [0, 0]
    for (index, byte) in head.enumerated() where byte == 0 { zeros[index % 2] += 1 }
    let half = head.count / 2
    if zeros[1] * 10 >= half * 9, zeros[0] == 0 {
      return .utf16(isBigEndian: false, hasMark: false)
    }
    if zeros[0] * 10 >= half * 9, zeros[1] == 0 {
      return .utf16(isBigEndian: true, hasMark: false)
    }
    return nil
  }

  private static func utf16Text(
    _ bytes: [UInt8], _ encoding: TextEncoding, file: String
  ) throws(DataFormatError) -> [UInt8] {
    guard case .utf16(let isBigEndian, let hasMark) = encoding, bytes.count % 2 == 0 else {
      throw .notThisFormat(file, format: "text", problem: "its UTF-16 ends within a character")
    }
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    for index in stride(from: hasMark ? 2 : 0, to: bytes.count, by: 2) {
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      units.append(isBigEndian ? first << 8 | second : second << 8 | first)
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw .notThisFormat(file, format: "text", problem: "its UTF-16 has half a character")
    }
    return Array(text.utf8)
  }

  private static func windowsText(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 16)
    for byte in bytes {
      if byte < 0x80 {
        result.append(byte)
      } else {
        let value = byte < 0xA0 ? windowsCharacters[Int(byte) - 0x80] : UInt32(byte)
        result += String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8
      }
    }
    return result
  }

  /// The characters of the bytes from 0x80 to 0x9F.
  private static let windowsCharacters: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039,
    0x152, 0x8D, 0x17D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC,
    0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
  ]

  private static let windowsBytes: [UInt32: UInt8] = Dictionary(
    uniqueKeysWithValues: windowsCharacters.enumerated().map { ($1, UInt8(0x80 + $0)) })
}
