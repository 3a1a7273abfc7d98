import Dynamics
import RealModule

/// A mode of two balanced layers on its way from nearly zero to σ/λ.
struct PlateauMode {
  let target: Double
  let curvature: Double
  let initial: Double

  /// σ/λ.
  var limit: Double { target / curvature }

  /// δ = −½ ln w₀.
  var delta: Double { -0.5 * .log(initial) }
}

extension [PlateauMode] {
  /// What the corollaries need of the starts: vanishing and equal; and each pair that rises against the order of its
  /// σ because its starts differ.
  ///
  /// - Parameter rises: the time at which each mode rises.
  func hypotheses(rises: [Double], unit: String) -> [Hypothesis] {
    let starts = map(\.initial)
    let (least, most) = (starts.min() ?? 0, starts.max() ?? 0)
    var result = [
      Hypothesis("smallest start of a mode", measured: least, moreThan: 0),
      Hypothesis(
        "largest start of a mode over its σ/λ",
        measured: map { $0.initial / $0.limit }.max() ?? 0, allowed: 0.5),
      Hypothesis(
        "largest start over the smallest, from 1 (the starts must be equal)",
        measured: least > 0 ? most / least - 1 : .infinity, allowed: 1e-9),
    ]
    for i in indices {
      for j in indices where self[i].target > self[j].target && rises[i] > rises[j] {
        result.append(
          Hypothesis(
            "order reversed by unequal starts: \(unit) of σ = \(self[i].target), before those of σ = \(self[j].target)",
            measured: rises[i], allowed: rises[j]))
      }
    }
    return result
  }
}

extension AlignedModes {
  /// The modes with a target, as values of W that grow from nearly zero; the hypotheses say where they are no such.
  func plateauModes() -> (modes: [(index: Int, mode: PlateauMode)], hypotheses: [Hypothesis]) {
    var found: [(index: Int, mode: PlateauMode)] = []
    var (imbalance, against, flat) = (0.0, 0.0, Double.infinity)
    for (k, mode) in modes.enumerated() where mode.target != 0 {
      let (u, v) = (mode.values[1], mode.values[0])
      let largest = Swift.max(abs(u), abs(v))
      if largest > 0 { imbalance = Swift.max(imbalance, abs(abs(u) - abs(v)) / largest) }
      // Reflecting one layer turns σ < 0 with w < 0 into σ > 0 with w > 0.
      let sign: Double = mode.target < 0 ? -1 : 1
      let start = sign * mode.endToEnd
      against = Swift.max(against, -start)
      flat = Swift.min(flat, mode.curvature)
      found.append(
        (k, PlateauMode(target: abs(mode.target), curvature: mode.curvature, initial: start)))
    }
    return (
      found,
      [
        Hypothesis(
          "difference of the two layers' values of a mode, relatively", measured: imbalance,
          allowed: 1e-10),
        Hypothesis(
          "start of a mode on the other side of zero than its target", measured: against,
          allowed: 0),
        Hypothesis(
          "smallest variance of the inputs along a mode", measured: flat, moreThan: 0),
      ]
    )
  }
}
