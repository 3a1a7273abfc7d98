extension Matrix {
  /// The root of the sum of squares, without overflow or underflow on the way.
  public var frobeniusNorm: Double {
    let sum = inner(self)
    // Far from both ends of the range, no square that counts was lost.
    if sum > 1e-250 && sum < 1e300 { return sum.squareRoot() }
    let largest = maxAbsolute
    guard largest > 0, largest.isFinite else { return largest }
    // Divided by a power of two, which is exact.
    let unit = Double(sign: .plus, exponent: largest.exponent, significand: 1)
    let scaledSum = storage.reduce(0) { $0 + ($1 / unit) * ($1 / unit) }
    return scaledSum.squareRoot() * unit
  }

  /// The largest magnitude of an element; zero for an empty matrix, NaN if one is NaN.
  public var maxAbsolute: Double {
    storage.withUnsafeBufferPointer { elements in
      var largest = 0.0
      for k in elements.indices {
        let magnitude = abs(elements[k])
        if magnitude.isNaN { return .nan }
        if magnitude > largest { largest = magnitude }
      }
      return largest
    }
  }

  /// The largest column sum of magnitudes.
  public var oneNorm: Double {
    var sums = [Double](repeating: 0, count: columnCount)
    for row in 0..<rowCount {
      for column in 0..<columnCount { sums[column] += abs(storage[row * columnCount + column]) }
    }
    return sums.max() ?? 0
  }

  /// The largest singular value. See ``SingularSpectrum/spectralNorm``.
  public func spectralNorm() throws(DecompositionError) -> Double {
    try SingularSpectrum(of: self).spectralNorm
  }

  /// The sum of the singular values. See ``SingularSpectrum/nuclearNorm``.
  public func nuclearNorm() throws(DecompositionError) -> Double {
    try SingularSpectrum(of: self).nuclearNorm
  }

  /// The Schatten norm. See ``SingularSpectrum/schattenNorm(_:)``.
  public func schattenNorm(_ p: Double) throws(DecompositionError) -> Double {
    try SingularSpectrum(of: self).schattenNorm(p)
  }

  /// The exponential of the entropy of the singular values. See ``SingularSpectrum/effectiveRank``.
  public func effectiveRank() throws(DecompositionError) -> Double {
    try SingularSpectrum(of: self).effectiveRank
  }

  /// The number of singular values above a tolerance relative to the largest.
  ///
  /// - Parameter tolerance: max(*m*, *n*) ε unless given.
  public func rank(tolerance: Double? = nil) throws(DecompositionError) -> Int {
    try SingularSpectrum(of: self).rank(
      tolerance: tolerance ?? Double(max(rowCount, columnCount)) * .ulpOfOne)
  }

  /// The largest singular value divided by the smallest. See ``SingularSpectrum/conditionNumber``.
  public func conditionNumber() throws(DecompositionError) -> Double {
    try SingularSpectrum(of: self).conditionNumber
  }
}
