public import LinearAlgebra

/// The loss φ(W_1, …, W_N) = ℓ(W_N ⋯ W_1) for any objective ℓ, through the dense end-to-end matrix.
///
/// - Complexity: 3(N − 1) matrix products and one evaluation of the objective for a value with gradients; no
///   allocation after creation.
public struct EndToEndLoss<Target: Objective>: CurvedLoss, Sendable {
  /// What is made small.
  public let objective: Target
  private var chain: ProductChain
  private var transposedGradient: Matrix
  private var tangent: ProductChainTangent
  private var transposedChange: Matrix

  /// - Precondition: the widths begin with the objective's inputs and end with its outputs.
  public init(_ objective: Target, widths: [Int]) {
    precondition(
      widths.first == objective.inputCount && widths.last == objective.outputCount,
      "widths \(widths) do not lead from \(objective.inputCount) inputs to \(objective.outputCount) outputs"
    )
    self.objective = objective
    chain = ProductChain(widths: widths)
    transposedGradient = Matrix(
      rowCount: objective.inputCount, columnCount: objective.outputCount)
    tangent = ProductChainTangent(widths: widths)
    transposedChange = transposedGradient
  }

  public mutating func value(at network: LinearNetwork) -> Double {
    chain.multiply(network)
    return objective.value(
      at: chain.product(of: network), transposedGradient: &transposedGradient)
  }

  public mutating func gradients(at network: LinearNetwork, into gradients: inout [Matrix]) {
    chain.backpropagate(
      transposedGradient: transposedGradient, through: network, into: &gradients)
  }

  /// - Complexity: 6(N − 1) matrix products and one curvature of the objective.
  public mutating func curvature(
    at network: LinearNetwork, along direction: [Matrix], into result: inout [Matrix]
  ) {
    tangent.multiply(direction, at: network, chain: chain)
    objective.curvature(
      at: chain.product(of: network), along: tangent.product(of: direction),
      transposed: &transposedChange)
    tangent.backpropagate(
      transposedGradient: transposedGradient, transposedChange: transposedChange,
      along: direction, at: network, chain: chain, into: &result)
  }
}
