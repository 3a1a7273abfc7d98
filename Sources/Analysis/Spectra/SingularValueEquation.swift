public import LinearAlgebra
import RealModule

/// The speeds of the singular values of the product of balanced layers under gradient flow.
///
///     dσ_r/dt = N (σ_r²)^{1−1/N} ⟨−∇ℓ(W), u_r v_rᵀ⟩
///
/// Holds for the signed values of an analytic decomposition, hence the square.
///
/// - SeeAlso: Theorem 3 of [cohenRazin].
public enum SingularValueEquation {
  /// dσ_r/dt as the equation has it.
  public static func speeds(
    of decomposition: AnalyticDecomposition, gradient: Matrix, depth: Int
  ) -> [Double] {
    let n = Double(depth)
    return zip(decomposition.values, slopes(decomposition, gradient)).map { σ, slope in
      let factor = depth == 1 ? 1 : Double.pow(σ * σ, 1 - 1 / n)
      return -n * factor * slope
    }
  }

  /// dσ_r/dt = ⟨dW/dt, u_r v_rᵀ⟩ from the layers themselves, balanced or not.
  public static func actualSpeeds(
    of decomposition: AnalyticDecomposition, gradient: Matrix, layers: [Matrix]
  ) -> [Double] {
    slopes(decomposition, endToEndVelocity(layers: layers, gradient: gradient))
  }

  /// How far a network is from the equation: the largest difference of the two speeds, relative to the largest
  /// speed. Zero up to rounding for balanced layers with distinct singular values.
  public static func residual(layers: [Matrix], gradient: Matrix) throws(DecompositionError)
    -> Double
  {
    let w = layers.dropFirst().reduce(layers[0]) { $1 * $0 }
    let decomposition = try AnalyticDecomposition(of: w)
    let expected = speeds(of: decomposition, gradient: gradient, depth: layers.count)
    let actual = actualSpeeds(of: decomposition, gradient: gradient, layers: layers)
    let scale = (expected + actual).map(abs).max() ?? 0
    let error = zip(expected, actual).map { abs($0 - $1) }.max() ?? 0
    return error == 0 ? 0 : error / scale
  }

  /// dW/dt under gradient flow on the layers, by the product rule.
  ///
  ///     −Σ_j (W_N ⋯ W_{j+1}) (W_N ⋯ W_{j+1})ᵀ ∇ℓ (W_{j−1} ⋯ W_1)ᵀ (W_{j−1} ⋯ W_1)
  public static func endToEndVelocity(layers: [Matrix], gradient: Matrix) -> Matrix {
    let count = layers.count
    // above[j] = W_N ⋯ W_{j+2}, below[j] = W_j ⋯ W_1; nil stands for the identity.
    var above = [Matrix?](repeating: nil, count: count)
    var below = [Matrix?](repeating: nil, count: count)
    for j in 1..<max(count, 1) where count > 1 {
      below[j] = below[j - 1].map { layers[j - 1] * $0 } ?? layers[j - 1]
      let k = count - 1 - j
      above[k] = above[k + 1].map { $0 * layers[k + 1] } ?? layers[k + 1]
    }
    var sum = Matrix(rowCount: gradient.rowCount, columnCount: gradient.columnCount)
    for j in 0..<count {
      var term = gradient
      if let a = above[j] { term = a * a.transposedTimes(term) }
      if let b = below[j] { term = term.timesTransposed(b) * b }
      sum -= term
    }
    return sum
  }

  /// u_rᵀ M v_r for every component.
  private static func slopes(_ decomposition: AnalyticDecomposition, _ m: Matrix) -> [Double] {
    let image = m * decomposition.rightVectors
    return decomposition.values.indices.map { r in
      zip(decomposition.leftVectors.column(r), image.column(r)).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }
}
