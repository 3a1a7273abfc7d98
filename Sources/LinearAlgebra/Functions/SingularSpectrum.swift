import RealModule

/// The singular values of a matrix, and what depends on them alone: norms, ranks and condition.
///
/// Powers and sums are of values relative to the largest, so nothing overflows or vanishes on the way.
public struct SingularSpectrum: Equatable, Sendable {
  /// The singular values in descending order.
  public let values: [Double]

  /// Takes singular values, in any order.
  ///
  /// - Precondition: none is negative or NaN.
  public init(_ values: [Double]) {
    for value in values { precondition(value >= 0, "a singular value cannot be \(value)") }
    self.values = values.sorted(by: >)
  }

  /// Computes the singular values of a matrix.
  public init(of matrix: Matrix) throws(DecompositionError) {
    self.init(try matrix.singularValues())
  }

  /// The largest singular value; zero if there are none.
  public var spectralNorm: Double { values.first ?? 0 }

  /// The sum of the singular values.
  public var nuclearNorm: Double { values.reduce(0, +) }

  /// The Schatten norm `(Σ σᵖ)^(1/p)`; for *p* < 1 a quasi-norm, for infinite *p* the spectral norm.
  ///
  /// - Precondition: `p > 0`.
  public func schattenNorm(_ p: Double) -> Double {
    precondition(p > 0, "there is no Schatten norm with p = \(p)")
    let largest = spectralNorm
    guard largest > 0, largest.isFinite, p.isFinite else { return largest }
    let sum = values.reduce(0) { $0 + .pow($1 / largest, p) }
    return largest * .pow(sum, 1 / p)
  }

  /// The exponential of the entropy of the normalized singular values:
  ///
  ///     exp(−Σ p log p),   p = σ / Σσ,   0 log 0 = 0.
  ///
  /// Between 1 and the rank; the rank when all values that are not zero are equal. Zero for a zero or empty matrix.
  ///
  /// - SeeAlso: Roy and Vetterli, *The effective rank: a measure of effective dimensionality*, 2007.
  public var effectiveRank: Double {
    let largest = spectralNorm
    guard largest > 0 else { return 0 }
    let relative = values.map { $0 / largest }
    let sum = relative.reduce(0, +)
    let entropy = relative.reduce(0) { total, value in
      let p = value / sum
      return p > 0 ? total - p * .log(p) : total
    }
    return .exp(entropy)
  }

  /// The number of values above a tolerance relative to the largest.
  public func rank(tolerance: Double) -> Int {
    let threshold = tolerance * spectralNorm
    return values.count { $0 > threshold }
  }

  /// The largest value divided by the smallest; infinite when that is zero, 1 for an empty matrix.
  public var conditionNumber: Double {
    guard let first = values.first, let last = values.last else { return 1 }
    return last > 0 ? first / last : .infinity
  }
}

extension SingularValueDecomposition {
  /// The singular values, and what depends on them alone.
  public var spectrum: SingularSpectrum { SingularSpectrum(singularValues) }
}
