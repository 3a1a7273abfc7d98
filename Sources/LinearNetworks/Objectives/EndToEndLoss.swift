public import LinearAlgebra

/// The loss φ(W_1, …, W_N) = ℓ(W_N ⋯ W_1) for any objective ℓ, through the dense end-to-end matrix.
///
/// - Complexity: 3(N − 1) matrix products and one evaluation of the objective for a value with gradients; no
///   allocation after creation.
public struct EndToEndLoss<Target: Objective>: NetworkLoss {
  public let objective: Target
  private var chain: ProductChain
  private var transposedGradient: Matrix

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
}
