import RealModule

/// The rate of an exponential decay, from two points of it.
enum DecayRate {
  /// −d ln(gap)/dt between the first gap at most `upper` and the last one at least `lower`; NaN when they are not
  /// two points.
  static func measure(times: [Double], gaps: [Double], from upper: Double, to lower: Double)
    -> Double
  {
    guard let first = gaps.firstIndex(where: { $0 <= upper }),
      let last = gaps.lastIndex(where: { $0 >= lower }), last > first
    else { return .nan }
    return .log(gaps[first] / gaps[last]) / (times[last] - times[first])
  }
}

extension [Double] {
  /// Evenly spaced numbers from 0 to an end.
  static func times(to end: Double, count: Int) -> [Double] {
    (0...count).map { end * Double($0) / Double(count) }
  }
}
