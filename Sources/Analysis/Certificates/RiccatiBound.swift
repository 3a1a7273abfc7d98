import Dynamics
import LinearAlgebra
import RealModule

// D = X − Ỹ obeys D′ = −2ŶD − 2DŶ − 4D², so that D = e^{−2tŶ} Z e^{−2tŶ} with Z = D₀ (1 + K D₀)⁻¹, K = Ŷ⁻¹ (1 − e^{−4tŶ}).
// Z falls in the order of symmetric matrices, from D₀ to Z_∞ = D₀ (1 + Ŷ⁻¹D₀)⁻¹, which gives
// ‖Z‖_F ≤ ‖Z − Z_∞‖_F + ‖Z_∞‖_F ≤ ‖D₀ − Z_∞‖_F + ‖Z_∞‖_F.

/// How far X′ = 2(Y − X)X + 2X(Y − X) is from its limit, the positive part Ỹ of Y:
///
///     ‖X − Ỹ‖_F ≤ C e^{−4 σ_min(Y) t},   C = ‖D₀ − Z_∞‖_F + ‖Z_∞‖_F,   D₀ = X₀ − Ỹ,   Z_∞ = D₀ (1 + Ŷ⁻¹D₀)⁻¹,   Ŷ = |Y|
struct RiccatiBound {
  /// That the target has no eigenvalue at zero, and that the start reaches all of the positive part.
  let hypotheses: [Hypothesis]
  /// Ỹ.
  let limit: Matrix
  /// 4 σ_min(Y).
  let rate: Double
  private let constant: Double

  /// - Parameters:
  ///   - target: Y, symmetric.
  ///   - start: X₀, positive semidefinite.
  init(target: Matrix, start: Matrix) throws(DecompositionError) {
    let eigen = try SymmetricEigendecomposition(of: target)
    let sizes = eigen.eigenvalues.map(abs)
    let (least, most) = (sizes.min() ?? 0, sizes.max() ?? 0)
    limit = eigen.map { max($0, 0) }
    rate = 4 * least
    let first = Hypothesis(
      "smallest eigenvalue of the target in magnitude, over the largest",
      measured: most > 0 ? least / most : 0, moreThan: 1e-12)
    guard first.holds else {
      (hypotheses, constant) = ([first], .infinity)
      return
    }
    let d0 = start - limit
    let one = Matrix.identity(target.rowCount)
    let root = eigen.map { 1 / abs($0).squareRoot() }
    let inner = one + root * d0 * root
    let reach = Hypothesis(
      "smallest eigenvalue of 1 + Ŷ^{−1/2} (U₀U₀ᵀ − Ỹ) Ŷ^{−1/2}",
      measured: try inner.symmetrized().symmetricEigenvalues().last ?? 0, moreThan: 1e-12)
    hypotheses = [first, reach]
    guard reach.holds else {
      constant = .infinity
      return
    }
    let inverse = eigen.map { 1 / abs($0) }
    let last = d0 * (try LUDecomposition(of: one + inverse * d0).inverse())
    constant = (d0 - last).frobeniusNorm + last.frobeniusNorm
  }

  /// The largest possible ‖X − Ỹ‖_F.
  func distance(at time: Double) -> Double { constant * .exp(-rate * time) }
}
