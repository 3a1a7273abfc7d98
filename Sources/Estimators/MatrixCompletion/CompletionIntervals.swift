import LinearAlgebra
import RealModule

/// Half-widths of prediction intervals for entries of a completed matrix.
///
/// Split conformal prediction: on entries held out of a fit, |residual| divided by the standard deviation that
/// the fit predicts there is a score; q is the ⌈(n + 1) coverage⌉-th smallest of the n scores, and the
/// interval of an entry is its prediction ± q times its predicted standard deviation.
///
/// **Assumption.** The entries to be predicted are missing at random: held-out and missing entries are
/// exchangeable. Then a new observation, noise included, falls inside with at least the coverage, on average over
/// the entries. The final fit uses the held-out entries too, which makes it a little better than the one
/// that was calibrated.
/// - SeeAlso: [vovk2005], [gui2023].
public struct CompletionIntervals: Equatable, Sendable {
  /// The share of new observations that the intervals are to hold.
  public let coverage: Double
  /// The quantile q of the scores; infinite when fewer than coverage/(1 − coverage) entries were held out.
  public let quantile: Double
  /// How many entries were held out.
  public let calibrationCount: Int
  private let variational: VariationalFactorization?
  private let unit: Double
  /// Where the fit is one of the occupied rows and columns of a larger table, which those are.
  var occupied: OccupiedTable?

  /// Intervals of width zero: the data are exact, and a determined entry has no freedom.
  init(exact coverage: Double) {
    self.coverage = coverage
    quantile = 0
    calibrationCount = 0
    variational = nil
    unit = 0
  }

  init(
    coverage: Double, calibration: [(residual: Double, deviation: Double)],
    variational: VariationalFactorization?, unit: Double
  ) {
    self.coverage = coverage
    self.variational = variational
    self.unit = unit
    calibrationCount = calibration.count
    let scores = calibration.map { abs($0.residual) / max($0.deviation, .leastNormalMagnitude) }
      .sorted()
    let place = Int((coverage * Double(scores.count + 1)).rounded(.up))
    quantile = place <= scores.count ? scores[max(place, 1) - 1] : .infinity
  }

  /// The half-width at a position; infinite in a row or column without an entry, where there is no ground for one.
  public func halfWidth(row: Int, column: Int) -> Double {
    guard let occupied else { return fittedHalfWidth(row: row, column: column) }
    guard let place = occupied.place(row: row, column: column) else { return .infinity }
    return fittedHalfWidth(row: place.row, column: place.column)
  }

  private func fittedHalfWidth(row: Int, column: Int) -> Double {
    guard quantile > 0 else { return 0 }
    let variance = variational?.variance(row: row, column: column) ?? 1
    return quantile * unit * variance.squareRoot()
  }
}
