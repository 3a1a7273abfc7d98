import DeepLinear

/// Closed forms: a problem, a start and times give a trajectory, or a sentence why none applies.
enum ExactSimulation {
  /// - Parameter approximate: whether the modes' closed form with a bound of its error is taken where none is exact.
  static func result(of spec: SimulationSpec, approximate: Bool) throws -> SimulatedPath {
    let start: ExactSolutions.Start =
      switch spec.network.start {
      case .layered(let network): .layered(network)
      case .symmetric(let network): .symmetric(factor: network.factor)
      }
    do {
      let solution = try solve(spec, from: start)
      guard let solution else {
        throw spec.dynamics.node.failure(
          "an objective of kind \(spec.objective.kind) has no closed form; use kind: flow.")
      }
      return SimulatedPath(
        trajectory: solution.trajectory, method: solution.method.rawValue, isComplete: true)
    } catch let refusal as NoExactSolution {
      if approximate, let path = try perturbed(spec) { return path }
      let attempts = refusal.attempts.map { attempt in
        "\(attempt.method.rawValue) (" + attempt.failing.map(\.description).joined(separator: ", ")
          + ")"
      }
      let other = spec.dynamics.exactOf.rawValue
      throw spec.dynamics.node.failure(
        "no closed form applies, as these conditions fail: \(attempts.joined(separator: "; ")); "
          + "use kind: \(other).")
    }
  }

  /// The closed form of the modes with a bound of its error; nil where the start does not carry the modes.
  private static func perturbed(_ spec: SimulationSpec) throws -> SimulatedPath? {
    guard spec.dynamics.exactOf == .flow, case .layered(let network) = spec.network.start,
      network.depth == 2, let problem = QuadraticProblem(spec.objective.objective)
    else { return nil }
    do {
      let modes = try PerturbedModes(
        problem, from: network, at: spec.recording.times, quantities: spec.recording.followed)
      var trajectory = modes.trajectory
      for k in trajectory.snapshots.indices {
        // The loss as the objective has it, with its constant.
        if let w = trajectory.snapshots[k].endToEnd {
          trajectory.snapshots[k].loss = spec.objective.objective.value(at: w)
        }
      }
      var path = SimulatedPath(
        trajectory: trajectory, method: "perturbedModes", isComplete: true)
      path.errorBounds = modes.endToEndBounds
      return path
    } catch is NoExactSolution {
      return nil
    }
  }

  /// Nil for an objective without coefficients of a quadratic one.
  private static func solve(
    _ spec: SimulationSpec, from start: ExactSolutions.Start
  ) throws -> ExactSolution? {
    let objective = spec.objective.objective
    let (times, quantities) = (spec.recording.times, spec.recording.followed)
    var problem = QuadraticProblem(objective)
    if let linear = objective as? LinearObjective {
      let inputs = linear.inputCount
      problem = .regression(
        inputCovariance: Matrix(rowCount: inputs, columnCount: inputs),
        crossCovariance: -linear.slope)
    }
    switch spec.dynamics.exactOf {
    case .descent:
      return try problem.map {
        try ExactSolutions.solveDescent(
          $0, from: start, stepSize: spec.dynamics.stepSize, at: times.map { Int($0) },
          quantities: quantities, loss: { objective.value(at: $0) })
      }
    case .regularizedFlow:
      let imbalance = try spec.dynamics.imbalance?.number() ?? 0
      return try problem.map {
        try ExactSolutions.solveRegularized(
          $0, from: start, imbalance: imbalance, at: times, quantities: quantities,
          loss: { objective.value(at: $0) })
      }
    default:
      if objective is LinearObjective, let problem {
        return try ExactSolutions.solve(problem, from: start, at: times, quantities: quantities)
      }
      return try ExactSolutions.solve(
        objective: objective, from: start, at: times, quantities: quantities)
    }
  }
}
