import RealModule

// The number of steps by the step size falls until descent becomes unstable, but not evenly, and for deep networks from small
// starts the best step can be many powers of two away from any estimate. So: powers of two both ways from an estimate, until
// longer ones fail three times and shorter ones are only slower, then eighths of an octave around the best.

/// Looks for the step size with which descent needs the fewest steps to a loss.
public struct StepSearch: Equatable, Sendable {
  /// One step size, and the steps it took; nil where it does not arrive.
  public struct Trial: Equatable, Sendable {
    /// The step size.
    public var stepSize: Double
    /// The steps.
    public var steps: Int?
  }

  /// By step size.
  public private(set) var trials: [Trial] = []

  /// The trial with the fewest steps, of equal ones the longest step.
  public var best: Trial? {
    trials.filter { $0.steps != nil }
      .min { ($0.steps!, -$0.stepSize) < ($1.steps!, -$1.stepSize) }
  }

  /// Searches.
  ///
  /// - Parameters:
  ///   - estimate: a step size to begin with.
  ///   - steps: the steps that a step size takes, nil where it does not arrive; throws to stop the search.
  public init<Failure: Error>(
    from estimate: Double, _ steps: (Double) throws(Failure) -> Int?
  ) throws(Failure) {
    var found: [Trial] = []
    func attempt(_ stepSize: Double) throws(Failure) -> Int? {
      let count = try steps(stepSize)
      found.append(Trial(stepSize: stepSize, steps: count))
      return count
    }
    func fewest() -> Int? { found.compactMap(\.steps).min() }
    var isThere = try attempt(estimate) != nil
    var failures = 0
    for k in 1...60 where failures < 3 || !isThere {
      let count = try attempt(estimate * .pow(2, Double(k)))
      isThere = isThere || count != nil
      failures = count == nil ? failures + 1 : 0
    }
    for k in 1...60 {
      let count = try attempt(estimate * .pow(2, -Double(k)))
      if let count, let least = fewest(), count >= 2 * least { break }
      // Shorter than what arrives, and too slow to arrive.
      if count == nil, isThere { break }
      isThere = isThere || count != nil
    }
    if let center = found.filter({ $0.steps != nil })
      .min(by: { ($0.steps!, -$0.stepSize) < ($1.steps!, -$1.stepSize) })?.stepSize
    {
      for k in -8...8 where k % 8 != 0 {
        _ = try attempt(center * .pow(2, Double(k) / 8))
      }
    }
    trials = found.sorted { $0.stepSize < $1.stepSize }
  }
}
