public import LinearAlgebra

/// The loss φ(U) = ℓ(U Uᵀ) of a symmetric network, with gradient (G + Gᵀ) U, G = ∇ℓ(U Uᵀ).
public struct SymmetricLoss<Target: Objective>: Sendable {
  /// What is made small.
  public let objective: Target
  private var transposedGradient: Matrix

  /// - Precondition: the objective takes square matrices.
  public init(_ objective: Target) {
    precondition(
      objective.inputCount == objective.outputCount,
      "U Uᵀ is square, the objective takes \(objective.outputCount)×\(objective.inputCount) matrices"
    )
    self.objective = objective
    transposedGradient = Matrix(rowCount: objective.inputCount, columnCount: objective.outputCount)
  }

  /// φ(U).
  public func value(at network: SymmetricNetwork) -> Double {
    objective.value(at: network.endToEnd())
  }

  /// φ(U) and its gradient.
  public mutating func value(at network: SymmetricNetwork, gradient: inout Matrix) -> Double {
    let value = objective.value(
      at: network.endToEnd(), transposedGradient: &transposedGradient)
    gradient.setToProduct(transposedGradient, network.factor)
    gradient.setToProduct(transposedGradient, network.factor, transposingLeft: true, adding: 1)
    return value
  }

  /// ∇²φ(U)[V] = (G + Gᵀ) V + (H + Hᵀ) U, H = ∇²ℓ(U Uᵀ)[V Uᵀ + U Vᵀ].
  public mutating func curvature(
    at network: SymmetricNetwork, along direction: Matrix, into result: inout Matrix
  ) {
    let endToEnd = network.endToEnd()
    _ = objective.value(at: endToEnd, transposedGradient: &transposedGradient)
    result.setToProduct(transposedGradient, direction)
    result.setToProduct(transposedGradient, direction, transposingLeft: true, adding: 1)
    let half = direction.timesTransposed(network.factor)
    objective.curvature(
      at: endToEnd, along: half + half.transposed(), transposed: &transposedGradient)
    result.setToProduct(transposedGradient, network.factor, adding: 1)
    result.setToProduct(transposedGradient, network.factor, transposingLeft: true, adding: 1)
  }
}
