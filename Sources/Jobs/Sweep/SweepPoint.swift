/// A point of a sweep: a value for each axis.
struct SweepPoint {
  /// In the order of the axes.
  let values: [AxisValue]
  /// The values in words, keys in alphabetical order: what tells points apart.
  let key: String

  init(_ values: [AxisValue], names: [String]) {
    self.values = values
    key = zip(names, values).map { "\($0)=\($1.text)" }.sorted().joined(separator: ", ")
  }

  /// The seed of one of its runs: a function of the sweep's seed, the values and the run's number alone, below 2⁵³ so
  /// that every reader of JSON has it exactly.
  func seed(base: UInt64, replicate: Int) -> UInt64 {
    var digest = Digest(key.utf8)
    digest.add(withUnsafeBytes(of: base.littleEndian) { Array($0) })
    digest.add(withUnsafeBytes(of: UInt64(replicate).littleEndian) { Array($0) })
    // Neighbouring digests are alike in their upper digits: mixed as by SplitMix64.
    var z = digest.value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return (z ^ (z >> 31)) >> 11
  }
}
