public import Dynamics
public import LinearAlgebra
import RealModule

/// The largest δ such that every matrix with a smallest singular value of at most δ has a larger loss than W
/// (any smaller δ is a margin).
///
/// For white inputs, Σx = c 1, in closed form: σ_min(W*) − ‖W − W*‖_F with W* = Σyx/c. Otherwise a lower bound
/// from strong convexity with α = λ_min(Σx):
///
///     σ_min(W*) − √(2 (ℓ(W) − ℓ*)/α)
///
/// Not positive: no margin is known, or for white inputs there is none.
///
/// - SeeAlso: Definition 3 and Example 1 of [cohenRazin].
public struct DeficiencyMargin: Equatable, Sendable {
  /// The largest δ, or a lower bound of it.
  public let supremum: Double
  /// Whether the supremum is exact, not a lower bound of it.
  public let isExact: Bool

  /// The margin of a matrix for a problem.
  public init(of endToEnd: Matrix, for problem: QuadraticProblem) throws(DecompositionError) {
    let optimum = try problem.minimizer()
    let smallest = try optimum.singularValues().last ?? 0
    isExact = problem.hasWhiteInputs
    if isExact {
      supremum = smallest - (endToEnd - optimum).frobeniusNorm
    } else {
      let α = try problem.curvatureRange().smallest
      let excess = max(0, problem.loss(at: endToEnd) - problem.loss(at: optimum))
      supremum = α > 0 ? smallest - (2 * excess / α).squareRoot() : -.infinity
    }
  }
}

extension QuadraticProblem {
  /// Whether Σx is a multiple of the identity up to rounding.
  var hasWhiteInputs: Bool {
    let x = inputCovariance
    let mean = x.trace / Double(x.rowCount)
    return (x - mean * Matrix.identity(x.rowCount)).maxAbsolute <= 1e-12 * mean
  }
}
