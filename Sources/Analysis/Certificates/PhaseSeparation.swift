import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

// w ≤ w₀ (1 + ησ)^{2t}, because 1 + η(σ − λw) ≤ 1 + ησ; and the lower bound of Theorem 3 leaves the distance
// σ/λ − w ≤ (σ/λ) (σ − λw₀) q^t / ((σ − λw₀) q^t + λw₀), q = (1 + ησ)^{−2}, from σ/λ.

/// Descent from equal vanishing starts learns its modes one after the other, on its own clock.
///
/// With w₀ = e^{−2δ}, equal starts and 2ησ₁ ≤ 1, mode j rises after T_j = δ/ln(1 + ησ_j) steps: as δ → ∞, w_i(T_j) tends to
/// σ_i/λ_i for σ_i > σ_j and to zero for σ_i < σ_j, whatever the gap. At finite δ, after t steps,
///
///     w_i ≤ min(w₀ (1 + ησ_i)^{2t}, upper bound of Theorem 3),
///     σ_i/λ_i − w_i ≤ (σ_i/λ_i) (σ_i − λ_iw₀) q^t / ((σ_i − λ_iw₀) q^t + λ_iw₀),   q = (1 + ησ_i)^{−2}
///
/// Certified is the first for every mode whose T_i has not come and the second for the others.
///
/// The paper's condition concerns another clock, that of the flow: w_i(δ/(ησ_{i+1})) tends to σ_i/λ_i exactly if
/// ln(1 + ησ_i) > ησ_{i+1} (``isLearned(_:beforeFlowReaches:stepSize:)``).
///
/// - SeeAlso: Corollary 3 of [gidel2019], whose statement about the flow's clock holds though its proof does not give
///   it; its first condition on the gap is not needed.
public enum PhaseSeparation {
  static let claim = "phases of descent are separated"
  static let source =
    "Corollary 3 of Gidel et al. 2019, on descent's own clock, with bounds for finite δ"

  /// Whether, from vanishing starts, mode i is learned when the flow would begin with mode i + 1, after δ/(ησ_{i+1})
  /// steps: ln(1 + ησ_i) > ησ_{i+1}.
  public static func isLearned(
    _ σ: Double, beforeFlowReaches next: Double, stepSize: Double
  ) -> Bool {
    .log(onePlus: stepSize * σ) > stepSize * next
  }

  /// The steps after which a mode rises, δ/ln(1 + ησ) with δ = −½ ln w₀.
  public static func steps(toRiseFrom initial: Double, target: Double, stepSize: Double) -> Double {
    -0.5 * .log(initial) / .log(onePlus: stepSize * target)
  }

  /// The largest possible distances of a mode from zero and from σ/λ after a number of steps.
  public static func distances(
    target σ: Double, curvature λ: Double, initial: Double, stepSize: Double, after steps: Int
  ) -> (fromZero: Double, fromLimit: Double) {
    let bounds = TwoLayerDescentBounds(
      target: σ, curvature: λ, initial: initial, stepSize: stepSize)
    let growth = .log(initial) + 2 * Double(steps) * .log(onePlus: stepSize * σ)
    let decay = Double.exp(-2 * Double(steps) * .log(onePlus: stepSize * σ))
    let gap = (σ - λ * initial) * decay
    return (min(.exp(growth), bounds.upper(after: steps)), σ / λ * gap / (gap + λ * initial))
  }

  /// The certificate of a run: descent on two layers whose singular vectors are those of the data.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    let (network, stepSize): (LinearNetwork, Double)
    switch run.descendingLayers(exactly: 2) {
    case .met(let found): (network, stepSize) = found
    case .lacking(let words): return Certificate(claim: claim, source: source, excluded: words)
    }
    let (aligned, shared): (AlignedModes, [Hypothesis])
    switch try AlignedModes.search(run, network, claim: claim, source: source) {
    case .found(let modes, let hypotheses): (aligned, shared) = (modes, hypotheses)
    case .none(let certificate): return certificate
    }
    let (found, shapes) = aligned.plateauModes()
    let modes = found.map(\.mode)
    let rises = modes.map {
      $0.initial > 0 && $0.initial < 1
        ? steps(toRiseFrom: $0.initial, target: $0.target, stepSize: stepSize) : 0
    }
    let step = Hypothesis(
      "twice step times the largest target",
      measured: 2 * stepSize * (modes.map(\.target).max() ?? 0), allowed: 1)
    let hypotheses =
      shared + shapes + [step] + modes.hypotheses(rises: rises, unit: "steps to the rise")
    guard hypotheses.allSatisfy(\.holds) else {
      return Certificate(claim: claim, source: source, hypotheses: hypotheses, bounds: [])
    }
    var bounds: [Certificate.Bound] = []
    func add(_ k: Int, _ time: Double, value: Double?, scale: Double) {
      let mode = modes[k]
      let sign: Double = aligned.modes[found[k].index].target < 0 ? -1 : 1
      let distances = distances(
        target: mode.target, curvature: mode.curvature, initial: mode.initial, stepSize: stepSize,
        after: Int(time))
      let isLearned = rises[k] <= time
      bounds.append(
        .init(
          "mode \(found[k].index + 1): distance from \(isLearned ? "its limit" : "zero")", .upper,
          isLearned ? distances.fromLimit : distances.fromZero, time: time,
          measured: value.map { abs(sign * $0 - (isLearned ? mode.limit : 0)) },
          rounding: 1e-12 * scale, isInformative: time > 0))
    }
    if run.trajectory == nil {
      for plateau in Set(rises).sorted() where plateau.isFinite && plateau < 1e15 {
        for k in modes.indices where rises[k] != plateau {
          add(k, plateau.rounded(), value: nil, scale: 0)
        }
      }
    }
    let recorded = aligned.values(along: run.snapshots)
    for (time, values) in recorded {
      let scale = values.map(abs).max() ?? 0
      for k in modes.indices { add(k, time, value: values[found[k].index], scale: scale) }
    }
    return Certificate(claim: claim, source: source, hypotheses: hypotheses, bounds: bounds)
  }
}
