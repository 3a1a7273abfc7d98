/// The powers of five from 5⁻³⁴² to 5³⁰⁸, each as its leading 128 bits.
///
/// They are computed once, by exact integer arithmetic, in well under a millisecond.
enum PowersOfFive {
  static let smallestExponent = -342
  static let largestExponent = 308

  /// For each exponent the upper and the lower 64 bits; the topmost bit is always set.
  ///
  /// Bits beyond are cut off, except from 5⁻²⁷ to 5⁻¹, which are rounded up: there a product with a 64-bit
  /// integer may fall exactly half-way between two doubles, and must not appear to fall below.
  nonisolated(unsafe) static let table: UnsafePointer<UInt64> = {
    let count = largestExponent - smallestExponent + 1
    let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * count)
    func store(_ bits: (upper: UInt64, lower: UInt64), _ exponent: Int) {
      table[2 * (exponent - smallestExponent)] = bits.upper
      table[2 * (exponent - smallestExponent) + 1] = bits.lower
    }
    var power: [UInt64] = [1]
    for exponent in 0...largestExponent {
      store(leadingBits(power), exponent)
      multiplyByFive(&power)
    }
    // ⌊⌊x/5ⁿ⌋/5⌋ = ⌊x/5ⁿ⁺¹⌋, so repeated division leaves the exact leading bits of 2¹⁰²⁴/5ⁿ.
    var inverse = [UInt64](repeating: 0, count: 16) + [1]
    for exponent in stride(from: -1, through: smallestExponent, by: -1) {
      divideByFive(&inverse)
      var bits = leadingBits(inverse)
      if exponent >= -27 {
        bits.lower &+= 1
        if bits.lower == 0 { bits.upper += 1 }
      }
      store(bits, exponent)
    }
    return UnsafePointer(table)
  }()

  /// Words stand least significant first.
  private static func multiplyByFive(_ words: inout [UInt64]) {
    var carry: UInt64 = 0
    for index in words.indices {
      let (high, low) = words[index].multipliedFullWidth(by: 5)
      let (sum, overflow) = low.addingReportingOverflow(carry)
      words[index] = sum
      carry = high + (overflow ? 1 : 0)
    }
    if carry > 0 { words.append(carry) }
  }

  private static func divideByFive(_ words: inout [UInt64]) {
    var remainder: UInt64 = 0
    for index in words.indices.reversed() {
      (words[index], remainder) = UInt64(5).dividingFullWidth((remainder, words[index]))
    }
    if words.last == 0 { words.removeLast() }
  }

  private static func leadingBits(_ words: [UInt64]) -> (upper: UInt64, lower: UInt64) {
    func word(_ fromTop: Int) -> UInt64 {
      fromTop < words.count ? words[words.count - 1 - fromTop] : 0
    }
    let shift = word(0).leadingZeroBitCount
    if shift == 0 { return (word(0), word(1)) }
    return (
      word(0) << shift | word(1) >> (64 - shift), word(1) << shift | word(2) >> (64 - shift)
    )
  }
}
