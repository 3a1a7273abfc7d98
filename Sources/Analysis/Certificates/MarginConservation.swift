import Dynamics
import LinearAlgebra

/// Along any flow whose loss never rises the singular values stay above the deficiency margin of the start, and a
/// square W keeps the sign of its determinant. The loss may be any strongly convex one, or any regression.
///
/// Measured is σ_min(W), for square matrices with the sign of det W over that of the start. What balanced layers
/// conserve without a margin is in ``RankConservation``.
///
/// - SeeAlso: Definition 3 and the proof of Theorem 2 of [cohenRazin].
public enum MarginConservation {
  static let claim = "singular values stay above the margin"
  static let source = "Definition 3 and proof of Theorem 2 of Cohen and Razin, lecture notes"
  private static let quantity = "smallest singular value"

  /// The certificate of a run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    switch run.motion {
    case .flow, .endToEndFlow, .regularizedFlow(startsBalanced: true, _): break
    default: return excluded("needs gradient flow, and this is \(run.motion.words)")
    }
    let start = run.startEndToEnd
    guard let loss = try StronglyConvexLoss(run.objective) else {
      return excluded(StronglyConvexLoss.lacking)
    }
    let margin = try loss.margin(of: start)
    let sign = try determinantSign(start)
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots {
      guard let values = try point.endToEnd?.singularValues() ?? point.singularValues,
        let largest = values.first, let smallest = values.last
      else { continue }
      let flip = try point.endToEnd.map { try determinantSign($0) * sign < 0 } ?? false
      bounds.append(
        .init(
          quantity, .lower, margin.supremum, time: point.time,
          measured: flip ? -smallest : smallest, rounding: run.accuracy * largest,
          isInformative: point.time > 0))
    }
    if bounds.isEmpty { bounds = [.init(quantity, .lower, margin.supremum)] }
    return Certificate(
      claim: claim, source: source,
      // An exact margin is of the loss as it is, a lower bound comes from its convexity.
      hypotheses: (margin.isExact ? [] : [loss.strongConvexity]) + [loss.hypothesis(of: margin)],
      bounds: bounds)
  }

  /// 1 for matrices that are not square.
  private static func determinantSign(_ w: Matrix) throws -> Int {
    w.rowCount == w.columnCount ? try DeterminantSign.of(w) : 1
  }
}
