extension SeededGenerator {
  /// A number from [0, 1): one of the 2⁵³ multiples of 2⁻⁵³, each as likely as the others.
  @inlinable
  public mutating func nextUniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number with the standard normal distribution, the same bits on every platform.
  ///
  /// The inverse of the distribution function at one of the 2⁵² odd multiples of 2⁻⁵³: one number of the
  /// stream for each, magnitudes up to 8.2, symmetric to the bit.
  public mutating func nextGaussian() -> Double {
    StandardNormal.quantile(Double((next() >> 12) << 1 | 1) * 0x1p-53)
  }

  /// A whole number from 0 up to a bound, each exactly as likely as the others.
  ///
  /// - Precondition: the bound is positive.
  @inlinable
  public mutating func nextIndex(below bound: Int) -> Int {
    precondition(bound > 0, "there is no index below \(bound)")
    // The high word of a product with the bound is uniform once the low words that occur too often are refused.
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// Puts elements in a random order, each order as likely as the others.
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, nextIndex(below: last + 1))
    }
  }

  /// The numbers 0 … *count* − 1 in a random order.
  public mutating func permutation(_ count: Int) -> [Int] {
    var result = Array(0..<count)
    shuffle(&result)
    return result
  }

  /// Different numbers below a bound in ascending order, each set as likely as the others.
  ///
  /// - Precondition: `0 ≤ count ≤ bound`.
  /// - Complexity: O(*count* log *count*) time and memory, however large the bound.
  public mutating func sample(_ count: Int, below bound: Int) -> [Int] {
    precondition(count >= 0 && count <= bound, "cannot take \(count) different indices of \(bound)")
    // Floyd's method: the j-th step adds a number ≤ j, or j itself when that one is taken.
    var chosen = Set<Int>(minimumCapacity: count)
    for j in bound - count..<bound {
      if !chosen.insert(nextIndex(below: j + 1)).inserted { chosen.insert(j) }
    }
    return chosen.sorted()
  }
}
