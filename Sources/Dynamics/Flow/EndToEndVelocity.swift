public import LinearAlgebra
import RealModule

/// The velocity of the end-to-end matrix of a balanced network of depth N under gradient flow,
///
///     dW/dt = −Σ_{j=1}^{N} (W Wᵀ)^{(N−j)/N} G (WᵀW)^{(j−1)/N},   G = ∇ℓ(W).
///
/// With full singular bases, Ĝ = UᵀGV is multiplied element by element by Σ_j σ_r^{2(N−j)/N} σ_s^{2(j−1)/N},
/// where 0⁰ = 1 and σ is continued by zeros: the fractional powers have the accuracy of W, not of its Gram
/// matrices.
///
/// - SeeAlso: equation (3) of [cohenRazin], whose n is N.
public struct EndToEndVelocity: Sendable {
  /// N.
  public let depth: Int

  /// - Precondition: the depth is at least 1.
  public init(depth: Int) {
    precondition(depth >= 1, "there is no network of depth \(depth)")
    self.depth = depth
  }

  /// dW/dt.
  ///
  /// - Throws: `DecompositionError` for a matrix that is not finite.
  public func velocity(
    at endToEnd: Matrix, gradient: Matrix
  ) throws(DecompositionError) -> Matrix {
    if depth == 1 { return -gradient }
    let decomposition = try SingularValueDecomposition(of: endToEnd, vectors: .full)
    let (u, vᵀ) = (decomposition.leftVectors, decomposition.rightVectorsTransposed)
    var rotated = u.transposedTimes(gradient).timesTransposed(vᵀ)
    let powers = powers(of: decomposition.singularValues)
    let none = [Double](repeating: 0, count: depth - 1) + [1]
    for r in 0..<rotated.rowCount {
      let left = r < powers.count ? powers[r] : none.reversed()
      for s in 0..<rotated.columnCount {
        let right = s < powers.count ? powers[s] : none.reversed()
        var factor = 0.0
        for j in 0..<depth { factor += left[depth - 1 - j] * right[j] }
        rotated[r, s] *= -factor
      }
    }
    return u * rotated * vᵀ
  }

  /// σ^{2k/N} for k = 0, …, N − 1.
  private func powers(of values: [Double]) -> [[Double]] {
    values.map { σ in
      (0..<depth).map { k in
        k == 0 ? 1 : Double.pow(σ, 2 * Double(k) / Double(depth))
      }
    }
  }
}
