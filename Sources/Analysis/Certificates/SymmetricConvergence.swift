import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

// D = X − Ỹ obeys D′ = −2ŶD − 2DŶ − 4D², so that D = e^{−2tŶ} Z e^{−2tŶ} with Z = D₀ (1 + K D₀)⁻¹, K = Ŷ⁻¹ (1 − e^{−4tŶ}).
// Z falls in the order of symmetric matrices, from D₀ to Z_∞ = D₀ (1 + Ŷ⁻¹D₀)⁻¹, which gives
// ‖Z‖_F ≤ ‖Z − Z_∞‖_F + ‖Z_∞‖_F ≤ ‖D₀ − Z_∞‖_F + ‖Z_∞‖_F.

/// A symmetric network converges to the positive part of its target at the rate of its smallest eigenvalue.
///
///     ‖U Uᵀ − Ỹ‖_F ≤ C e^{−4 σ_min(Y) t},   C = ‖D₀ − Z_∞‖_F + ‖Z_∞‖_F,   D₀ = U₀U₀ᵀ − Ỹ,   Z_∞ = D₀ (1 + Ŷ⁻¹D₀)⁻¹
///
/// with Ỹ the positive part of the target's symmetric part Y, Ŷ = |Y|, and σ_min(Y) its smallest eigenvalue in magnitude.
///
/// - SeeAlso: Corollary 1 and Proposition 2 of [tarmoun2021], which leaves the constant open.
public enum SymmetricConvergence {
  static let claim = "convergence of a symmetric network"
  static let source = "Proposition 2 of Tarmoun et al. 2021, with its constant"

  /// The certificate of a run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    guard case .symmetric(let factor) = run.start else {
      return excluded("needs W = U Uᵀ, and this is a network of layers")
    }
    guard run.motion == .flow else {
      return excluded("needs gradient flow, and this is \(run.motion.words)")
    }
    guard case .met(let problem) = run.quadratic, problem.hasWhiteInputs,
      abs(problem.inputCovariance[0, 0] - 1) <= 1e-12
    else { return excluded("needs a factorization, or white inputs of unit variance") }
    let target = problem.crossCovariance.symmetrized()
    let eigen = try SymmetricEigendecomposition(of: target)
    let sizes = eigen.eigenvalues.map(abs)
    let (least, most) = (sizes.min() ?? 0, sizes.max() ?? 0)
    let positive = eigen.map { max($0, 0) }
    let start = factor.timesTransposed(factor).symmetrized()
    let d0 = start - positive
    let rate = Hypothesis(
      "smallest eigenvalue of the target in magnitude, over the largest",
      measured: most > 0 ? least / most : 0, moreThan: 1e-12)
    guard rate.holds else {
      return Certificate(claim: claim, source: source, hypotheses: [rate], bounds: [])
    }
    let root = eigen.map { 1 / abs($0).squareRoot() }
    let inner = Matrix.identity(target.rowCount) + root * d0 * root
    let reach = Hypothesis(
      "smallest eigenvalue of 1 + Ŷ^{−1/2} (U₀U₀ᵀ − Ỹ) Ŷ^{−1/2}",
      measured: try inner.symmetrized().symmetricEigenvalues().last ?? 0, moreThan: 1e-12)
    guard reach.holds else {
      return Certificate(claim: claim, source: source, hypotheses: [rate, reach], bounds: [])
    }
    let inverse = eigen.map { 1 / abs($0) }
    let last =
      d0
      * (try LUDecomposition(of: Matrix.identity(target.rowCount) + inverse * d0).inverse())
    let constant = (d0 - last).frobeniusNorm + last.frobeniusNorm
    let scale = max(start.frobeniusNorm, positive.frobeniusNorm)
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots {
      guard let w = point.endToEnd ?? point.layers.map(run.endToEnd) else { continue }
      bounds.append(
        .init(
          "distance of W from the positive part of the target", .upper,
          constant * .exp(-4 * least * point.time), time: point.time,
          measured: (w - positive).frobeniusNorm, rounding: run.accuracy * scale,
          isInformative: point.time > 0))
    }
    if bounds.isEmpty { bounds = [.init("exponential rate of W", .lower, 4 * least)] }
    return Certificate(
      claim: claim, source: source, hypotheses: [rate, reach], bounds: bounds)
  }
}
