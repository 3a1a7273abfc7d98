import DeepLinear

/// Points that fill a cube evenly with fewer of them than a grid needs.
enum SweepSample: String, CaseIterable {
  /// One point in each of so many equal parts of every axis, at a random place of it.
  case latin
  /// Sobol's sequence: the first points of a longer sample are those of a shorter one.
  case sobol

  /// The largest number of axes that there are direction numbers for.
  static let largestDimension = 1 + directions.count

  /// Points with coordinates in [0, 1).
  func points(count: Int, dimension: Int, seed: UInt64) -> [[Double]] {
    switch self {
    case .latin:
      var random = SeededGenerator(seed: seed)
      let columns = (0..<dimension).map { _ in
        random.permutation(count).map { (Double($0) + random.nextUniform()) / Double(count) }
      }
      return (0..<count).map { k in columns.map { $0[k] } }
    case .sobol: return Self.sobol(count: count, dimension: dimension)
    }
  }

  /// Degree s, coefficients a and first m of the primitive polynomial of each dimension but the first.
  ///
  /// - SeeAlso: the table of [joe2008constructing].
  private static let directions: [(s: Int, a: UInt32, m: [UInt32])] = [
    (1, 0, [1]), (2, 1, [1, 3]), (3, 1, [1, 3, 1]), (3, 2, [1, 1, 1]), (4, 1, [1, 1, 3, 3]),
    (4, 4, [1, 3, 5, 13]), (5, 2, [1, 1, 5, 5, 17]), (5, 4, [1, 1, 5, 5, 5]),
    (5, 7, [1, 1, 7, 11, 19]), (5, 11, [1, 1, 5, 1, 1]), (5, 13, [1, 1, 1, 3, 11]),
    (5, 14, [1, 3, 5, 5, 31]), (6, 1, [1, 3, 3, 9, 7, 49]), (6, 13, [1, 1, 1, 15, 21, 21]),
    (6, 16, [1, 3, 1, 13, 27, 49]),
  ]

  private static func sobol(count: Int, dimension: Int) -> [[Double]] {
    let numbers = (0..<dimension).map { dimension -> [UInt32] in
      guard dimension > 0 else { return (0..<32).map { 1 << (31 - UInt32($0)) } }
      let (s, a, m) = directions[dimension - 1]
      var v = m.enumerated().map { $1 << (31 - UInt32($0)) }
      for i in s..<32 {
        var next = v[i - s] ^ (v[i - s] >> UInt32(s))
        for k in 1..<max(s, 1) where (a >> UInt32(s - 1 - k)) & 1 == 1 { next ^= v[i - k] }
        v.append(next)
      }
      return v
    }
    // In the order of Gray's code each point differs from the one before by one direction.
    var state = [UInt32](repeating: 0, count: dimension)
    return (0..<count).map { index in
      if index > 0 {
        let bit = index.trailingZeroBitCount
        for k in 0..<dimension { state[k] ^= numbers[k][bit] }
      }
      return state.map { Double($0) * 0x1p-32 }
    }
  }
}
