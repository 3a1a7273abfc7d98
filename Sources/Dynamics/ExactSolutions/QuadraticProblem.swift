public import LinearAlgebra
import LinearNetworks

/// A quadratic loss of the end-to-end matrix, known by its coefficients: the problems that have closed forms
/// and certificates.
public enum QuadraticProblem: Equatable, Sendable {
  /// ½ tr(W Σx Wᵀ) − tr(W Σyxᵀ) + constant, with Σx of shape d₀ × d₀ and Σyx of shape d_N × d₀.
  case regression(inputCovariance: Matrix, crossCovariance: Matrix, constant: Double = 0)
  /// ½ ‖Y − W‖²_F.
  case factorization(target: Matrix)
}

extension QuadraticProblem {
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

  func requireShape(of start: ExactSolutions.Start) {
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

extension QuadraticProblem {
  /// The minimiser of smallest norm, Σyx Σx⁺.
  public func minimizer() throws(DecompositionError) -> Matrix {
    switch self {
    case .factorization(let target): target
    case .regression(let x, let yx, _): yx * (try x.pseudoinverse())
    }
  }

  /// The infimum of ℓ; attained, as targets lie in the range of the inputs.
  public func infimum() throws(DecompositionError) -> Double { loss(at: try minimizer()) }

  /// The smallest and largest curvature of ℓ: it is strongly convex with the first and smooth with the second.
  public func curvatureRange() throws(DecompositionError) -> (smallest: Double, largest: Double) {
    let values = try inputCovariance.symmetricEigenvalues()
    return (max(values.last ?? 0, 0), values.first ?? 0)
  }
}
