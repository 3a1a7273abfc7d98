import RealModule

/// Times spread between two ends.
public enum RecordingTimes {
  /// How times are spread.
  public enum Spacing: String, CaseIterable, Sendable {
    case linear, logarithmic
  }

  /// So many times from one to another, both among them.
  ///
  /// - Precondition: two times at least, ends in order, and a positive first one for logarithmic spacing.
  public static func spread(
    from first: Double, to last: Double, count: Int, _ spacing: Spacing
  ) -> [Double] {
    precondition(
      count >= 2 && first < last && (first > 0 || spacing == .linear),
      "\(count) times from \(first) to \(last) cannot be spread")
    return (0..<count).map { k in
      if k == 0 { return first }
      if k == count - 1 { return last }
      let share = Double(k) / Double(count - 1)
      switch spacing {
      case .linear: return first + share * (last - first)
      case .logarithmic: return .exp(.log(first) + share * (.log(last) - .log(first)))
      }
    }
  }
}
