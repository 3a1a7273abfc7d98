import LinearAlgebra
import RealModule

/// Half-widths of prediction intervals for entries of a completed matrix.
///
/// Split conformal prediction: on entries held out of a fit, |residual| divided by a deviation is a score; q is the
/// ⌈(n + 1) coverage⌉-th smallest of the n scores, and the interval of an entry is its prediction ± q times its
/// deviation. The deviation of an entry is c_j d^γ: d is what the fit predicts there, from the noise of the column and
/// how well both factors are known; the power γ says how far that is to be believed, and c_j, drawn towards one, by how
/// much the residuals of a column differ from it, in size and at the quantile. Both come from the scores, so that narrow and wide intervals, and
/// those of every column, cover alike.
///
/// **Assumption.** The entries to be predicted are missing at random: held-out and missing entries are
/// exchangeable. Then a new observation, noise included, falls inside with at least the coverage, on average over
/// the entries. Deviations are those of the fit that was calibrated; the final fit, which uses the held-out entries
/// too, is a little better.
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
  /// γ and c_j.
  private let power: Double
  /// The deviation that keeps its size under any power.
  private let reference: Double
  private let columnFactors: [Double]
  /// The unit of each column; nil for ones.
  private let columnUnits: [Double]?

  /// Intervals of width zero: the data are exact, and a determined entry has no freedom.
  init(exact coverage: Double) {
    self.coverage = coverage
    quantile = 0
    calibrationCount = 0
    variational = nil
    columnUnits = nil
    unit = 0
    power = 1
    reference = 1
    columnFactors = []
  }

  /// A residual of an entry held out, and the deviation that the fit predicts for it.
  struct Calibration {
    var column: Int
    var residual: Double
    var deviation: Double
  }

  init(
    coverage: Double, calibration: [Calibration], columnCount: Int,
    variational: VariationalFactorization?, unit: Double, columnUnits: [Double]? = nil
  ) {
    self.coverage = coverage
    self.columnUnits = columnUnits
    self.variational = variational
    self.unit = unit
    calibrationCount = calibration.count
    let power = Self.power(calibration)
    let deviations = calibration.map(\.deviation).sorted()
    let reference =
      deviations.isEmpty ? 1 : max(deviations[deviations.count / 2], .leastNormalMagnitude)
    var sums = [Double](repeating: 0, count: columnCount)
    var counts = sums
    let scores = calibration.map {
      abs($0.residual) / Self.deviation($0.deviation, power, reference)
    }
    let size = rootMeanSquare(scores)
    if size > 0, size.isFinite {
      for (score, entry) in zip(scores, calibration) {
        sums[entry.column] += (score / size) * (score / size)
        counts[entry.column] += 1
      }
    }
    let pool = VariancePool(sums: sums, counts: counts)
    let isOneColumn = counts.count { $0 > 0 } < 2
    let areAlike = isOneColumn || pool.spread < Self.alikeSpread
    func factor(sum: Double, count: Double) -> Double {
      areAlike ? 1 : (pool.variance(sum: sum, count: count) / pool.variance).squareRoot()
    }
    let factors = sums.indices.map { factor(sum: sums[$0], count: counts[$0]) }
    // A factor that knows a score would make it look smaller than a new one does: each score is measured by the others
    // of its column.
    let scaled = zip(scores, calibration).map { score, entry in
      guard size > 0, size.isFinite else { return score }
      let own = (score / size) * (score / size)
      return score
        / factor(sum: max(0, sums[entry.column] - own), count: counts[entry.column] - 1)
    }
    let ratios =
      isOneColumn
      ? factors.map { _ in 1 }
      : Self.columnRatios(scaled, calibration.map(\.column), columnCount, coverage)
    quantile = Self.quantile(
      zip(scaled, calibration).map { $0 / ratios[$1.column] }.sorted(), coverage)
    self.power = power
    self.reference = reference
    columnFactors = zip(factors, ratios).map { $0 * $1 }
  }

  /// The ⌈(n + 1) coverage⌉-th smallest of n sorted scores; infinite where there are not as many.
  private static func quantile(_ sorted: [Double], _ coverage: Double) -> Double {
    let place = Int((coverage * Double(sorted.count + 1)).rounded(.up))
    return place <= sorted.count ? sorted[max(place, 1) - 1] : .infinity
  }

  /// How far the quantile of each column's scores is from that of all.
  ///
  /// Scores of one size can have other tails. With n scores the logarithm of a quantile q scatters by
  /// e² = p(1 − p)/(n (q f(q))²), f the density, here that of |N(0, 1)|; what columns differ beyond that, τ², is theirs. Each
  /// is drawn towards all by τ²/(τ² + e²).
  private static func columnRatios(
    _ scores: [Double], _ columns: [Int], _ columnCount: Int, _ coverage: Double
  ) -> [Double] {
    var ratios = [Double](repeating: 1, count: columnCount)
    let whole = quantile(scores.sorted(), coverage)
    guard whole > 0, whole.isFinite else { return ratios }
    var own = [[Double]](repeating: [], count: columnCount)
    for (score, column) in zip(scores, columns) { own[column].append(score) }
    let variance = logarithmicVariance(coverage)
    var found: [(column: Int, shift: Double, error: Double)] = []
    for column in own.indices {
      guard own[column].count >= leastColumnCount else { continue }
      let value = quantile(own[column].sorted(), coverage)
      guard value > 0, value.isFinite else { continue }
      found.append((column, Double.log(value / whole), variance / Double(own[column].count)))
    }
    guard found.count > 1 else { return ratios }
    let spread =
      found.reduce(0) { $0 + $1.shift * $1.shift - $1.error } / Double(found.count)
    guard spread > 0 else { return ratios }
    for (column, shift, error) in found {
      ratios[column] = Double.exp(shift * spread / (spread + error))
    }
    return ratios
  }

  /// A quantile of fewer scores is one of the largest few, and says nothing of its column.
  private static let leastColumnCount = 40

  /// p(1 − p)/(q f(q))² for the p-quantile q of |N(0, 1)|.
  private static func logarithmicVariance(_ share: Double) -> Double {
    let q = StandardNormal.quantile((1 + share) / 2)
    let slope = q * (2 / Double.pi).squareRoot() * Double.exp(-q * q / 2)
    return share * (1 - share) / max(slope * slope, 1e-300)
  }

  /// Columns whose logarithmic squared scores scatter by less than this squared are taken to be alike.
  private static let alikeSpread = 1.0 / 64

  private static func deviation(_ deviation: Double, _ power: Double, _ reference: Double) -> Double
  {
    let own = max(deviation, .leastNormalMagnitude)
    return power == 1
      ? own : max(reference * Double.pow(own / reference, power), .leastNormalMagnitude)
  }

  /// The power of the predicted deviations under which Gaussian residuals are likeliest, the common scale free.
  private static func power(_ calibration: [Calibration]) -> Double {
    let count = Double(calibration.count)
    guard count > 1 else { return 1 }
    let logs = calibration.map { Double.log(max($0.deviation, .leastNormalMagnitude)) }
    let centre = logs.reduce(0, +) / count
    // The scale is free: the largest, whose square is not needed and may not be a number.
    let size = calibration.reduce(0) { max($0, abs($1.residual)) }
    guard size > 0, size.isFinite else { return 1 }
    func deviance(_ power: Double) -> Double {
      let squares = zip(calibration, logs).reduce(0.0) {
        let residual = $1.0.residual / size
        return $0 + residual * residual * Double.exp(-2 * power * ($1.1 - centre))
      }
      return Double.log(squares / count)
    }
    // The sum of the logarithms about their centre is zero, whatever the power.
    let best = [0, 0.25, 0.5, 0.75, 1.25, 1.5].min { deviance($0) < deviance($1) } ?? 1
    // Another power must be likelier by a factor of e, or it is chance.
    return deviance(best) < deviance(1) - 2 / count ? best : 1
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
    return quantile * columnFactors[column]
      * Self.deviation(unit * variance.squareRoot(), power, reference) * (columnUnits?[column] ?? 1)
  }
}
