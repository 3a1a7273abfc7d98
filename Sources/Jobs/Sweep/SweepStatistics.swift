import Glibc

/// What the runs of one point say together about a measure.
struct SweepStatistics: Encodable {
  /// How many runs have the measure.
  var count: Int
  var mean: Double?
  var median: Double?
  var lowerDecile: Double?
  var upperDecile: Double?
  /// Of a measure that is 1 or 0, the share of ones with Wilson's 95 % interval.
  var share: Double?
  var shareLower: Double?
  var shareUpper: Double?

  /// - Parameter runs: how many runs there are: one without the measure counts as 0 in a share.
  init(of values: [Double], runs: Int, isShare: Bool) {
    let sorted = values.sorted()
    count = sorted.count
    guard count > 0 else { return }
    mean = sorted.reduce(0, +) / Double(count)
    median = Self.quantile(sorted, 0.5)
    lowerDecile = Self.quantile(sorted, 0.1)
    upperDecile = Self.quantile(sorted, 0.9)
    guard isShare else { return }
    let interval = Self.wilson(successes: sorted.reduce(0, +), of: Double(runs))
    (share, shareLower, shareUpper) = (
      sorted.reduce(0, +) / Double(runs), interval.lowerBound, interval.upperBound
    )
  }

  /// Between neighbouring values on a straight line, as NumPy does.
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let low = Int(place)
    let high = min(low + 1, sorted.count - 1)
    return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
  }

  /// Wilson's interval for a share: the shares that a test at 1.96 standard deviations does not refute.
  ///
  /// - SeeAlso: [wilson1927probable].
  static func wilson(successes: Double, of count: Double, z: Double = 1.959963984540054)
    -> ClosedRange<
      Double
    >
  {
    let share = successes / count
    let center = share + z * z / (2 * count)
    let half = z * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot()
    let size = 1 + z * z / count
    // At both ends the root is exact but for rounding.
    return
      (share == 0 ? 0 : max(0, (center - half) / size))...(share == 1
      ? 1 : min(1, (center + half) / size))
  }
}
