import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

// P = ½ R Rᵀ for R = [W₂; W₁ᵀ] obeys the equation of a symmetric network with the target S at half the speed, and W is the
// upper right block of R Rᵀ = 2P, so that 2 ‖W − W*‖² ≤ ‖2P − 2S⁺‖².

/// Two layers whose imbalance is λ₀ 1, or whose penalty asks for that, converge at a known rate with a known constant.
///
///     ‖W(t) − W*‖_F ≤ √2 C e^{−2 s t},   s = min √(σ² + λ₀²/4), and |λ₀|/2 where there are more inputs than outputs or fewer
///
/// with C that of a symmetric network with the target S = [[λ₀/2, Y], [Yᵀ, −λ₀/2]] from ½ R₀R₀ᵀ, and W* = 2 (S⁺)₁₂. Needs a
/// hidden layer wide enough to reach the positive part of S.
///
/// - SeeAlso: Proposition 5 of [tarmoun2021], which has the rate of R Rᵀ without its constant; for rates of W alone see
///   ``ImbalancedRates``.
public enum ImbalancedConvergence {
  static let claim = "convergence at an imbalance of the identity"
  static let source = "Proposition 5 of Tarmoun et al. 2021, with its constant"

  /// The certificate of a run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    guard case .layered(let network) = run.start, network.depth == 2 else {
      return excluded("needs 2 layers")
    }
    guard case .met(let problem) = run.quadratic, problem.hasWhiteInputs,
      abs(problem.inputCovariance[0, 0] - 1) <= 1e-12
    else { return excluded("needs a factorization, or white inputs of unit variance") }
    let width = network.layers[0].rowCount
    let asked: Matrix
    switch run.motion {
    case .flow, .regularizedFlow(startsBalanced: true, _): asked = network.balanceInvariants()[0]
    case .regularizedFlow(_, let imbalance?): asked = imbalance
    default: return excluded("needs gradient flow of the layers, and this is \(run.motion.words)")
    }
    let imbalance = asked.trace / Double(width)
    let size = network.layers.map { $0.inner($0) }.max() ?? 0
    let deviation = (asked - imbalance * .identity(width)).maxAbsolute
    let isMultiple = Hypothesis(
      "imbalance is a multiple of the identity", measured: deviation == 0 ? 0 : deviation / size,
      allowed: 1e-10)
    let stacked = Matrix.verticallyStacked([network.layers[1], network.layers[0].transposed()])
    let target = ImbalancedFactorization.symmetricTarget(
      problem.crossCovariance, imbalance: imbalance)
    let bound = try RiccatiBound(
      target: target.symmetrized(), start: (0.5 * stacked.timesTransposed(stacked)).symmetrized())
    let hypotheses = [isMultiple] + bound.hypotheses
    guard hypotheses.allSatisfy(\.holds) else {
      return Certificate(claim: claim, source: source, hypotheses: hypotheses, bounds: [])
    }
    let outputs = problem.crossCovariance.rowCount
    let limit =
      2
      * bound.limit.submatrix(rows: 0..<outputs, columns: outputs..<bound.limit.columnCount)
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots {
      guard let w = point.endToEnd ?? point.layers.map(run.endToEnd) else { continue }
      let scale = max(w.frobeniusNorm, limit.frobeniusNorm, size)
      bounds.append(
        .init(
          "distance of W from its limit", .upper,
          2.0.squareRoot() * bound.distance(at: 0.5 * point.time), time: point.time,
          measured: (w - limit).frobeniusNorm, rounding: run.accuracy * scale,
          isInformative: point.time > 0))
    }
    if bounds.isEmpty {
      bounds = [.init("exponential rate of W", .lower, 0.5 * bound.rate)]
    }
    return Certificate(claim: claim, source: source, hypotheses: hypotheses, bounds: bounds)
  }
}
