import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

// Lemma 2 solves dσ/dt = N (σ²)^{1−1/N} g(t): F(σ(b)) − F(σ(a)) = N ∫ g dt for F = ln σ of two layers, and
// F(σ) = −σ^{2/N−1}/(1 − 2/N) of more, whose factor is left out below. |g| = |⟨∇ℓ(W), u vᵀ⟩| ≤ ‖∇ℓ(W)‖ ≤ √(2β(ℓ(W) − inf ℓ)) for a β-smooth ℓ, and the
// loss never rises, so that the loss at a bounds g over the whole interval.

/// How far the closed form of each singular value can go between two recorded points.
///
///     |ln σ(b) − ln σ(a)| ≤ 2 (t_b − t_a) √(2β(φ(a) − inf ℓ))                              two layers
///     |σ(b)^{2/N−1} − σ(a)^{2/N−1}| ≤ (N − 2)(t_b − t_a) √(2β(φ(a) − inf ℓ))               more
///
/// for every singular value of the product of balanced layers and a β-smooth loss: none becomes zero or leaves it, and the
/// small ones move by shares of themselves. Measured is the least change that the accuracy of the record leaves, for the
/// singular value that changed most; what lies below that accuracy says nothing.
///
/// - SeeAlso: Lemma 2 of [cohenRazin], whose closed forms these are; the bound of g is ours.
public enum SingularValueReach {
  static let claim = "closed form of each singular value"
  static let source = "Lemma 2 of Cohen and Razin, lecture notes, with a bound of the slope"

  /// The certificate of a run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    let network: LinearNetwork
    switch try run.flowingLayers(atLeast: 2) {
    case .met(let layers): network = layers
    case .lacking(let words): return excluded(words)
    }
    guard let smoothness = run.objective.smoothness else {
      return excluded("needs a loss with a bounded curvature, and this one grows faster")
    }
    let depth = network.depth
    // Losses without a formula for their minimum are sums of what is never negative.
    let infimum = run.objective.minimum?.value ?? 0
    let quantity =
      depth == 2
      ? "change of ln σ since the point before" : "change of σ^(2/N−1) since the point before"
    let start = network.endToEnd()
    let terms = run.lossScale(at: start)
    var last = (
      time: 0.0, loss: run.objective.value(at: start), values: network.singularValues()
    )
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots where point.time > 0 {
      let w = try point.endToEnd ?? run.layers(at: point).map(run.endToEnd)
      guard let values = try w?.singularValues() ?? point.singularValues else { continue }
      let excess = max(0, last.loss - infimum) + run.accuracy * (terms + abs(last.loss))
      let slope = (2 * smoothness * excess).squareRoot()
      // The exponent of F costs 1 − 2/N of N, and a logarithm nothing.
      let reach = Double(depth == 2 ? 2 : depth - 2) * (point.time - last.time) * slope
      let error = run.accuracy * max(values.first ?? 0, last.values.first ?? 0)
      let change = zip(last.values, values)
        .map { leastChange($0, $1, error: error, depth: depth) }.max()
      bounds.append(
        .init(
          quantity, .upper, reach, time: point.time,
          measured: change, isInformative: change.map { $0 > 0 } ?? false))
      last = (point.time, point.loss, values)
    }
    if bounds.isEmpty { bounds = [.init(quantity, .upper, .nan)] }
    return Certificate(
      claim: claim, source: source, hypotheses: [.balance(of: network)], bounds: bounds)
  }

  /// The least that F can have changed by, when either value may be off by an error.
  private static func leastChange(
    _ before: Double, _ now: Double, error: Double, depth: Int
  ) -> Double {
    func form(_ σ: Double) -> Double {
      guard σ > 0 else { return -.infinity }
      return depth == 2 ? .log(σ) : -Double.pow(σ, 2 / Double(depth) - 1)
    }
    let risen = form(now - error) - form(before + error)
    let fallen = form(before - error) - form(now + error)
    return max(0, risen.isNaN ? 0 : risen, fallen.isNaN ? 0 : fallen)
  }
}
