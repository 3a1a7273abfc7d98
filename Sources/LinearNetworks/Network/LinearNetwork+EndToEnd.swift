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

  /// ``unbalancedness()`` as a share of the largest ‖W_j‖²_F; zero for a network of zeros.
  public func relativeUnbalancedness() -> Double {
    // Scaled first: squares of layers below 1e-154 would vanish.
    let scale = layers.reduce(0) { max($0, $1.maxAbsolute) }
    guard scale > 0, scale.isFinite else { return scale.isFinite ? 0 : .infinity }
    let scaled = LinearNetwork(fitting: layers.map { $0 / scale })
    return scaled.unbalancedness() / scaled.layers.reduce(0) { max($0, $1.inner($1)) }
  }

  /// The largest difference of neighbouring Gram matrices, max_j ‖W_{j+1}ᵀW_{j+1} − W_j W_jᵀ‖_F; zero at
  /// depth 1. Gradient flow conserves each difference.
  public func unbalancedness() -> Double {
    zip(layers, layers.dropFirst()).map { lower, upper in
      (upper.transposedTimes(upper) - lower.timesTransposed(lower)).frobeniusNorm
    }.max() ?? 0
  }
}
