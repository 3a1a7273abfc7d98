/// A number that tells whether bytes are those they were.
///
/// FNV-1a with 64 bits: each byte changes the state by a bijection, so that two texts which differ in one byte
/// never agree; others agree by chance once in 2⁶⁴. It is no protection against intent.
struct Digest: Equatable {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  init(_ bytes: some Sequence<UInt8> = []) { add(bytes) }

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  /// Sixteen digits.
  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
