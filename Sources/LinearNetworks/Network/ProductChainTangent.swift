public import LinearAlgebra

// Goals: 1. At most 6(N − 1) products beside those of the chain, twice a gradient.  2. No allocation after
// creation.
//
// With V_j the change of W_j, and everything the chain holds (P_j, B_j) kept as it is, first-order changes are
//
//     δP_1 = V_1,       δP_j = V_j P_{j−1} + W_j δP_{j−1},
//     δB_N = ∇²ℓ[δP_N],  δB_{j−1} = V_jᵀ B_j + W_jᵀ δB_j,
//     δ(∂ℓ/∂W_j) = δB_j P_{j−1}ᵀ + B_j δP_{j−1}ᵀ.

/// First-order changes of a chain's product and gradients along a change of its layers.
///
/// A tangent goes with a ``ProductChain`` of the same widths that leaves out no layers, after that chain has
/// multiplied and backpropagated at the network in question.
public struct ProductChainTangent: Sendable {
  private var prefixes: [Matrix]
  private var backward: [Matrix]

  /// Memory for networks of the given widths d₀, …, d_N.
  public init(widths: [Int]) {
    LinearNetwork.requireWidths(widths)
    prefixes = widths.dropFirst(2).map { Matrix(rowCount: $0, columnCount: widths[0]) }
    backward = widths.dropFirst().dropLast().map { Matrix(rowCount: widths[0], columnCount: $0) }
  }

  /// Computes the change of the end-to-end matrix.
  public mutating func multiply(
    _ direction: [Matrix], at network: LinearNetwork, chain: ProductChain
  ) {
    for level in prefixes.indices {
      let layer = level + 1
      let below = level == 0 ? network.layers[0] : chain.prefixes[level - 1]
      let changeBelow = level == 0 ? direction[0] : prefixes[level - 1]
      prefixes[level].setToProduct(direction[layer], below)
      prefixes[level].setToProduct(network.layers[layer], changeBelow, adding: 1)
    }
  }

  /// The change of the end-to-end matrix last computed.
  public func product(of direction: [Matrix]) -> Matrix { prefixes.last ?? direction[0] }

  /// Computes the changes of all gradients.
  ///
  /// - Parameters:
  ///   - transposedGradient: (∂ℓ/∂W)ᵀ at the network, as given to the chain.
  ///   - transposedChange: its change along the change of the product.
  ///   - direction: a change of every layer.
  ///   - network: the network.
  ///   - chain: the products of the network.
  ///   - result: one matrix of each layer's shape, overwritten.
  public mutating func backpropagate(
    transposedGradient: Matrix, transposedChange: Matrix, along direction: [Matrix],
    at network: LinearNetwork, chain: ProductChain, into result: inout [Matrix]
  ) {
    for level in backward.indices.reversed() {
      let layer = level + 1
      let isTop = layer == backward.count
      let above = isTop ? transposedGradient : chain.backward[level + 1]
      let changeAbove = isTop ? transposedChange : backward[level + 1]
      let below = level == 0 ? network.layers[0] : chain.prefixes[level - 1]
      let changeBelow = level == 0 ? direction[0] : prefixes[level - 1]
      result[layer].setToProduct(
        changeAbove, below, transposingLeft: true, transposingRight: true)
      result[layer].setToProduct(
        above, changeBelow, transposingLeft: true, transposingRight: true, adding: 1)
      backward[level].setToProduct(above, direction[layer])
      backward[level].setToProduct(changeAbove, network.layers[layer], adding: 1)
    }
    (backward.first ?? transposedChange).transpose(into: &result[0])
  }
}
