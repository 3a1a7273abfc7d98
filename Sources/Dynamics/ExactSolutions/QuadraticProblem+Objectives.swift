import LinearAlgebra
public import LinearNetworks

extension QuadraticProblem {
  /// The problem of a regression. Its constant makes the losses agree.
  public init(_ objective: RegressionObjective) {
    let energy = objective.samples.map { $0.targets.inner($0.targets) / Double(2 * $0.count) }
    self = .regression(
      inputCovariance: objective.inputCovariance, crossCovariance: objective.crossCovariance,
      constant: energy ?? 0)
  }

  /// The problem of a factorization.
  public init(_ objective: FactorizationObjective) {
    self = .factorization(target: objective.target)
  }

  /// The problem of an objective of a kind that has closed forms, nil for others.
  public init?(_ objective: any Objective) {
    switch objective {
    case let regression as RegressionObjective: self.init(regression)
    case let factorization as FactorizationObjective: self.init(factorization)
    default: return nil
    }
  }
}

extension ExactSolutions {
  /// Solves for an objective, with losses as the objective computes them; nil for a kind of objective that has no closed form.
  ///
  /// - Throws: as ``solve(_:from:at:quantities:tolerance:)``.
  public static func solve(
    objective: any Objective, from start: Start, at times: [Double],
    quantities: Set<Recording.Quantity> = [.endToEnd, .singularValues], tolerance: Double = 1e-10
  ) throws -> ExactSolution? {
    guard let problem = QuadraticProblem(objective) else { return nil }
    return try solve(
      problem, from: start, at: times, quantities: quantities, tolerance: tolerance,
      loss: objective.value)
  }
}
