import DeepLinear

/// The seam for closed forms: a problem, a start and times give a trajectory, or a sentence why no closed form
/// applies.
enum ExactSimulation {
  static func trajectory(_ spec: SimulationSpec) throws -> Trajectory {
    throw spec.dynamics.node.failure(
      "no closed form is known here for this problem; use kind: flow.")
  }
}
