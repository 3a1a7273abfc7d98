import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

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
    let start = factor.timesTransposed(factor).symmetrized()
    let bound = try RiccatiBound(target: problem.crossCovariance.symmetrized(), start: start)
    guard bound.hypotheses.allSatisfy(\.holds) else {
      return Certificate(claim: claim, source: source, hypotheses: bound.hypotheses, bounds: [])
    }
    let scale = max(start.frobeniusNorm, bound.limit.frobeniusNorm)
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots {
      guard let w = point.endToEnd ?? point.layers.map(run.endToEnd) else { continue }
      bounds.append(
        .init(
          "distance of W from the positive part of the target", .upper,
          bound.distance(at: point.time), time: point.time,
          measured: (w - bound.limit).frobeniusNorm, rounding: run.accuracy * scale,
          isInformative: point.time > 0))
    }
    if bounds.isEmpty { bounds = [.init("exponential rate of W", .lower, bound.rate)] }
    return Certificate(
      claim: claim, source: source, hypotheses: bound.hypotheses, bounds: bounds)
  }
}
