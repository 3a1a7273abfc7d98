public import LinearAlgebra

/// An objective that is a sum over samples of a function of the prediction ẑ = W x,
///
///     ℓ(W) = Σ_i λ(W x_i; i),   ∇ℓ(W) = Dᵀ X,   D_ij = ∂λ/∂ẑ_j at sample i.
///
/// A conforming type gives λ with its derivatives; value, gradient and curvature follow.
public protocol PredictionObjective: Objective {
  /// X, samples as rows.
  var inputs: Matrix { get }

  /// Replaces the predictions X Wᵀ (m × d_N) by the derivatives D and returns the sum of λ.
  func differentiate(_ predictions: inout Matrix) -> Double

  /// Replaces the change X Vᵀ of the predictions by that of the derivatives D, to first order.
  func differentiate(_ predictions: Matrix, change: inout Matrix)
}

extension PredictionObjective {
  public var inputCount: Int { inputs.columnCount }

  public func value(at endToEnd: Matrix) -> Double {
    requireShape(endToEnd)
    var predictions = inputs.timesTransposed(endToEnd)
    return differentiate(&predictions)
  }

  /// - Complexity: O(*samples* · *inputs* · *outputs*).
  public func value(at endToEnd: Matrix, transposedGradient: inout Matrix) -> Double {
    requireShape(endToEnd)
    var predictions = inputs.timesTransposed(endToEnd)
    let value = differentiate(&predictions)
    transposedGradient.setToProduct(inputs, predictions, transposingLeft: true)
    return value
  }

  public func curvature(
    at endToEnd: Matrix, along direction: Matrix, transposed result: inout Matrix
  ) {
    requireShape(endToEnd)
    requireShape(direction)
    var change = inputs.timesTransposed(direction)
    differentiate(inputs.timesTransposed(endToEnd), change: &change)
    result.setToProduct(inputs, change, transposingLeft: true)
  }

  /// λ_max(XᵀX).
  static func squaredNorm(_ inputs: Matrix) throws(DecompositionError) -> Double {
    let σ = try inputs.singularValues().first ?? 0
    return σ * σ
  }
}
