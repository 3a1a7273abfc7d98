import Dynamics
import LinearAlgebra
import LinearNetworks

extension TwoLayerDescentBounds {
  /// The certificate of a run: descent on two balanced layers whose singular vectors are those of the data,
  /// mode by mode.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    let (claim, source) = (Self.claim, Self.source)
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
    var hypotheses = shared
    var bounds: [Certificate.Bound] = []
    let recorded = aligned.values(along: run.snapshots)
    for (k, mode) in aligned.modes.enumerated() {
      let name = "mode \(k + 1): "
      let largest = mode.values.map(abs).max() ?? 0
      let difference = mode.values[0] - mode.values[1]
      let one = TwoLayerDescentBounds(
        target: max(mode.target, 0), curvature: mode.curvature, initial: mode.endToEnd,
        stepSize: stepSize)
      hypotheses.append(
        Hypothesis(
          name + "negative part of the target", measured: max(0, -mode.target), allowed: 0))
      hypotheses.append(
        Hypothesis(
          name + "difference of the layers' values, relatively",
          measured: largest == 0 ? 0 : abs(difference) / largest, allowed: 1e-10))
      hypotheses += one.hypotheses.map { $0.named(name + $0.name) }
      for (time, values) in recorded {
        let steps = Int(time)
        bounds.append(
          .init(
            name + "value", .upper, one.upper(after: steps), time: time, measured: values[k]))
        bounds.append(
          .init(
            name + "value", .lower, one.lower(after: steps), time: time, measured: values[k]))
      }
    }
    // A mode is read off a matrix whose rounding is that of its largest element.
    let scale = recorded.flatMap(\.values).map(abs).max() ?? 0
    return Certificate(
      claim: claim, source: source, hypotheses: hypotheses, bounds: bounds,
      roundingScale: 1e-6 * scale)
  }
}

extension Hypothesis {
  /// The same under another name.
  func named(_ name: String) -> Hypothesis {
    switch relation {
    case .atMost: Hypothesis(name, measured: measured, allowed: limit)
    case .moreThan: Hypothesis(name, measured: measured, moreThan: limit)
    }
  }
}
