import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

/// Gradient flow conserves the differences of neighbouring layers' Gram matrices, whatever the loss.
///
///     W_{j+1}ᵀ W_{j+1} − W_j W_jᵀ  is constant
///
/// Measured is the largest ‖change‖_F relative to the largest ‖W_j‖²_F at that time. Where only the
/// unbalancedness was recorded, its change is measured, which is no larger, relative to Σ_r σ_r^{2/N}, the
/// squared norm of each balanced layer. The start itself, and a single recorded point, show nothing of conservation:
/// they may contradict it, but that they do not is no measurement.
///
/// - SeeAlso: Lemma 1 of [cohenRazin].
public enum BalanceConservation {
  static let claim = "conservation of balance"
  static let source = "Lemma 1 of Cohen and Razin, lecture notes"
  private static let quantity = "change of W_{j+1}ᵀW_{j+1} − W_jW_jᵀ, relative to the layers"

  /// The certificate of a run; the limit is the accuracy of what was recorded.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    guard run.motion != .endToEndFlow else {
      return Certificate(
        claim: claim, source: source,
        excluded: "needs layers, and the flow of the end-to-end matrix has none")
    }
    let network: LinearNetwork
    switch try run.flowingLayers(atLeast: 2) {
    case .met(let layers): network = layers
    case .lacking(let words): return Certificate(claim: claim, source: source, excluded: words)
    }
    let start = GramDifferences.of(network.layers)
    // The regularised flow conserves it too, when its penalty is zero from the start.
    let startSize = network.layers.map { $0.inner($0) }.max() ?? 0
    let imbalance = network.unbalancedness()
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots {
      let change: Double
      let size: Double
      if let layers = point.layers {
        change =
          zip(GramDifferences.of(layers), start).map { ($0 - $1).frobeniusNorm }.max() ?? 0
        size = layers.map { $0.inner($0) }.max() ?? 0
      } else if let unbalancedness = point.unbalancedness, let values = point.singularValues {
        change = abs(unbalancedness - imbalance)
        size = values.reduce(0) { $0 + .pow($1, 2 / Double(network.depth)) }
      } else {
        continue
      }
      bounds.append(
        .init(
          quantity, .upper, run.accuracy, time: point.time,
          measured: change == 0 ? 0 : change / max(size, startSize),
          isInformative: point.time > 0 && run.snapshots.count > 1))
    }
    if bounds.isEmpty { bounds = [.init(quantity, .upper, run.accuracy)] }
    return Certificate(claim: claim, source: source, hypotheses: [], bounds: bounds)
  }
}
