// Numbers as people read them.
//
// Rounding works on the shortest decimal text that gives the number back, which Swift prints: it
// needs no logarithm, is the same on every machine, and 0.15 rounds as a reader expects.

/// A number's decimal digits: ± 0.d₁d₂d₃… × 10^`exponent`.
struct DecimalDigits {
  var isNegative: Bool
  /// Without leading or trailing zeros; empty for zero.
  var digits: [UInt8]
  var exponent: Int

  /// - Precondition: `number` is finite.
  init(_ number: Double) {
    precondition(number.isFinite, "\(number) has no digits")
    isNegative = number.sign == .minus
    digits = []
    exponent = 0
    var sawPoint = false
    var text = number.magnitude.description.utf8[...]
    if let mark = text.firstIndex(of: UInt8(ascii: "e")) {
      exponent = Int(String(decoding: text[text.index(after: mark)...], as: UTF8.self)) ?? 0
      text = text[..<mark]
    }
    for byte in text {
      if byte == UInt8(ascii: ".") {
        sawPoint = true
      } else {
        digits.append(byte - UInt8(ascii: "0"))
        if !sawPoint { exponent += 1 }
      }
    }
    let leading = digits.prefix { $0 == 0 }.count
    digits.removeFirst(leading)
    exponent -= leading
    trim()
  }

  /// Rounds half away from zero to a number of digits, none or fewer leaving zero.
  mutating func round(toDigits count: Int) {
    guard count < digits.count else { return }
    guard count >= 0 else {
      digits = []
      exponent = 0
      return
    }
    let roundsUp = digits[count] >= 5
    digits.removeSubrange(count...)
    if roundsUp {
      while digits.last == 9 { digits.removeLast() }
      if digits.isEmpty {
        digits = [1]
        exponent += 1
      } else {
        digits[digits.count - 1] += 1
      }
    }
    trim()
  }

  private mutating func trim() {
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { exponent = 0 }
  }

  /// The digits before and after the decimal point.
  var plain: (whole: String, fraction: String) {
    let text = digits.map { Character(UnicodeScalar($0 + UInt8(ascii: "0"))) }
    if exponent <= 0 {
      return ("0", String(repeating: "0", count: digits.isEmpty ? 0 : -exponent) + String(text))
    }
    let missing = String(repeating: "0", count: max(0, exponent - text.count))
    return (String(text.prefix(exponent)) + missing, String(text.dropFirst(exponent)))
  }
}

enum NumberText {
  /// A number for people: `12,345`, `0.1235`, `1.235×10⁻⁷`. Whole numbers below 10⁹ are never rounded.
  static func rounded(_ number: Double, digits count: Int = 4) -> String {
    guard number.isFinite else { return nonFinite(number) }
    var decimal = DecimalDigits(number)
    let isCount = number.magnitude < 1e9 && number == number.rounded()
    if !isCount { decimal.round(toDigits: count) }
    if decimal.digits.isEmpty { return "0" }
    let sign = decimal.isNegative ? "−" : ""
    if isCount || (-2...6).contains(decimal.exponent) {
      let (whole, fraction) = decimal.plain
      return sign + grouped(whole) + (fraction.isEmpty ? "" : "." + fraction)
    }
    return sign + scientific(decimal)
  }

  /// A number with exactly so many digits after the point, as on an axis.
  static func fixed(_ number: Double, decimals: Int) -> String {
    guard number.isFinite else { return nonFinite(number) }
    var decimal = DecimalDigits(number)
    decimal.round(toDigits: decimal.exponent + decimals)
    let (whole, fraction) = decimal.plain
    let padding = String(repeating: "0", count: max(0, decimals - fraction.count))
    let sign = decimal.isNegative && !decimal.digits.isEmpty ? "−" : ""
    return sign + grouped(whole) + (decimals > 0 ? "." + fraction + padding : "")
  }

  /// `10⁻³`
  static func powerOfTen(_ exponent: Int) -> String {
    let raised: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    let digits = String(exponent.magnitude).utf8.map { raised[Int($0 - UInt8(ascii: "0"))] }
    return "10" + (exponent < 0 ? "⁻" : "") + String(digits)
  }

  /// A number for programs: every digit, `NaN`, `inf` and `-inf`; whole numbers without a point.
  static func exact(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// A coordinate in a drawing, to a hundredth.
  static func coordinate(_ number: Double) -> String {
    exact((number * 100).rounded() / 100)
  }

  private static func scientific(_ decimal: DecimalDigits) -> String {
    let text = decimal.digits.map { Character(UnicodeScalar($0 + UInt8(ascii: "0"))) }
    let mantissa = text.count == 1 ? String(text) : "\(text[0]).\(String(text.dropFirst()))"
    return mantissa + "×" + powerOfTen(decimal.exponent - 1)
  }

  private static func grouped(_ whole: String) -> String {
    guard whole.count > 4 else { return whole }
    var result = ""
    for (place, digit) in whole.enumerated() {
      if place > 0 && (whole.count - place) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return result
  }

  private static func nonFinite(_ number: Double) -> String {
    number.isNaN ? "not a number" : number < 0 ? "−∞" : "∞"
  }
}
