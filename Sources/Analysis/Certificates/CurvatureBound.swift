import Dynamics
import LinearAlgebra
import LinearNetworks

// With s_j ≥ ‖W_j‖₂ everywhere on the ball, ‖∇ℓ‖ ≤ g there and L the smoothness of ℓ: the product moves by
// Σ_j W_{N:j+1} D_j W_{j−1:1}, whose norm is at most (Σ_j Π_{i≠j} s_i²)^{1/2} ‖D‖, and its second derivative along D is at
// most 2 Σ_{i<j} Π_{k≠i,j} s_k ‖D_i‖ ‖D_j‖ ≤ (N − 1) max_{i<j} Π_{k≠i,j} s_k ‖D‖².

/// A bound on the curvature of φ(W_1, …, W_N) = ℓ(W_N ⋯ W_1), or of ℓ(U Uᵀ), over a ball of layers:
///
///     ‖∇²φ‖ ≤ L Σ_j Π_{i≠j} s_i² + (N − 1) max_{i<j} Π_{k≠i,j} s_k · max ‖∇ℓ‖,   s_j = ‖W_j‖₂ + r
///
/// and for W = U Uᵀ 4 L s² + 2 max ‖∇ℓ‖, where max ‖∇ℓ‖ ≤ ‖∇ℓ(W)‖ + L (Π s_j − Π ‖W_j‖₂).
struct CurvatureBound {
  /// At the centre.
  let squaredGradient: Double
  /// ‖(W_1, …, W_N)‖_F.
  let size: Double
  private let norms: [Double]
  private let slope: Double
  private let smoothness: Double
  private let isSymmetric: Bool

  /// Nil for a loss without a known smoothness.
  init?(_ objective: any Objective, at weights: [Matrix], isSymmetric: Bool) throws {
    guard let smoothness = objective.smoothness else { return nil }
    self.smoothness = smoothness
    self.isSymmetric = isSymmetric
    norms = try weights.map { try $0.singularValues().first ?? 0 }
    size = weights.reduce(0) { $0 + $1.inner($1) }.squareRoot()
    if isSymmetric {
      let gradient = objective.gradient(at: weights[0].timesTransposed(weights[0]))
      slope = gradient.frobeniusNorm
      let direction = (gradient + gradient.transposed()) * weights[0]
      squaredGradient = direction.inner(direction)
    } else {
      let w = weights.dropFirst().reduce(weights[0]) { $1 * $0 }
      slope = objective.gradient(at: w).frobeniusNorm
      squaredGradient = LossLandscape(objective).gradients(at: weights)
        .reduce(0) { $0 + $1.inner($1) }
    }
  }

  /// The bound over all layers at most this far from the centre.
  func curvature(within radius: Double) -> Double {
    let s = norms.map { $0 + radius }
    let before = norms.reduce(1, *)
    let after = s.reduce(1, *)
    if isSymmetric {
      return 4 * smoothness * s[0] * s[0]
        + 2 * (slope + smoothness * (s[0] * s[0] - norms[0] * norms[0]))
    }
    func product(without left: Int, _ right: Int? = nil) -> Double {
      s.indices.reduce(1) { $1 == left || $1 == right ? $0 : $0 * s[$1] }
    }
    var steepness = 0.0
    var bending = 0.0
    for i in s.indices {
      steepness += product(without: i) * product(without: i)
      for j in s.indices where j > i { bending = max(bending, product(without: i, j)) }
    }
    return smoothness * steepness
      + Double(s.count - 1) * bending * (slope + smoothness * (after - before))
  }
}
