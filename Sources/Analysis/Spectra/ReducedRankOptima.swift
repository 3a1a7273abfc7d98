public import Dynamics
public import LinearAlgebra

/// The best matrices of every rank for a quadratic loss, and how the order of training compares with them.
///
/// With S = Σyx (Σx^{1/2})⁺ = Σ s_i u_i v_iᵀ, the minimiser of rank k and smallest norm is Σ_{i≤k} s_i u_i v_iᵀ
/// (Σx^{1/2})⁺, and each component lowers the loss by s_i²/2.
///
/// - SeeAlso: Equation 32 of [gidel2019]. Its Corollary 2 identifies these optima with the phases of training;
///   that is so only when the σ_i and the σ_i²/λ_i = s_i² have the same order.
public struct ReducedRankOptima: Sendable {
  /// s_i², each twice what the component lowers the loss by; in descending order.
  public let gains: [Double]
  private let decomposition: SingularValueDecomposition
  private let inverseRoot: Matrix

  /// The optima of a problem.
  public init(of problem: QuadraticProblem) throws(DecompositionError) {
    let eigen = try SymmetricEigendecomposition(of: problem.inputCovariance)
    let cutoff = 1e-12 * (eigen.eigenvalues.first ?? 0)
    inverseRoot = eigen.map { $0 > cutoff ? 1 / $0.squareRoot() : 0 }
    decomposition = try SingularValueDecomposition(of: problem.crossCovariance * inverseRoot)
    gains = decomposition.singularValues.map { $0 * $0 }
  }

  /// The minimiser of ℓ among matrices of at most this rank, of smallest norm.
  public func optimum(rank: Int) -> Matrix { decomposition.reconstruct(rank: rank) * inverseRoot }

  /// The distance of W from the nearest of the optima of rank 0, 1, …, relative to the largest of them, and
  /// that rank.
  public func nearest(to w: Matrix) -> (rank: Int, distance: Double) {
    let scale = optimum(rank: gains.count).frobeniusNorm
    let distances = (0...gains.count).map { (w - optimum(rank: $0)).frobeniusNorm / scale }
    let rank = distances.indices.min { distances[$0] < distances[$1] } ?? 0
    return (rank, distances[rank])
  }

  /// The order in which independent modes are learned from a small start, by σ, and the order in which they
  /// lower the loss, by σ²/λ. Where they differ, training does not pass the reduced-rank optima.
  public static func orders(
    targets: [Double], curvatures: [Double]
  ) -> (learned: [Int], optimal: [Int]) {
    precondition(
      targets.count == curvatures.count,
      "\(targets.count) targets do not go with \(curvatures.count) curvatures")
    let gains = zip(targets, curvatures).map { $1 > 0 ? $0 * $0 / $1 : .infinity }
    func descending(_ values: [Double]) -> [Int] {
      values.indices.sorted { (values[$0], $1) > (values[$1], $0) }
    }
    return (descending(targets.map(abs)), descending(gains))
  }
}
