import LinearNetworks

/// Watches for the time from which the smallest singular value of the end-to-end matrix is rounding.
///
/// A value that has been below it since the start, as in a start of zeros, is not lost but not there yet.
struct RoundingWatch: Sendable, Codable {
  /// The time, when it has come.
  private(set) var time: Double?
  private var wasAbove = false

  mutating func note(_ point: FlowPoint, of equation: some FlowEquation) {
    guard time == nil, let size = equation.smallestOverRounding(of: point.state) else { return }
    if size >= 1 {
      wasAbove = true
    } else if wasAbove {
      time = point.time
    }
  }
}
