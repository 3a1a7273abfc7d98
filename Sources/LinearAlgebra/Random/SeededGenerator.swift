/// A random generator with the same stream on every platform for the same seed: xoshiro256\*\*.
///
/// The state is 256 bits, filled from the seed by SplitMix64; the period is 2²⁵⁶ − 1. Not for secrets.
///
/// - SeeAlso: Blackman and Vigna, *Scrambled linear pseudorandom number generators*, 2021.
public struct SeededGenerator: RandomNumberGenerator, Equatable, Sendable {
  @usableFromInline var s0, s1, s2, s3: UInt64

  /// A generator started from a seed; different seeds give unrelated streams.
  public init(seed: UInt64) {
    var state = seed
    func mixed() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    // SplitMix64 visits every value once, so at most one of four successive ones is zero.
    (s0, s1, s2, s3) = (mixed(), mixed(), mixed(), mixed())
  }

  /// A generator in a known state.
  ///
  /// - Precondition: not all four words are zero, a state that would never change.
  public init(state: (UInt64, UInt64, UInt64, UInt64)) {
    (s0, s1, s2, s3) = state
    precondition(s0 | s1 | s2 | s3 != 0, "a state of zeros never changes")
  }

  /// The present state; a generator made from it continues the same stream.
  public var state: (UInt64, UInt64, UInt64, UInt64) { (s0, s1, s2, s3) }

  /// The next 64 random bits.
  @inlinable
  public mutating func next() -> UInt64 {
    let product = s1 &* 5
    let result = ((product << 7) | (product >> 57)) &* 9
    let shifted = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = (s3 << 45) | (s3 >> 19)
    return result
  }

  /// A generator for another task, whose stream has nothing to do with this one's later numbers.
  ///
  /// Takes four numbers of this stream as the new state, so splits may be split again. Two such states meet
  /// within 2⁶⁴ numbers with a probability below 2⁻¹⁹⁰.
  public mutating func split() -> SeededGenerator {
    // Four numbers in a row determine the state, and only the excluded state of zeros gives four zeros.
    SeededGenerator(state: (next(), next(), next(), next()))
  }

  /// The generator 2¹²⁸ numbers further on: streams from repeated jumps never overlap in practice.
  public func jumped() -> SeededGenerator {
    let polynomial: [UInt64] = [
      0x180E_C6D3_3CFD_0ABA, 0xD5A6_1266_F0C9_392C, 0xA958_2618_E03F_C9AA, 0x39AB_DC45_29B1_661C,
    ]
    var walker = self
    var sum: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    for word in polynomial {
      for bit in 0..<64 {
        if word & (1 << bit) != 0 {
          sum = (sum.0 ^ walker.s0, sum.1 ^ walker.s1, sum.2 ^ walker.s2, sum.3 ^ walker.s3)
        }
        _ = walker.next()
      }
    }
    return SeededGenerator(state: sum)
  }
}

extension SeededGenerator: Codable {
  /// Reads the four words of the state.
  public init(from decoder: any Decoder) throws {
    let words = try [UInt64](from: decoder)
    guard words.count == 4, words.contains(where: { $0 != 0 }) else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "the state of a random generator is four numbers, not all zero"))
    }
    self.init(state: (words[0], words[1], words[2], words[3]))
  }

  /// Writes the four words of the state.
  public func encode(to encoder: any Encoder) throws { try [s0, s1, s2, s3].encode(to: encoder) }
}
