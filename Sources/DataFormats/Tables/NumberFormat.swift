#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How the numbers of a column are written.
public struct NumberFormat: Equatable, Sendable {
  /// The decimal places that every number has at least, and that one has at most; both zero for whole numbers.
  public var decimals: ClosedRange<Int> = 0...0

  /// How a power of ten is written, if every number has one.
  public var exponent: Exponent?

  /// Significant digits, where some numbers have a power of ten and others not.
  public var significantDigits: Int?

  /// The mark before the fraction.
  public var decimalMark: Character = "."

  /// The mark between groups of three digits, if thousands have one.
  public var thousandsMark: String?

  /// Whether groups but the last have two digits, as in India: 12,34,567.
  public var groupsByTwo = false

  /// Whether positive numbers have a sign.
  public var hasPlus = false

  /// Whether the zero before the decimal mark is left out.
  public var omitsZero = false

  /// What stands before every number, such as a currency.
  public var prefix = ""
  /// What stands after every number, such as a percent sign.
  public var suffix = ""

  /// Whether cells stand in quotes.
  public var isQuoted = false

  /// How a power of ten is written: `E+00`.
  public struct Exponent: Equatable, Sendable {
    /// Whether the mark is `E`, not `e`.
    public var isUppercase: Bool
    /// Whether positive powers have a sign.
    public var hasPlus: Bool
    /// The least number of digits.
    public var digits: Int
  }

  /// Whether all numbers are whole.
  public var isInteger: Bool {
    decimals.upperBound == 0 && exponent == nil && significantDigits == nil
  }

  /// Numbers as they are shortest, with a decimal point.
  public init() {}

  /// A number in this format.
  public func text(_ value: Double) -> String {
    var digits: String
    if let exponent {
      digits = scientific(value, exponent)
    } else if let significantDigits {
      digits = general(value, significantDigits)
    } else {
      digits = fixed(value)
    }
    var isNegative = false
    if digits.hasPrefix("-") {
      digits.removeFirst()
      // What rounds to zero has no sign.
      let mantissa = digits.prefix { $0 != "e" && $0 != "E" }
      isNegative = mantissa.contains { ("1"..."9").contains($0) }
    }
    if omitsZero, digits.hasPrefix("0."), digits.utf8.count > 2 { digits.removeFirst() }
    if let thousandsMark { digits = grouped(digits, thousandsMark) }
    if decimalMark != "." {
      // The first point is the decimal mark; a group mark is already in place.
      digits = String(digits.map { $0 == "\u{0}" ? decimalMark : $0 })
    } else {
      digits = String(digits.map { $0 == "\u{0}" ? "." : $0 })
    }
    return prefix + (isNegative ? "-" : hasPlus ? "+" : "") + digits + suffix
  }

  /// The shortest text that reads back to the same bits, with this column's marks.
  public func exactText(_ value: Double) -> String {
    let shortest = DelimitedWriter.number(value)
    return prefix + shortest.replacing(".", with: String(decimalMark)) + suffix
  }

  // Digits with U+0000 for the decimal mark, so that group marks and decimal marks cannot be confused.

  private func fixed(_ value: Double) -> String {
    // A double has no more than 17 digits to show.
    let whole = value == 0 || abs(value) < 1 ? 0 : Int(log10(abs(value))) + 1
    let places =
      decimals.lowerBound == decimals.upperBound
      ? decimals.upperBound : max(decimals.lowerBound, min(decimals.upperBound, 15 - whole))
    var text = Self.printed("%.*f", places, value)
    if decimals.lowerBound < places {
      var superfluous = places - decimals.lowerBound
      while superfluous > 0, text.hasSuffix("0") {
        text.removeLast()
        superfluous -= 1
      }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return text.replacing(".", with: "\u{0}")
  }

  private func general(_ value: Double, _ digits: Int) -> String {
    Self.printed("%.*g", max(1, min(17, digits)), value).replacing(".", with: "\u{0}")
  }

  private func scientific(_ value: Double, _ exponent: Exponent) -> String {
    let text = Self.printed("%.*e", decimals.upperBound, value)
    let parts = text.split(separator: "e")
    guard parts.count == 2, let power = Int(parts[1]) else { return text }
    let magnitude = String(abs(power))
    let zeros = String(repeating: "0", count: max(0, exponent.digits - magnitude.utf8.count))
    let sign = power < 0 ? "-" : exponent.hasPlus ? "+" : ""
    return parts[0].replacing(".", with: "\u{0}") + (exponent.isUppercase ? "E" : "e") + sign
      + zeros + magnitude
  }

  private func grouped(_ digits: String, _ mark: String) -> String {
    let whole = digits.prefix { $0.isASCII && $0.isNumber }
    guard whole.count > 3, whole.count <= 15 else { return digits }
    var result = ""
    for (index, digit) in whole.enumerated() {
      let rest = whole.count - index
      let isBreak = groupsByTwo ? rest == 3 || rest > 3 && rest % 2 == 1 : rest % 3 == 0
      if index > 0, isBreak { result += mark }
      result.append(digit)
    }
    return result + digits.dropFirst(whole.count)
  }

  private static func printed(_ format: String, _ precision: Int, _ value: Double) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
      let count = withVaList([CInt(precision), value]) {
        vsnprintf(buffer.baseAddress, buffer.count, format, $0)
      }
      return String(
        decoding: buffer.prefix(max(0, min(Int(count), 511))).map { UInt8(bitPattern: $0) },
        as: UTF8.self)
    }
  }
}
