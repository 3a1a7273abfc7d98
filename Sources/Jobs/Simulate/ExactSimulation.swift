import DeepLinear

/// Closed forms: a problem, a start and times give a trajectory, or a sentence why none applies.
enum ExactSimulation {
  static func result(of spec: SimulationSpec) throws -> SimulatedPath {
    let start: ExactSolutions.Start =
      switch spec.network.start {
      case .layered(let network): .layered(network)
      case .symmetric(let network): .symmetric(factor: network.factor)
      }
    do {
      let solution = try ExactSolutions.solve(
        objective: spec.objective.objective, from: start, at: spec.recording.times,
        quantities: spec.recording.quantities)
      guard let solution else {
        throw spec.dynamics.node.failure(
          "an objective of kind \(spec.objective.kind) has no closed form; use kind: flow.")
      }
      return SimulatedPath(
        trajectory: solution.trajectory, method: solution.method.rawValue, isComplete: true)
    } catch let refusal as NoExactSolution {
      let attempts = refusal.attempts.map { attempt in
        "\(attempt.method.rawValue) (" + attempt.failing.map(\.description).joined(separator: ", ")
          + ")"
      }
      throw spec.dynamics.node.failure(
        "no closed form applies, as these conditions fail: \(attempts.joined(separator: "; ")); "
          + "use kind: flow.")
    }
  }
}
