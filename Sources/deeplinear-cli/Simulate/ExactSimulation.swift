import DeepLinear

/// A specification solved in closed form.
enum ExactSimulation {
  /// The trajectory at the times asked for, and which closed form gave it.
  ///
  /// A refusal names every hypothesis that fails and by how much, for each closed form that was tried.
  static func result(of spec: SimulationSpec) throws -> SimulationResult {
    let problem: QuadraticProblem
    switch spec.objective.objective {
    case let regression as RegressionObjective:
      let zero = Matrix(rowCount: regression.outputCount, columnCount: regression.inputCount)
      problem = .regression(
        inputCovariance: regression.inputCovariance, crossCovariance: regression.crossCovariance,
        constant: regression.value(at: zero))
    case let factorization as FactorizationObjective:
      problem = .factorization(target: factorization.target)
    default:
      throw spec.dynamics.node.failure(
        "no closed form is known for a \(spec.objective.kind) objective; use kind: flow.")
    }
    let start: ExactSolutions.Start =
      switch spec.network.start {
      case .layered(let network): .layered(network)
      case .symmetric(let network): .symmetric(factor: network.factor)
      }
    do {
      let solution = try ExactSolutions.solve(
        problem, from: start, at: spec.recording.times, quantities: spec.recording.quantities)
      return SimulationResult(
        trajectory: solution.trajectory, method: solution.method.rawValue, isComplete: true)
    } catch let refusal as NoExactSolution {
      let reasons = refusal.description.split(separator: "\n").joined(separator: "; ")
      throw spec.dynamics.node.failure("no closed form applies (\(reasons)); use kind: flow.")
    } catch is DecompositionError {
      throw spec.dynamics.node.failure("the problem holds numbers that are not finite; check its files.")
    }
  }
}
