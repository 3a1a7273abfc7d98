// A path is bytes to the system, and a text is not: bytes that are no UTF-8 would be replaced, and another file named.
// They are kept as scalars at the end of the last plane for private use, one for each byte from 128 to 255.

extension String {
  private static let firstKeptByte: UInt32 = 0x10_FE80

  /// The text of a path or an argument, which names the same file when it is handed back to the system.
  package init(system bytes: some Collection<UInt8>) {
    if let text = String(validating: bytes, as: UTF8.self) {
      self = text
      return
    }
    var text = ""
    var rest = Array(bytes)[...]
    while let first = rest.first {
      let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      if let valid = String(validating: rest.prefix(length), as: UTF8.self) {
        text += valid
        rest = rest.dropFirst(length)
      } else {
        text.unicodeScalars.append(Unicode.Scalar(Self.firstKeptByte + UInt32(first) - 0x80)!)
        rest = rest.dropFirst()
      }
    }
    self = text
  }

  /// The path as the system takes it, with a zero at the end.
  package var onDisk: [CChar] {
    guard !isSystemText else { return Array(utf8CString) }
    var result: [CChar] = []
    for scalar in unicodeScalars {
      if let byte = Self.keptByte(scalar) {
        result.append(CChar(bitPattern: byte))
      } else {
        result += String(scalar).utf8.map { CChar(bitPattern: $0) }
      }
    }
    return result + [0]
  }

  /// Whether the path is UTF-8 to the system too.
  package var isSystemText: Bool {
    // The last plane for private use begins with this byte.
    !utf8.contains(0xF4) || !unicodeScalars.contains { Self.keptByte($0) != nil }
  }

  /// The byte that a scalar stands for; nil for what is a character.
  package static func keptByte(_ scalar: Unicode.Scalar) -> UInt8? {
    guard scalar.value >= firstKeptByte, scalar.value < firstKeptByte + 0x80 else { return nil }
    return UInt8(scalar.value - firstKeptByte + 0x80)
  }
}
