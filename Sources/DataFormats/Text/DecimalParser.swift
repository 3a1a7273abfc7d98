// Goals: 1. Every decimal number becomes the nearest double, ties to even.  2. Seventeen digits in about 20 ns.
//
// A number is w·10^q with an integer w of at most 19 digits. In order:
// - w ≤ 2⁵³ and |q| ≤ 22: w and 10^|q| are doubles, one operation rounds once (Clinger 1990).
// - otherwise the leading bits of w·5^q, from a table of 128-bit powers, decide (Eisel and Lemire 2021).
// - more than 19 digits: if w and w + 1 give the same double, so does everything between; if not, the
//   standard library reads the text.

/// Reads decimal numbers from bytes, exactly rounded.
///
/// The bytes after a text must be readable for eight more bytes, and the first of them must not continue a
/// number: buffers end with zeros for that purpose.
package struct DecimalParser {
  private let powers = PowersOfFive.table

  package init() {}

  /// Reads a text that is a number and nothing else.
  package func parse(_ text: [UInt8]) -> Double? {
    (text + [UInt8](repeating: 0, count: 16)).withUnsafeBufferPointer { buffer in
      var value = 0.0
      guard let start = buffer.baseAddress, scan(start, &value) == start + text.count else {
        return nil
      }
      return value
    }
  }

  /// Reads the longest number that starts here.
  ///
  /// - Returns: the position after it, or nil if there is none. A number too large for a double is infinite.
  @inline(__always)
  func scan(
    _ start: UnsafePointer<UInt8>, _ value: inout Double
  ) -> UnsafePointer<UInt8>? {
    var p = start
    let isNegative = p.pointee == UInt8(ascii: "-")
    if isNegative || p.pointee == UInt8(ascii: "+") { p += 1 }
    let digits = p
    var w: UInt64 = 0
    while let digit = Self.digit(p.pointee) {
      w = w &* 10 &+ digit
      p += 1
    }
    var digitCount = p - digits
    var exponent = 0
    if p.pointee == UInt8(ascii: ".") {
      p += 1
      let fraction = p
      while let eight = Self.eightDigits(p) {
        w = w &* 100_000_000 &+ eight
        p += 8
      }
      while let digit = Self.digit(p.pointee) {
        w = w &* 10 &+ digit
        p += 1
      }
      exponent = fraction - p
      digitCount -= exponent
    }
    if digitCount == 0 { return nil }
    let digitsEnd = p
    var written = 0
    if p.pointee | 0x20 == UInt8(ascii: "e") {
      var e = p + 1
      let isNegativeExponent = e.pointee == UInt8(ascii: "-")
      if isNegativeExponent || e.pointee == UInt8(ascii: "+") { e += 1 }
      if Self.digit(e.pointee) != nil {
        while let digit = Self.digit(e.pointee) {
          if written < 100_000_000 { written = 10 * written + Int(digit) }
          e += 1
        }
        if isNegativeExponent { written = -written }
        p = e
      }
    }
    let magnitude: Double
    if digitCount <= 19 {
      magnitude = nearest(w, exponent + written)
    } else {
      magnitude = long(digits, digitsEnd, end: p, written: written)
    }
    value = isNegative ? -magnitude : magnitude
    return p
  }

  @inline(__always)
  static func digit(_ byte: UInt8) -> UInt64? {
    let digit = byte &- UInt8(ascii: "0")
    return digit < 10 ? UInt64(digit) : nil
  }

  /// The value of eight digits in a row, by three multiplications on all of them at once.
  @inline(__always)
  private static func eightDigits(_ p: UnsafePointer<UInt8>) -> UInt64? {
    var v = UInt64(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self))
    let isDigits =
      (v & 0xF0F0_F0F0_F0F0_F0F0) | (((v &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0) >> 4)
      == 0x3333_3333_3333_3333
    guard isDigits else { return nil }
    v &-= 0x3030_3030_3030_3030
    v = v &* 10 &+ (v >> 8)  // pairs, in every second byte
    let mask: UInt64 = 0x0000_00FF_0000_00FF
    let outer = (v & mask) &* (100 + (1_000_000 << 32))
    let inner = ((v >> 16) & mask) &* (1 + (10_000 << 32))
    return (outer &+ inner) >> 32
  }

  /// The double nearest to w·10^q.
  @inline(__always)
  private func nearest(_ w: UInt64, _ q: Int) -> Double {
    if w <= 1 << 53, q >= -22, q <= 22 {
      let double = Double(Int64(truncatingIfNeeded: w))
      return q < 0 ? double / Self.powersOfTen[-q] : double * Self.powersOfTen[q]
    }
    return fromLeadingBits(w, q)
  }

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17,
    1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// The double nearest to w·10^q = w·5^q·2^q, from the leading 128 bits of 5^q.
  private func fromLeadingBits(_ w: UInt64, _ q: Int) -> Double {
    if w == 0 || q < PowersOfFive.smallestExponent { return 0 }
    if q > PowersOfFive.largestExponent { return .infinity }
    let zeros = w.leadingZeroBitCount
    let normalized = w << zeros
    let entry = powers + 2 * (q - PowersOfFive.smallestExponent)
    var (high, low) = normalized.multipliedFullWidth(by: entry[0])
    // 55 bits are needed: 53, one to round, one for normalisation. If the nine below are all ones, the lower
    // half of the power may carry into them.
    if high & 0x1FF == 0x1FF {
      let second = normalized.multipliedFullWidth(by: entry[1]).high
      low = low &+ second
      if second > low { high += 1 }
    }
    let upperBit = Int(high >> 63)
    let shift = upperBit + 64 - 52 - 3
    var significand = high >> UInt64(shift)
    // ⌊q·log₂5⌋ + q, in fixed point.
    var biased = ((152_170 + 65_536) * q) >> 16 + 63 + upperBit - zeros + 1023
    if biased <= 0 {
      if 1 - biased >= 64 { return 0 }
      significand >>= UInt64(1 - biased)
      significand = (significand + (significand & 1)) >> 1
      // Rounding up to 2⁵² makes the smallest normal number, whose encoding follows the largest subnormal's.
      return Double(bitPattern: significand)
    }
    // Exactly half-way is possible only for small exponents: then to even.
    if low <= 1, q >= -4, q <= 23, significand & 3 == 1, significand << UInt64(shift) == high {
      significand &= ~1
    }
    significand = (significand + (significand & 1)) >> 1
    if significand >= 1 << 53 {
      significand = 1 << 52
      biased += 1
    }
    if biased >= 0x7FF { return .infinity }
    return Double(bitPattern: UInt64(biased) << 52 | significand & (1 << 52 - 1))
  }

  /// Twenty digits or more, of which leading zeros do not count.
  @inline(never)
  private func long(
    _ digits: UnsafePointer<UInt8>, _ digitsEnd: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>,
    written: Int
  ) -> Double {
    var w: UInt64 = 0
    var significant = 0
    var exponent = written
    var isFraction = false
    var p = digits
    while p < digitsEnd {
      if let digit = Self.digit(p.pointee) {
        if significant < 19 {
          w = w * 10 + digit
          if w > 0 { significant += 1 }
          if isFraction { exponent -= 1 }
        } else {
          significant += 1
          if !isFraction { exponent += 1 }
        }
      } else {
        isFraction = true
      }
      p += 1
    }
    let below = nearest(w, exponent)
    if significant <= 19 || below == nearest(w + 1, exponent) { return below }
    let text = String(
      decoding: UnsafeBufferPointer(start: digits, count: end - digits), as: UTF8.self)
    return Double(text) ?? below
  }
}
