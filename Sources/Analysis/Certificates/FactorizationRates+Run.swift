import Dynamics
import LinearAlgebra
import LinearNetworks

// With x = λw a mode of curvature λ obeys the equation of curvature 1 with imbalance λλ₀; reflecting one layer
// makes the target positive.

extension FactorizationRates {
  /// The certificate of a run: flow of two layers whose singular vectors are those of the data, mode by mode,
  /// with any imbalance and any curvature.
  ///
  ///     |σ − λw(t)| ≤ C e^{−√(4σ² + λ²λ₀²) t}
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    let (claim, source) = (Self.claim, Self.source)
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
    var hypotheses = shared
    var bounds: [Certificate.Bound] = []
    let recorded = aligned.values(along: run.snapshots)
    for (k, mode) in aligned.modes.enumerated() {
      let name = "mode \(k + 1): "
      let (u, v) = (mode.values[1], mode.values[0])
      let rates = FactorizationRates(
        target: abs(mode.target), imbalance: mode.curvature * (u - v) * (u + v))
      let initial = mode.curvature * u * v * (mode.target < 0 ? -1 : 1)
      hypotheses.append(Hypothesis(name + "rate", measured: rates.rate, moreThan: 0))
      hypotheses.append(
        Hypothesis(
          name + "constant of the bound", measured: rates.bound(at: 0, initial: initial),
          allowed: .greatestFiniteMagnitude))
      let size = abs(mode.target) + abs(initial)
      if recorded.isEmpty {
        bounds.append(.init(name + "exponential rate", .lower, rates.rate))
      }
      for (time, values) in recorded {
        bounds.append(
          .init(
            name + "distance from the target", .upper, rates.bound(at: time, initial: initial),
            time: time, measured: abs(mode.target - mode.curvature * values[k]),
            rounding: run.accuracy * size))
      }
    }
    return Certificate(
      claim: claim, source: source, hypotheses: hypotheses, bounds: bounds)
  }
}
