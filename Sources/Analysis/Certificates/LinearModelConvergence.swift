import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

/// A single layer converges to the minimiser that is nearest to its start, for any Σx and any step that is short enough.
///
///     ‖W(t) − W_∞‖_F ≤ ‖W₀ − W_∞‖_F e^{−αt}   under gradient flow,
///     ‖W_t − W_∞‖_F ≤ ‖W₀ − W_∞‖_F ρ^t,   ρ = max |1 − ηλ|   under descent with η < 2/λ_max
///
/// λ are the positive eigenvalues of Σx, α is the smallest, and W_∞ = Σyx Σx⁺ + W₀ (1 − Σx Σx⁺): from W₀ = 0 the minimiser
/// of least norm.
///
/// - SeeAlso: Equations 17 and 33 of [gidel2019], whose bound η < 1/λ_max on the step is not needed for convergence.
public enum LinearModelConvergence {
  static let claim = "convergence of a single layer"
  static let source = "Equations 17 and 33 of Gidel et al. 2019, corrected"

  /// The certificate of a run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    guard case .layered(let network) = run.start, network.depth == 1 else {
      return excluded("needs a single layer")
    }
    let stepSize: Double?
    switch run.motion {
    case .flow, .endToEndFlow: stepSize = nil
    case .descent(let step): stepSize = step
    default:
      return excluded("needs gradient flow or plain descent, and this is \(run.motion.words)")
    }
    let problem: QuadraticProblem
    switch run.quadratic {
    case .met(let found): problem = found
    case .lacking(let words): return excluded(words)
    }
    let eigen = try SymmetricEigendecomposition(of: problem.inputCovariance)
    let largest = eigen.eigenvalues.first ?? 0
    let isPositive = { (λ: Double) in λ > 1e-13 * largest }
    let positive = eigen.eigenvalues.filter(isPositive)
    let w0 = network.layers[0]
    let idle = eigen.map { isPositive($0) ? 0 : 1 }
    let limit = problem.crossCovariance * eigen.map { isPositive($0) ? 1 / $0 : 0 } + w0 * idle
    let distance = (w0 - limit).frobeniusNorm
    var hypotheses = [
      Hypothesis(
        "smallest positive variance of the inputs", measured: positive.last ?? 0, moreThan: 0)
    ]
    var contraction = 0.0
    if let stepSize {
      hypotheses.append(
        Hypothesis(
          "2 less step size times the largest variance", measured: 2 - stepSize * largest,
          moreThan: 0))
      contraction = positive.map { abs(1 - stepSize * $0) }.max() ?? 1
    }
    func bound(_ time: Double) -> Double {
      distance
        * (stepSize == nil
          ? Double.exp(-(positive.last ?? 0) * time)
          : contraction > 0 ? Double.exp(time * .log(contraction)) : time > 0 ? 0 : 1)
    }
    let scale = max(w0.frobeniusNorm, limit.frobeniusNorm)
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots {
      guard let w = point.endToEnd ?? point.layers?[0] else { continue }
      bounds.append(
        .init(
          "distance of W from its limit", .upper, bound(point.time), time: point.time,
          measured: (w - limit).frobeniusNorm, rounding: run.accuracy * scale,
          isInformative: point.time > 0))
    }
    if bounds.isEmpty {
      bounds = [.init("distance of W from its limit", .upper, bound(1), time: 1)]
    }
    return Certificate(claim: claim, source: source, hypotheses: hypotheses, bounds: bounds)
  }
}
