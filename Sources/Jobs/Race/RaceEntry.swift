import DeepLinear

/// One depth in the race.
struct RaceEntry {
  /// What descent moves.
  enum Ground: String {
    /// W, by the gradient of the loss.
    case loss
    /// The layers.
    case layers
    /// W, by the end-to-end dynamics of the depth, discretised.
    case endToEnd
  }

  let depth: Int
  let ground: Ground
  let search: StepSearch
  /// The loss after each step at the best step size.
  let losses: [Double]
  /// The time at which gradient flow reaches the loss; nil where it does not within 20,000 steps of the integrator.
  let flowTime: Double?

  init(
    _ objective: any Objective, from start: Matrix, depth: Int, on ground: Ground, target: Double,
    stepLimit: Int, observe: (Double) throws -> Void
  ) throws {
    self.depth = depth
    self.ground = ground
    let width = min(start.rowCount, start.columnCount)
    let network = try LinearNetwork.balanced(
      endToEnd: start, hiddenWidths: [Int](repeating: width, count: depth - 1))
    let ceiling = 1e6 * (abs(objective.value(at: start)) + abs(target) + 1e-300)
    func descend(_ stepSize: Double, _ recording: Recording = .last) -> Trajectory {
      let settings = Descent(
        stepSize: stepSize, stepLimit: stepLimit, targetLoss: target, recording: recording)
      return ground == .layers
        ? Self.run(settings, objective, on: network, ceiling)
        : Self.run(settings, objective, depth: depth, from: start, ceiling)
    }
    var count = 0
    search = try StepSearch(from: Self.estimate(objective, network, start, ground)) { stepSize in
      count += 1
      try observe(min(0.95, Double(count) / 45))
      let run = descend(stepSize)
      return run.outcome == .converged ? run.stepCount : nil
    }
    losses = search.best.map { descend($0.stepSize, Recording(.every(1))).losses } ?? []
    flowTime = Self.flowTime(objective, network, target)
  }

  private static func run(
    _ settings: Descent, _ objective: some Objective, on network: LinearNetwork, _ ceiling: Double
  ) -> Trajectory {
    settings.run(objective, from: network) { $0.loss <= ceiling ? .goOn : .interrupt }
  }

  private static func run(
    _ settings: Descent, _ objective: some Objective, depth: Int, from start: Matrix,
    _ ceiling: Double
  ) -> Trajectory {
    settings.run(EndToEndFlow(objective, depth: depth, from: start)) {
      $0.loss <= ceiling ? .goOn : .interrupt
    }
  }

  /// One over the curvature at the start, where it is not flat, and one over the slope otherwise.
  private static func estimate(
    _ objective: any Objective, _ network: LinearNetwork, _ start: Matrix, _ ground: Ground
  ) throws -> Double {
    let slope = objective.gradient(at: start).frobeniusNorm
    let curvature =
      try ground == .layers
      ? LossLandscape(objective).extremeCurvatures(at: network.layers, tolerance: 1e-2).largest
      : objective.smoothness ?? 0
    let scale = max(abs(curvature), slope * 1e-3, .leastNormalMagnitude)
    return 1 / scale
  }

  private static func flowTime(
    _ objective: some Objective, _ network: LinearNetwork, _ target: Double
  ) -> Double? {
    var steps = 0
    let run = GradientFlow(
      until: 1e12, steps: .adaptive(relativeTolerance: 1e-8), targetLoss: target
    ).run(objective, from: network) { _ in
      steps += 1
      return steps < 20_000 ? .goOn : .interrupt
    }
    guard run.trajectory.outcome == .converged else { return nil }
    return run.trajectory.snapshots.last?.time
  }
}
