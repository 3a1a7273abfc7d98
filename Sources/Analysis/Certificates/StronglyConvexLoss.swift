import Dynamics
import LinearAlgebra
import LinearNetworks

/// What Theorem 2 needs of a loss: strong convexity, its minimum, and margins. Any objective that knows its minimum
/// has it: regressions, factorizations, fully observed completions, sensing by as many independent measurements as
/// there are entries. Fewer entries or measurements have a restricted strong convexity, which is as good for the rate, and a
/// margin where they determine enough; see ``DeterminedDirections``.
struct StronglyConvexLoss {
  /// α with ‖∇ℓ‖² ≥ 2α(ℓ − ℓ*), zero where there is none.
  let curvature: Double
  /// The largest curvature.
  let smoothness: Double
  let infimum: Double
  let minimizer: Matrix
  private let value: (Matrix) -> Double
  private let problem: QuadraticProblem?
  /// Nil where the data determine every matrix.
  private let determined: DeterminedDirections?

  static let lacking =
    "needs a strongly convex loss with a known minimum, and the objective is of another kind"

  /// Nil for an objective that does not know its minimum or is not convex.
  init?(_ objective: any Objective) throws {
    if let problem = QuadraticProblem(objective) {
      self = try StronglyConvexLoss(problem)
      return
    }
    guard let curvature = objective.strongConvexity, let smoothness = objective.smoothness,
      let minimum = objective.minimum
    else { return nil }
    determined = curvature > 0 ? nil : try DeterminedDirections(objective)
    self.curvature = determined?.curvature ?? curvature
    self.smoothness = smoothness
    infimum = minimum.value
    minimizer = minimum.endToEnd
    value = objective.value
    if let power = objective as? PowerObjective, power.power == 2 {
      // Twice the loss of the regression: with its matrices with more loss, and with its margin.
      problem = QuadraticProblem(
        try RegressionObjective(inputs: power.inputs, targets: power.targets))
    } else {
      problem = nil
    }
  }

  init(_ problem: QuadraticProblem) throws(DecompositionError) {
    (curvature, smoothness) = try problem.curvatureRange()
    minimizer = try problem.minimizer()
    infimum = problem.loss(at: minimizer)
    value = problem.loss
    self.problem = problem
    determined = nil
  }

  var strongConvexity: Hypothesis {
    Hypothesis(
      "\(isRestricted ? "restricted " : "")strong convexity of the loss", measured: curvature,
      moreThan: 0)
  }

  /// Whether matrices of little loss may be of any size.
  var isRestricted: Bool { determined != nil }

  /// What Theorem 2 needs beside the curvature: a margin, and where there cannot be one, what it lacks.
  func hypothesis(of margin: DeficiencyMargin) -> Hypothesis {
    if let determined, !determined.hypothesis.holds { return determined.hypothesis }
    return margin.hypothesis
  }

  /// ℓ(W).
  func loss(at w: Matrix) -> Double { value(w) }

  /// The margin of a matrix: exact for a regression.
  func margin(of w: Matrix) throws(DecompositionError) -> DeficiencyMargin {
    if let problem { return try DeficiencyMargin(of: w, for: problem) }
    if let determined {
      return DeficiencyMargin(
        lowerBound: try determined.margin(excess: value(w) - infimum, optimum: minimizer))
    }
    return try DeficiencyMargin(
      of: w, excess: value(w) - infimum, curvature: curvature, optimum: minimizer)
  }
}
