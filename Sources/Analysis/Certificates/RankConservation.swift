import Dynamics
import LinearAlgebra
import LinearNetworks

/// Balanced layers keep the rank of their product and, for square W, the sign of its determinant, for ever.
///
/// Two layers or more, any loss: no singular value becomes zero, and none that is zero becomes anything else. Measured
/// are, at every point, the singular values beyond the rank of the start, relative to the largest, and for a start of
/// full rank σ_min(W) with the sign of det W over that of the start; where σ_min is below the accuracy of the record
/// its sign shows nothing.
///
/// - SeeAlso: Lemma 2 of [cohenRazin]; the rank needs what it says of every singular value.
public enum RankConservation {
  static let claim = "rank and sign of the determinant are kept"
  static let source = "Lemma 2 of Cohen and Razin, lecture notes"
  private static let beyond =
    "singular values beyond the rank of the start, relative to the largest"
  private static let signed =
    "smallest singular value, with the sign of det W over that of the start"

  /// The certificate of a run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    let network: LinearNetwork
    switch try run.flowingLayers(atLeast: 2) {
    case .met(let layers): network = layers
    case .lacking(let words): return Certificate(claim: claim, source: source, excluded: words)
    }
    let start = network.endToEnd()
    let isSquare = start.rowCount == start.columnCount
    let side = min(start.rowCount, start.columnCount)
    let rank = try network.numericalRank()
    let sign = isSquare && rank == side ? try DeterminantSign.of(start) : 0
    let balance = Hypothesis.balance(of: network)
    guard rank < side || isSquare else {
      return Certificate(
        claim: claim, source: source,
        excluded:
          "needs a square matrix or one of less than full rank, and this one is \(start.shape) of rank \(rank)"
      )
    }
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots {
      let w = try point.endToEnd ?? run.layers(at: point).map(run.endToEnd)
      guard let values = try w?.singularValues() ?? point.singularValues,
        let largest = values.first, let smallest = values.last
      else { continue }
      if rank < side {
        bounds.append(
          .init(
            beyond, .upper, run.accuracy, time: point.time,
            measured: values[rank] == 0 ? 0 : values[rank] / largest,
            isInformative: point.time > 0))
      } else if let w, sign != 0 {
        let flips = try DeterminantSign.of(w) * sign < 0
        bounds.append(
          .init(
            signed, .lower, 0, time: point.time, measured: flips ? -smallest : smallest,
            rounding: run.accuracy * largest,
            isInformative: point.time > 0 && smallest > run.accuracy * largest))
      }
    }
    if bounds.isEmpty {
      bounds = [rank < side ? .init(beyond, .upper, run.accuracy) : .init(signed, .lower, 0)]
    }
    return Certificate(claim: claim, source: source, hypotheses: [balance], bounds: bounds)
  }
}

extension LinearNetwork {
  /// The rank of the product of balanced layers, from the layer of least rank: a product has the rounding of all.
  func numericalRank() throws -> Int {
    try layers.map { layer in
      let values = try layer.singularValues()
      let tolerance =
        (values.first ?? 0) * Double(max(layer.rowCount, layer.columnCount)) * 4 * .ulpOfOne
      return values.count { $0 > tolerance }
    }.min() ?? 0
  }
}

extension Hypothesis {
  /// That layers are balanced up to rounding.
  static func balance(of network: LinearNetwork) -> Hypothesis {
    Hypothesis(
      "unbalancedness, relative to the layers", measured: network.relativeUnbalancedness,
      allowed: 1e-10)
  }
}
