import DeepLinear

/// When each mode of a problem is learned from a small balanced start, if modes do not mix.
struct LearningPrediction {
  /// The modes as scalar flows, in the order of the problem.
  let flows: [BalancedMode]
  /// The step of descent.
  let stepSize: Double
  /// Flow times at which each mode has half of its limit; nil for one that never does.
  let times: [Double?]
  /// Steps of descent for the same.
  let steps: [Int?]
  /// The loss of W = 0.
  let initialLoss: Double

  init(
    _ modes: ProblemModes, depth: Int, start: Double, stepSize: Double, initialLoss: Double
  ) {
    let flows = modes.modes.map {
      BalancedMode(depth: depth, target: $0.target, curvature: $0.curvature, endToEnd: start)
    }
    self.flows = flows
    self.stepSize = stepSize
    self.initialLoss = initialLoss
    times = flows.map { LearningTimes.predicted($0) }
    steps = flows.map { LearningTimes.steps($0, stepSize: stepSize) }
  }

  /// The loss at a flow time.
  func loss(at time: Double) -> Double {
    flows.reduce(initialLoss) { loss, mode in
      let w = mode.endToEnd(at: time)
      return loss + w * (0.5 * mode.curvature * w - mode.target)
    }
  }

  /// From before the first mode rises until the last one has.
  var span: ClosedRange<Double> {
    let known = times.compactMap(\.self).filter { $0 > 0 }
    guard let first = known.min(), let last = known.max() else { return 0.01...1 }
    return 0.3 * first...max(1.5 * last, 3 * first)
  }
}
