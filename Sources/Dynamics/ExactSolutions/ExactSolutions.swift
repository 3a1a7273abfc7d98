public import LinearAlgebra
public import LinearNetworks

/// Gradient flow in closed form, wherever one is known.
public enum ExactSolutions {
  /// What is to be made small.
  public enum Problem: Equatable, Sendable {
    /// ½ tr(W Σx Wᵀ) − tr(W Σyxᵀ) + constant, with Σx of shape d₀ × d₀ and Σyx of shape d_N × d₀.
    case regression(inputCovariance: Matrix, crossCovariance: Matrix, constant: Double = 0)
    /// ½ ‖Y − W‖²_F.
    case factorization(target: Matrix)
  }

  /// What is trained, at its start.
  public enum Start: Equatable, Sendable {
    case layered(LinearNetwork)
    /// W = U Uᵀ.
    case symmetric(factor: Matrix)
  }

  /// Solves by the first closed form whose hypotheses hold, and says which one it was.
  ///
  /// Hypotheses are checked numerically: a violation up to the tolerance, relative to the matrices at hand, passes, and the
  /// trajectory is then that of a problem as close as that to the one given. Where rounding decides the far future
  /// (a rank-deficient start, a mode that starts at zero), the structured problem is meant.
  ///
  /// - Parameters:
  ///   - times: flow times, from 0, in any order.
  ///   - quantities: what each snapshot holds beside its loss.
  /// - Throws: ``NoExactSolution`` with the hypotheses that fail and by how much; ``DecompositionError`` for numbers
  ///   that are not finite.
  public static func solve(
    _ problem: Problem, from start: Start, at times: [Double],
    quantities: Set<Recording.Quantity> = [.endToEnd, .singularValues], tolerance: Double = 1e-10
  ) throws -> ExactSolution {
    precondition(
      times.allSatisfy { $0 >= 0 && $0.isFinite },
      "flow is solved forwards in time, not at \(times)")
    problem.requireShape(of: start)
    let solver = ExactSolver(
      problem: problem, start: start, times: times, quantities: quantities, tolerance: tolerance)
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

extension ExactSolutions.Problem {
  /// Σx; the identity for a factorization.
  public var inputCovariance: Matrix {
    switch self {
    case .regression(let inputCovariance, _, _): inputCovariance
    case .factorization(let target): .identity(target.columnCount)
    }
  }

  /// Σyx; the target for a factorization.
  public var crossCovariance: Matrix {
    switch self {
    case .regression(_, let crossCovariance, _): crossCovariance
    case .factorization(let target): target
    }
  }

  /// ℓ(W).
  public func loss(at w: Matrix) -> Double {
    switch self {
    case .regression(let x, let yx, let constant):
      return 0.5 * w.inner(w * x) - w.inner(yx) + constant
    case .factorization(let target):
      let residual = target - w
      return 0.5 * residual.inner(residual)
    }
  }

  /// ∇ℓ(W).
  public func gradient(at w: Matrix) -> Matrix { w * inputCovariance - crossCovariance }

  var recognition: ExactSolution.Recognition {
    if whiteVariance.deviation <= 1e-10 { return .whiteInputs }
    let difference =
      crossCovariance.rowCount == crossCovariance.columnCount
      ? (crossCovariance - inputCovariance).maxAbsolute : .infinity
    return difference <= 1e-10 * inputCovariance.maxAbsolute ? .autoencoder : .general
  }

  /// The mean variance of the inputs, and how far Σx is from that multiple of the identity, relatively.
  var whiteVariance: (mean: Double, deviation: Double) {
    let x = inputCovariance
    let mean = x.trace / Double(max(x.rowCount, 1))
    let deviation = (x - mean * Matrix.identity(x.rowCount)).maxAbsolute
    return (mean, deviation == 0 ? 0 : deviation / x.maxAbsolute)
  }

  fileprivate func requireShape(of start: ExactSolutions.Start) {
    let (x, yx) = (inputCovariance, crossCovariance)
    precondition(
      x.rowCount == x.columnCount && x.rowCount == yx.columnCount,
      "a \(yx.shape) cross-covariance does not fit a \(x.shape) input covariance")
    let (outputs, inputs) =
      switch start {
      case .layered(let network): (network.outputCount, network.inputCount)
      case .symmetric(let factor): (factor.rowCount, factor.rowCount)
      }
    precondition(
      outputs == yx.rowCount && inputs == yx.columnCount,
      "a network from \(inputs) inputs to \(outputs) outputs does not fit a \(yx.shape) target")
  }
}
