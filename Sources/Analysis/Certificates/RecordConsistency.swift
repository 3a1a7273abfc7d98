import Dynamics
import LinearAlgebra
import LinearNetworks

/// What was recorded agrees with itself: the end-to-end matrix is the product of the layers, its singular values
/// and its loss are those recorded, and the unbalancedness is that of the layers. No theorem, but what every
/// other certificate relies on.
///
/// Distances are relative to the largest element, value or term at hand; what is allowed is the accuracy of the record,
/// because a flow between two steps is interpolated in coordinates of which the singular values are a part.
public enum RecordConsistency {
  static let claim = "the record agrees with itself"
  static let source = "definitions of the recorded quantities"

  /// The certificate of a finished run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    let limit = max(1e-9, run.accuracy)
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots {
      func compare(_ what: String, _ distance: Double, scale: Double) {
        bounds.append(
          .init(
            what, .upper, limit, time: point.time, measured: distance == 0 ? 0 : distance / scale))
      }
      let product = product(of: point.layers, run)
      if let w = point.endToEnd, let product {
        compare(
          "end-to-end matrix, from the product of the layers", (w - product).maxAbsolute,
          scale: max(w.maxAbsolute, product.maxAbsolute))
      }
      guard let w = point.endToEnd ?? product else { continue }
      if run.recordsPlainLoss {
        let value = run.objective.value(at: w)
        compare(
          "loss, from that of the recorded matrix", abs(point.loss - value),
          scale: run.lossScale(at: w))
      }
      if let values = point.singularValues {
        let actual = try w.singularValues()
        compare(
          "singular values, from those of the recorded matrix",
          zip(values, actual).map { abs($0 - $1) }.max() ?? 0,
          scale: max(values.max() ?? 0, actual.first ?? 0))
      }
      if let unbalancedness = point.unbalancedness, case .layered = run.start,
        let layers = point.layers
      {
        let actual = GramDifferences.of(layers).map(\.frobeniusNorm).max() ?? 0
        compare(
          "unbalancedness, from that of the recorded layers", abs(unbalancedness - actual),
          scale: layers.map { $0.inner($0) }.max() ?? 0)
      }
    }
    guard !bounds.isEmpty else {
      return Certificate(
        claim: claim, source: source,
        excluded: "needs a trajectory with endToEnd or layers")
    }
    return Certificate(claim: claim, source: source, hypotheses: [], bounds: bounds)
  }

  private static func product(of layers: [Matrix]?, _ run: CertifiedRun) -> Matrix? {
    guard let layers, let first = layers.first else { return nil }
    if case .symmetric = run.start { return first.timesTransposed(first) }
    return layers.dropFirst().reduce(first) { $1 * $0 }
  }
}
