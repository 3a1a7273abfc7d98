/// What a cell of a table holds.
enum CellValue {
  case number(Double)
  /// Nothing, or a mark for nothing.
  case missing
  /// A value known only to lie below or above a limit, such as `<0.05`.
  case limit
  case infinite
  case text
}

/// Reads numbers as people write them: with either decimal mark, with marks between thousands, with a percent or
/// currency sign.
final class CellReader {
  /// How an unusual number was written; see ``CellReader/read(_:)``.
  struct Marks {
    /// The bytes between groups of three digits.
    var thousands: [UInt8] = []
    /// What stands before and after the number.
    var prefix: [UInt8] = []
    var suffix: [UInt8] = []
    /// Whether groups but the last have two digits, as in India: 12,34,567.
    var areLakhs = false

    var hasAffix: Bool { !prefix.isEmpty || !suffix.isEmpty }
  }

  let text: PaddedText
  let dialect: TableDialect
  private let missing: MissingMarks
  private let parser = DecimalParser()
  private let scratch = UnsafeMutablePointer<UInt8>.allocate(capacity: longestNumber + 16)
  private static let longestNumber = 48

  /// Those of the caller's marks for a missing value that have been met.
  private(set) var usedMarks: Set<String> = []

  /// The marks of the number read last, if it was an unusual one.
  private(set) var marks: Marks?

  init(_ text: PaddedText, _ dialect: TableDialect, missing: MissingMarks) {
    self.text = text
    self.dialect = dialect
    self.missing = missing
  }

  deinit { scratch.deallocate() }

  /// The value of a cell by its content.
  func read(_ content: Range<Int>) -> CellValue {
    marks = nil
    if content.isEmpty { return .missing }
    let start = text.start + content.lowerBound
    var value = 0.0
    if dialect.decimal == UInt8(ascii: "."),
      parser.scan(start, &value) == text.start + content.upperBound
    {
      return checked(value)
    }
    return readUnusual(text.bytes(content))
  }

  /// The value of a text that stands alone.
  static func number(_ word: String, decimal: UInt8) -> Double? {
    let text = PaddedText(Array(word.utf8))
    let reader = CellReader(
      text, TableDialect(delimiter: 0, decimal: decimal), missing: MissingMarks())
    if case .number(let value) = reader.read(0..<text.count) { return value }
    return nil
  }

  private func checked(_ value: Double) -> CellValue {
    guard value.isFinite else { return .infinite }
    guard missing.contains(value) else { return .number(value) }
    usedMarks.formUnion(missing.marks(value))
    return .missing
  }

  @inline(never)
  private func readUnusual(_ bytes: UnsafeBufferPointer<UInt8>) -> CellValue {
    var bytes = bytes[...]
    // A no-break space is as blank as a space.
    while let count = Self.spaceBefore(bytes) { bytes.removeFirst(count) }
    while let count = Self.spaceBehind(bytes) { bytes.removeLast(count) }
    if bytes.isEmpty { return .missing }
    if missing.contains(bytes) {
      if !missing.given.isEmpty { usedMarks.insert(String(decoding: bytes, as: UTF8.self)) }
      return .missing
    }
    if let value = number(bytes) { return checked(value) }
    if let first = bytes.first, first == UInt8(ascii: "<") || first == UInt8(ascii: ">") {
      var rest = bytes.dropFirst()
      if rest.first == UInt8(ascii: "=") { rest.removeFirst() }
      while rest.first == 0x20 { rest.removeFirst() }
      if number(rest) != nil { return .limit }
    }
    if MissingMarks.isLimit(bytes) { return .limit }
    if isInfinite(bytes) { return .infinite }
    if let value = affixed(bytes) { return checked(value) }
    return .text
  }

  /// The length of a space at the beginning: plain, no-break, narrow, of no width.
  private static func spaceBefore(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    guard let first = bytes.first else { return nil }
    if first == 0x20 { return 1 }
    guard first >= 0xC2 else { return nil }
    return wideSpaces.first { matches(bytes, bytes.startIndex, $0) }?.count
  }

  private static func spaceBehind(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    guard let last = bytes.last else { return nil }
    if last == 0x20 { return 1 }
    guard last >= 0x80 else { return nil }
    return wideSpaces.first {
      bytes.count >= $0.count && matches(bytes, bytes.endIndex - $0.count, $0)
    }?.count
  }

  private static let wideSpaces: [[UInt8]] = [
    [0xC2, 0xA0], [0xE2, 0x80, 0xAF], [0xE2, 0x80, 0x89], [0xE2, 0x80, 0x8B], [0xEF, 0xBB, 0xBF],
  ]

  private func isInfinite(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    var word = bytes
    if let first = word.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      word.removeFirst()
    }
    guard word.count <= 8 else { return false }
    return ["inf", "infinity"].contains(String(decoding: word, as: UTF8.self).lowercased())
  }

  /// A number with a percent or currency sign.
  private func affixed(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Double? {
    let isOfNumber = { (byte: UInt8) in
      DecimalParser.digit(byte) != nil || [0x2B, 0x2C, 0x2D, 0x2E].contains(byte)
    }
    guard let start = bytes.firstIndex(where: isOfNumber),
      let end = bytes.lastIndex(where: isOfNumber), end - start < Self.longestNumber
    else { return nil }
    let (prefix, suffix) = (Array(bytes[..<start]), Array(bytes[(end + 1)...]))
    guard Self.isAffix(prefix), Self.isAffix(suffix), let value = number(bytes[start...end])
    else { return nil }
    var marks = self.marks ?? Marks()
    marks.prefix = prefix
    marks.suffix = suffix
    self.marks = marks
    return value
  }

  private static let affixes: Set<String> = ["", "%", "‰", "$", "€", "£", "¥", "₹", "°"]

  private static func isAffix(_ bytes: [UInt8]) -> Bool {
    guard bytes.count <= 8 else { return false }
    return affixes.contains(
      String(
        String(decoding: bytes, as: UTF8.self).filter {
          $0 != " " && $0 != "\u{A0}" && $0 != "\u{202F}"
        }))
  }

  // The digits are copied with a point for the decimal mark and without the marks between thousands. Groups after
  // the first have three digits, or two where the last has three (as in India), all with the same mark between,
  // and the first does not begin with zero: 0,123 is a fraction.
  private func number(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Double? {
    guard !bytes.isEmpty, bytes.count <= Self.longestNumber else { return nil }
    var length = 0
    func put(_ byte: UInt8) {
      scratch[length] = byte
      length += 1
    }
    var index = bytes.startIndex
    let end = bytes.endIndex
    if Self.matches(bytes, index, [0xE2, 0x88, 0x92]) {
      put(UInt8(ascii: "-"))
      index += 3
    } else if bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
      put(bytes[index])
      index += 1
    }
    var mark: ArraySlice<UInt8> = []
    var groups: [Int] = [0]
    var firstDigit: UInt8 = 0
    var isFraction = false
    var isExponent = false
    while index < end {
      let byte = bytes[index]
      if let digit = DecimalParser.digit(byte) {
        if !isFraction, !isExponent {
          if groups == [0] { firstDigit = UInt8(digit) }
          groups[groups.count - 1] += 1
        }
        put(byte)
        index += 1
      } else if byte == dialect.decimal, !isFraction, !isExponent {
        isFraction = true
        guard index + 1 < end || byte == UInt8(ascii: ".") else { return nil }
        put(UInt8(ascii: "."))
        index += 1
      } else if byte | 0x20 == UInt8(ascii: "e"), !isExponent, length > 0 {
        isExponent = true
        put(byte)
        index += 1
        if index < end, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
          put(bytes[index])
          index += 1
        }
        guard index < end else { return nil }
      } else if !isFraction, !isExponent, let found = thousandsMark(bytes, index),
        mark.isEmpty || mark == found[...], groups.last != 0
      {
        mark = found[...]
        groups.append(0)
        index += found.count
      } else {
        return nil
      }
    }
    if groups.count > 1 {
      guard groups.last == 3, groups[0] <= 3, firstDigit != 0,
        groups.dropFirst().dropLast().allSatisfy({ $0 == 3 })
          || groups.dropFirst().dropLast().allSatisfy({ $0 == 2 })
      else { return nil }
    }
    (scratch + length).update(repeating: 0, count: 16)
    var value = 0.0
    guard length > 0, parser.scan(scratch, &value) == UnsafePointer(scratch + length) else {
      return nil
    }
    marks = Marks(thousands: Array(mark), areLakhs: groups.count > 2 && groups[1] == 2)
    return value
  }

  /// A mark between thousands at a place, of those that this dialect can have.
  private func thousandsMark(
    _ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ index: Int
  ) -> [UInt8]? {
    let byte = bytes[index]
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "."): return byte == dialect.decimal ? nil : [byte]
    case UInt8(ascii: "'"): return [byte]
    case UInt8(ascii: " "): return dialect.isSpaced ? nil : [byte]
    default:
      // No-break space, narrow no-break space, thin space, right quotation mark.
      let wide: [[UInt8]] = [
        [0xC2, 0xA0], [0xE2, 0x80, 0xAF], [0xE2, 0x80, 0x89], [0xE2, 0x80, 0x99],
      ]
      return wide.first { Self.matches(bytes, index, $0) }
    }
  }

  private static func matches(
    _ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ index: Int, _ pattern: [UInt8]
  ) -> Bool {
    index + pattern.count <= bytes.endIndex
      && zip(bytes[index..<index + pattern.count], pattern).allSatisfy(==)
  }
}
