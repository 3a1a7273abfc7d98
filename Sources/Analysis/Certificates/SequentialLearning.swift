import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

/// Gradient flow of two balanced layers from equal vanishing starts learns its modes one after the other.
///
/// With w₀ = e^{−2δ} and the time of mode i T_i = δ/σ_i, as δ → ∞ mode i stays at zero before T_i and is at σ_i/λ_i after
/// it. At finite δ
///
///     w_i(t) = σ_i w₀ / (λ_i w₀ (1 − e^{−2σ_i t}) + σ_i e^{−2σ_i t}),
///
/// whose distance from zero, before T_i, and from σ_i/λ_i, after it, is certified from both sides: errors of the recording
/// count as errors of the time, t (1 ± ε). Where σ_i²/λ_i orders the modes as σ_i does, the plateaus are the reduced-rank
/// optima, and the distance of W from the optimum of the rank reached is bounded too; without that Corollary 2 is false.
///
/// - SeeAlso: Theorem 2 and Corollaries 1 and 2 of [gidel2019].
public enum SequentialLearning {
  static let claim = "modes are learned one after the other"
  static let source =
    "Theorem 2 and Corollaries 1 and 2 of Gidel et al. 2019, with bounds for finite δ"

  /// The value of a mode at a time.
  public static func value(
    target σ: Double, curvature λ: Double, initial: Double, at time: Double
  ) -> Double {
    let decay = Double.exp(-2 * σ * time)
    return σ * initial / (-λ * initial * Double.expMinusOne(-2 * σ * time) + σ * decay)
  }

  /// Its distance from σ/λ, without cancellation.
  public static func distanceFromLimit(
    target σ: Double, curvature λ: Double, initial: Double, at time: Double
  ) -> Double {
    let decay = Double.exp(-2 * σ * time)
    return σ / λ * (σ - λ * initial) * decay
      / (-λ * initial * Double.expMinusOne(-2 * σ * time) + σ * decay)
  }

  /// The certificate of a run: flow of two layers whose singular vectors are those of the data.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    let network: LinearNetwork
    switch try run.flowingLayers(atLeast: 2) {
    case .met(let layers): network = layers
    case .lacking(let words): return excluded(words)
    }
    guard network.depth == 2 else {
      return excluded("needs 2 layers, and there are \(network.depth)")
    }
    let (aligned, shared): (AlignedModes, [Hypothesis])
    switch try AlignedModes.search(run, network, claim: claim, source: source) {
    case .found(let modes, let hypotheses): (aligned, shared) = (modes, hypotheses)
    case .none(let certificate): return certificate
    }
    let (found, shapes) = aligned.plateauModes()
    let modes = found.map(\.mode)
    let rises = modes.map {
      $0.initial > 0 && $0.initial < 1 ? $0.delta / $0.target : 0
    }
    let hypotheses = shared + shapes + modes.hypotheses(rises: rises, unit: "times of the rise")
    guard hypotheses.allSatisfy(\.holds) else {
      return Certificate(claim: claim, source: source, hypotheses: hypotheses, bounds: [])
    }
    var bounds: [Certificate.Bound] = []
    func distances(_ k: Int, _ time: Double, isLearned: Bool) -> (least: Double, most: Double) {
      let mode = modes[k]
      let both = [1 - 10 * run.accuracy, 1 + 10 * run.accuracy].map {
        isLearned
          ? distanceFromLimit(
            target: mode.target, curvature: mode.curvature, initial: mode.initial, at: $0 * time)
          : value(
            target: mode.target, curvature: mode.curvature, initial: mode.initial, at: $0 * time)
      }
      return (both.min()!, both.max()!)
    }
    func add(_ time: Double, values: [Double]?) {
      let scale = values?.map(abs).max() ?? 0
      var (sum, allowed, learned) = (0.0, 0.0, Set<Int>())
      for k in modes.indices {
        let sign: Double = aligned.modes[found[k].index].target < 0 ? -1 : 1
        let isLearned = rises[k] <= time
        if isLearned { learned.insert(k) }
        let (least, most) = distances(k, time, isLearned: isLearned)
        let measured = values.map {
          abs(sign * $0[found[k].index] - (isLearned ? modes[k].limit : 0))
        }
        let name =
          "mode \(found[k].index + 1): distance from \(isLearned ? "its limit" : "zero")"
        for (side, limit) in [(Certificate.Bound.Side.upper, most), (.lower, least)] {
          bounds.append(
            .init(
              name, side, limit, time: time, measured: measured,
              rounding: run.accuracy * max(scale, isLearned ? modes[k].limit : 0),
              isInformative: time > 0))
        }
        sum += (measured ?? 0) * (measured ?? 0)
        allowed += most * most
      }
      // The reduced-rank optimum keeps the largest σ²/λ; it is the plateau when those are the modes learned.
      let gains = modes.map { $0.target * $0.limit }
      let kept = modes.indices.filter(learned.contains).map { gains[$0] }.min() ?? .infinity
      let left = modes.indices.filter { !learned.contains($0) }.map { gains[$0] }.max() ?? 0
      if kept > left {
        bounds.append(
          .init(
            "distance of W from the best matrix of the rank reached", .upper,
            allowed.squareRoot(), time: time, measured: values == nil ? nil : sum.squareRoot(),
            rounding: run.accuracy * max(scale, modes.map(\.limit).max() ?? 0)
              * Double(modes.count).squareRoot(), isInformative: time > 0))
      }
    }
    if run.trajectory == nil {
      let ends = Set(rises).sorted()
      for (rise, next) in zip(ends, ends.dropFirst()) { add(0.5 * (rise + next), values: nil) }
    }
    for (time, values) in aligned.values(along: run.snapshots) { add(time, values: values) }
    return Certificate(claim: claim, source: source, hypotheses: hypotheses, bounds: bounds)
  }
}
