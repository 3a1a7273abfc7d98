/// How a number is stored in a file of arrays or tensors.
public enum ScalarType: String, CaseIterable, Sendable {
  case float16, bfloat16, float32, float64
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case bool

  /// The size of a number in bytes.
  public var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  /// Whether there are numbers beyond 2⁵³, which a double may not hold exactly.
  private var isWide: Bool { self == .int64 || self == .uint64 }

  /// Appends numbers from their bytes.
  ///
  /// - Precondition: a whole number of elements.
  /// - Returns: the index and the value of the first integer that is not exact as a double, if any.
  func decode(
    _ bytes: UnsafeRawBufferPointer, isBigEndian: Bool, into result: inout [Double]
  ) -> (index: Int, text: String)? {
    precondition(
      bytes.count % byteCount == 0,
      "\(bytes.count) bytes are no whole number of \(rawValue) elements")
    func each<Bits: FixedWidthInteger>(_: Bits.Type, _ convert: (Bits) -> Double) {
      let size = MemoryLayout<Bits>.size
      for offset in stride(from: 0, to: bytes.count, by: size) {
        let raw = bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self)
        result.append(convert(isBigEndian ? Bits(bigEndian: raw) : Bits(littleEndian: raw)))
      }
    }
    let before = result.count
    switch self {
    case .float64: each(UInt64.self) { Double(bitPattern: $0) }
    case .float32: each(UInt32.self) { Double(Float(bitPattern: $0)) }
    case .float16: each(UInt16.self) { SmallFloat.half.decode($0) }
    case .bfloat16: each(UInt16.self) { SmallFloat.brain.decode($0) }
    case .int8: each(Int8.self) { Double($0) }
    case .int16: each(Int16.self) { Double($0) }
    case .int32: each(Int32.self) { Double($0) }
    case .int64: each(Int64.self) { Double($0) }
    case .uint8: each(UInt8.self) { Double($0) }
    case .uint16: each(UInt16.self) { Double($0) }
    case .uint32: each(UInt32.self) { Double($0) }
    case .uint64: each(UInt64.self) { Double($0) }
    case .bool: each(UInt8.self) { $0 == 0 ? 0 : 1 }
    }
    guard isWide else { return nil }
    for index in before..<result.count where result[index].magnitude > 0x1p53 {
      let raw = bytes.loadUnaligned(fromByteOffset: 8 * (index - before), as: UInt64.self)
      let bits = isBigEndian ? UInt64(bigEndian: raw) : UInt64(littleEndian: raw)
      let signed = Int64(bitPattern: bits)
      let isExact =
        self == .uint64
        ? UInt64(exactly: result[index]) == bits : Int64(exactly: result[index]) == signed
      if !isExact { return (index - before, self == .uint64 ? "\(bits)" : "\(signed)") }
    }
    return nil
  }

  /// The bytes of a number, least significant first; floating-point types round to nearest, ties to even.
  ///
  /// - Returns: false if the type does not hold the number: fractions and numbers out of range for integers,
  ///   finite numbers that would become infinite for floating-point types.
  func encode(_ value: Double, into bytes: inout [UInt8]) -> Bool {
    func integer<Bits: FixedWidthInteger>(_ type: Bits.Type) -> Bool {
      guard let exact = Bits(exactly: value) else { return false }
      bytes.appendLittleEndian(exact)
      return true
    }
    switch self {
    case .float64:
      bytes.appendLittleEndian(value.bitPattern)
      return true
    case .float32:
      bytes.appendLittleEndian(Float(value).bitPattern)
      return Float(value).isFinite || !value.isFinite
    case .float16, .bfloat16:
      let format = self == .float16 ? SmallFloat.half : .brain
      let bits = format.encode(value)
      bytes.appendLittleEndian(bits)
      return format.decode(bits).isFinite || !value.isFinite
    case .int8: return integer(Int8.self)
    case .int16: return integer(Int16.self)
    case .int32: return integer(Int32.self)
    case .int64: return integer(Int64.self)
    case .uint8: return integer(UInt8.self)
    case .uint16: return integer(UInt16.self)
    case .uint32: return integer(UInt32.self)
    case .uint64: return integer(UInt64.self)
    case .bool:
      bytes.append(value == 0 ? 0 : 1)
      return value == 0 || value == 1
    }
  }
}

/// A floating-point format of sixteen bits.
package struct SmallFloat {
  /// The number of bits of the fraction.
  let fractionBits: Int

  /// What is added to an exponent before it is stored.
  let bias: Int

  /// IEEE half precision.
  package static let half = SmallFloat(fractionBits: 10, bias: 15)

  /// The upper half of single precision.
  package static let brain = SmallFloat(fractionBits: 7, bias: 127)

  private var exponentMask: UInt16 { 1 << (15 - fractionBits) - 1 }

  package func decode(_ bits: UInt16) -> Double {
    let exponent = Int(bits >> fractionBits & exponentMask)
    let fraction = Double(bits & (1 << fractionBits - 1))
    let sign: FloatingPointSign = bits >> 15 == 1 ? .minus : .plus
    if exponent == Int(exponentMask) {
      return fraction == 0 ? (sign == .minus ? -.infinity : .infinity) : .nan
    }
    let significand = exponent == 0 ? fraction : fraction + Double(1 << fractionBits)
    return Double(
      sign: sign, exponent: max(exponent, 1) - bias - fractionBits, significand: significand)
  }

  package func encode(_ value: Double) -> UInt16 {
    let sign: UInt16 = value.sign == .minus ? 1 << 15 : 0
    let infinity = exponentMask << fractionBits
    if value.isNaN { return sign | infinity | 1 << (fractionBits - 1) }
    if value.isInfinite { return sign | infinity }
    if value == 0 { return sign }
    // In units of the last place at the value's own exponent, or at the smallest one, round to an integer.
    let exponent = max(Int(value.exponent), 1 - bias)
    if exponent > bias { return sign | infinity }
    let unit = Double(sign: .plus, exponent: exponent - fractionBits, significand: 1)
    let rounded = UInt32((value.magnitude / unit).rounded(.toNearestOrEven))
    // The hidden bit, where there is one, adds one to the exponent field; so does a carry out of rounding.
    let bits = UInt32(exponent + bias - 1) << UInt32(fractionBits) + rounded
    return sign | UInt16(min(bits, UInt32(infinity)))
  }
}
