public import Dynamics
public import LinearAlgebra

/// For the 2 × 2 completion problem with off-diagonal entries 1 and lower right entry 0, the norm must grow as
/// the loss falls.
///
///     ‖W‖ ≥ c/√ℓ(W) + c′,   c = ‖e₁e₁ᵀ‖/√6,   c′ = min(−√6 c, −2 Σ_{ij} ‖e_i e_jᵀ‖),   if det W > 0
///
/// Gradient flow on balanced layers keeps det W > 0, so no norm is minimised. For the Frobenius, spectral and
/// nuclear norms c = 1/√6 and c′ = −8.
///
/// - SeeAlso: Proposition 5 of [cohenRazin].
public enum NormDivergence {
  static let claim = "norm divergence"
  static let source = "Proposition 5 of Cohen and Razin, lecture notes"

  /// The smallest possible norm at a loss.
  public static func bound(atLoss loss: Double) -> Double { 1 / (6 * loss).squareRoot() - 8 }

  /// The certificate at the points of a trajectory that recorded its end-to-end matrices, for the Frobenius
  /// norm.
  public static func certificate(
    along trajectory: Trajectory
  ) throws(DecompositionError) -> Certificate {
    try certificate(at: trajectory.snapshots)
  }

  static func certificate(
    at snapshots: [Snapshot]
  ) throws(DecompositionError) -> Certificate {
    var smallest = Double.infinity
    var bounds: [Certificate.Bound] = []
    for point in snapshots {
      guard let w = point.endToEnd else { continue }
      smallest = min(smallest, try LUDecomposition(of: w).determinant)
      bounds.append(
        .init(
          "Frobenius norm", .lower, bound(atLoss: point.loss), time: point.time,
          measured: w.frobeniusNorm))
    }
    return Certificate(
      claim: claim, source: source,
      hypotheses: [Hypothesis("determinant", measured: smallest, moreThan: 0)], bounds: bounds)
  }
}
