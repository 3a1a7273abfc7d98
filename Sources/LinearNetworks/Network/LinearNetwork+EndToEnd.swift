public import LinearAlgebra

extension LinearNetwork {
  /// The end-to-end matrix W = W_N ⋯ W_1, d_N × d₀.
  ///
  /// Multiplies from the narrower end, so that the running product stays small.
  public func endToEnd() -> Matrix {
    if outputCount <= inputCount {
      return layers.dropLast().reversed().reduce(layers[depth - 1]) { $0 * $1 }
    }
    return layers.dropFirst().reduce(layers[0]) { $1 * $0 }
  }

  /// The singular values of the end-to-end matrix, descending, as many as its shorter side.
  ///
  /// When a hidden layer is narrower than both ends, they come from the two thin factors around it, and the
  /// rest are zero. Values that LAPACK cannot compute are NaN.
  public func singularValues() -> [Double] {
    let count = min(inputCount, outputCount)
    let narrowest = layers.indices.dropLast().min { layers[$0].rowCount < layers[$1].rowCount }
    let values: [Double]?
    if let cut = narrowest, 2 * layers[cut].rowCount <= count {
      let lower = layers[...cut].dropFirst().reduce(layers[0]) { $1 * $0 }
      let upper = layers[cut...].dropFirst(2).reduce(layers[cut + 1]) { $1 * $0 }
      // W = U L with QR of U and of Lᵀ: the singular values are those of R_U R_Lᵀ.
      let left = QRDecomposition(of: upper).triangularFactor
      let right = QRDecomposition(of: lower.transposed()).triangularFactor
      values = try? left.timesTransposed(right).singularValues()
    } else {
      values = try? endToEnd().singularValues()
    }
    guard let values else { return [Double](repeating: .nan, count: count) }
    return values + [Double](repeating: 0, count: count - values.count)
  }

  /// The largest difference of neighbouring Gram matrices, max_j ‖W_{j+1}ᵀW_{j+1} − W_j W_jᵀ‖_F; zero at
  /// depth 1. Gradient flow conserves each difference.
  public func unbalancedness() -> Double {
    zip(layers, layers.dropFirst()).map { lower, upper in
      (upper.transposedTimes(upper) - lower.timesTransposed(lower)).frobeniusNorm()
    }.max() ?? 0
  }
}
