public import LinearAlgebra
public import LinearNetworks

/// Gradient flow in closed form, wherever one is known.
public enum ExactSolutions {
  /// What is trained, at its start.
  public enum Start: Equatable, Sendable {
    case layered(LinearNetwork)
    /// W = U Uᵀ.
    case symmetric(factor: Matrix)
  }

  /// Solves by the first closed form whose hypotheses hold, and says which one it was.
  ///
  /// Hypotheses are checked numerically: a violation up to the tolerance, relative to the matrices at hand,
  /// passes, and the trajectory is then that of a problem as close as that to the one given. Where rounding
  /// decides the far future (a rank-deficient start, a mode that starts at zero), the structured problem is
  /// meant.
  ///
  /// - Parameters:
  ///   - problem: the problem.
  ///   - start: where it begins.
  ///   - times: flow times, from 0, in any order.
  ///   - quantities: what each snapshot holds beside its loss.
  ///   - tolerance: how far hypotheses may be off, relatively.
  /// - Throws: ``NoExactSolution`` with the hypotheses that fail and by how much; `DecompositionError` for
  ///   numbers that are not finite.
  public static func solve(
    _ problem: QuadraticProblem, from start: Start, at times: [Double],
    quantities: Set<Recording.Quantity> = [.endToEnd, .singularValues], tolerance: Double = 1e-10
  ) throws -> ExactSolution {
    try solve(
      problem, from: start, at: times, quantities: quantities, tolerance: tolerance,
      loss: problem.loss)
  }

  static func solve(
    _ problem: QuadraticProblem, from start: Start, at times: [Double],
    quantities: Set<Recording.Quantity>, tolerance: Double, loss: @escaping (Matrix) -> Double
  ) throws -> ExactSolution {
    precondition(
      times.allSatisfy { $0 >= 0 && $0.isFinite },
      "flow is solved forwards in time, not at \(times)")
    problem.requireShape(of: start)
    let solver = ExactSolver(
      problem: problem, start: start, times: times, quantities: quantities, tolerance: tolerance,
      loss: loss)
    var attempts: [NoExactSolution.Attempt] = []
    let methods: [() throws -> ExactSolver.Verdict] = [
      solver.linearModel, solver.spectralModes, solver.symmetricRiccati,
      solver.imbalancedFactorization,
    ]
    for method in methods {
      switch try method() {
      case .solved(let solution): return solution
      case .fails(let attempt): attempts.append(attempt)
      case .otherKind: continue
      }
    }
    throw NoExactSolution(attempts: attempts)
  }
}
