import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

// With y_r = |σ_r|^{1/N} the theorem reads |y_r′| = σ_r^{1−1/N} |g_r|, g_r = ⟨∇ℓ, u_r v_rᵀ⟩, and balanced layers have
// −dφ/dt = ⟨∇ℓ, P[∇ℓ]⟩ ≥ Σ_r N σ_r^{2−2/N} g_r² = N Σ_r y_r′². By Cauchy and Schwarz Σ_r (Δy_r)² ≤ Δt ∫ Σ_r y_r′² dt.
// Values in descending order are matched so that the sum is least.

/// How far the singular values of balanced layers can move while the loss falls.
///
///     Σ_r (σ_r(b)^{1/N} − σ_r(a)^{1/N})² ≤ (t_b − t_a) (φ(a) − φ(b))/N
///
/// between any two recorded points; needs recorded singular values, or end-to-end matrices, and losses.
///
/// - SeeAlso: Theorem 3 of [cohenRazin], dσ_r/dt = N (σ_r²)^{1−1/N} ⟨−∇ℓ, u_r v_rᵀ⟩; the inequality is its integral.
public enum SingularValueSpeed {
  static let claim = "speed of the singular values"
  static let source = "Theorem 3 of Cohen and Razin, lecture notes, integrated"
  private static let quantity = "squared change of the σ^{1/N} since the point before"

  /// The certificate of a run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    let network: LinearNetwork
    switch try run.flowingLayers() {
    case .met(let layers): network = layers
    case .lacking(let words): return Certificate(claim: claim, source: source, excluded: words)
    }
    let n = Double(network.depth)
    let balance = Hypothesis.balance(of: network)
    let start = network.endToEnd()
    let terms = run.lossScale(at: start)
    var last = (
      time: 0.0, loss: run.objective.value(at: start), values: network.singularValues()
    )
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots where point.time > 0 {
      let w = try point.endToEnd ?? run.layers(at: point).map(run.endToEnd)
      guard let values = try w?.singularValues() ?? point.singularValues else { continue }
      let duration = point.time - last.time
      var (sum, rounding) = (0.0, 0.0)
      let error = run.accuracy * max(values.first ?? 0, last.values.first ?? 0)
      for (before, now) in zip(last.values, values) {
        let change = Double.pow(now, 1 / n) - Double.pow(before, 1 / n)
        let low = min(before, now)
        let room = 2 * (Double.pow(low + error, 1 / n) - Double.pow(low, 1 / n))
        sum += change * change
        rounding += 2 * abs(change) * room + room * room
      }
      let loose = run.accuracy * (terms + abs(last.loss))
      bounds.append(
        .init(
          quantity, .upper, duration * (last.loss - point.loss) / n, time: point.time,
          measured: sum, rounding: rounding + duration * loose / n))
      last = (point.time, point.loss, values)
    }
    if bounds.isEmpty { bounds = [.init(quantity, .upper, .nan)] }
    return Certificate(claim: claim, source: source, hypotheses: [balance], bounds: bounds)
  }
}
