import Dynamics
import LinearAlgebra

/// Along any flow whose loss never rises the singular values stay above the deficiency margin of the start, and a
/// square W keeps the sign of its determinant.
///
/// Measured is σ_min(W), for square matrices with the sign of det W over that of the start. The sign alone,
/// conserved by balanced layers without a margin (Lemma 2 of [cohenRazin]), is not certified: where σ_min decays
/// below rounding no computed trajectory keeps it.
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
    case .flow, .endToEndFlow, .regularizedFlow(startsBalanced: true): break
    default: return excluded("needs gradient flow, and this is \(run.motion.words)")
    }
    let problem: QuadraticProblem
    switch run.quadratic {
    case .met(let found): problem = found
    case .lacking(let words): return excluded(words)
    }
    let start = run.startEndToEnd
    let margin = try DeficiencyMargin(of: start, for: problem)
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
          measured: flip ? -smallest : smallest, rounding: run.accuracy * largest))
    }
    if bounds.isEmpty { bounds = [.init(quantity, .lower, margin.supremum)] }
    return Certificate(
      claim: claim, source: source,
      hypotheses: [Hypothesis("deficiency margin", measured: margin.supremum, moreThan: 0)],
      bounds: bounds)
  }

  /// 1 for matrices that are not square.
  private static func determinantSign(_ w: Matrix) throws -> Int {
    w.rowCount == w.columnCount ? try DeterminantSign.of(w) : 1
  }
}
