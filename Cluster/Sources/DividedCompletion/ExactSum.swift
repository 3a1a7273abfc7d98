import MessagePassing

/// Sums over all ranks that have the same bits whatever the number of ranks.
///
/// Each term, made by one rank alone and in an order of its own, is rounded once to a whole multiple of a unit; whole
/// numbers add up the same in any order. The unit follows from a bound for the sum that every rank knows, and is 2⁻⁶⁰ of
/// it: 128 times finer than a double of that size.
struct ExactSum {
  private var parts: [Int64]

  init(count: Int) { parts = [Int64](repeating: 0, count: count) }

  /// The unit for sums whose sizes are at most a bound.
  static func unit(bound: Double) -> Double {
    bound > 0 && bound.isFinite ? 0x1p-60 * 2 * bound.binade : 1
  }

  mutating func clear() {
    parts.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// Adds a term; the sum of all terms' sizes must stay within the bound of the unit.
  @inline(__always)
  mutating func add(_ term: Double, at place: Int, unit: Double) {
    parts[place] += Int64((term / unit).rounded())
  }

  /// Adds what the other ranks have.
  mutating func gather(_ ranks: Ranks) { ranks.sum(&parts) }

  func value(at place: Int, unit: Double) -> Double { Double(parts[place]) * unit }
}
