import RealModule

extension SingularValueEquation {
  /// The solution of dσ/dt = (σ²)^{1−1/N} g(t) in terms of G = ∫₀ᵗ g.
  ///
  ///     N = 2:  σ₀ e^{±G},    N ≥ 3:  ±(|σ₀|^{2/N−1} ± (2/N−1) G)^{1/(2/N−1)},    N = 1:  σ₀ + G
  ///
  /// with the sign of σ₀; zero stays zero for N ≥ 2, so that no value changes its sign.
  ///
  /// - Returns: nil where the solution has become infinite before; see ``blowUpIntegral(from:depth:)``.
  /// - Precondition: depth at least 1.
  /// - SeeAlso: the proof of Lemma 2 of [cohenRazin], whose n is the depth.
  public static func solution(from initial: Double, integral: Double, depth: Int) -> Double? {
    precondition(depth >= 1, "a network has at least one layer, not \(depth)")
    if depth == 1 { return initial + integral }
    if initial == 0 { return 0 }
    let sign: Double = initial < 0 ? -1 : 1
    if depth == 2 { return initial * .exp(sign * integral) }
    let exponent = 2 / Double(depth) - 1
    let bracket = Double.pow(abs(initial), exponent) + sign * exponent * integral
    return bracket > 0 ? sign * .pow(bracket, 1 / exponent) : nil
  }

  /// The ∫g at which the solution becomes infinite, |σ₀|^{2/N−1}/(1 − 2/N) with the sign of σ₀; nil for one or
  /// two layers and for a start at zero.
  public static func blowUpIntegral(from initial: Double, depth: Int) -> Double? {
    guard depth >= 3, initial != 0 else { return nil }
    let exponent = 2 / Double(depth) - 1
    return (initial < 0 ? 1 : -1) * .pow(abs(initial), exponent) / exponent
  }
}
