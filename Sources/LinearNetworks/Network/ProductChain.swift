public import LinearAlgebra

// Goals: 1. Exactly 3(N − 1) products for the end-to-end matrix and all gradients. 2. No allocation after
// creation. 3. Only products that OpenBLAS runs at full speed: with P_j = W_j ⋯ W_1 kept as it is and the
// backward matrices kept transposed, every product has none or both of its factors transposed.
// (A Bᵀ alone takes 1.6 times as long at 100×100.) Loops and ends are spelled out with indices: `reversed()`
// and `last` are generic and allocate in builds without optimization, where tests count allocations.

/// The end-to-end product of a network and the gradients of its layers, in memory made once.
///
/// Forward, P_j = W_j P_{j−1}. Backward, from B_N = ∂ℓ/∂W,
///
///     ∂ℓ/∂W_j = B_j P_{j−1}ᵀ,   B_{j−1} = W_jᵀ B_j,
///
/// which is (W_N ⋯ W_{j+1})ᵀ ∇ℓ(W) (W_{j−1} ⋯ W_1)ᵀ for every layer.
///
/// A chain may leave out the first layers of the network: `W` is then the product of the others.
public struct ProductChain: Sendable {
  let skippedLayers: Int
  /// P_2, …, P_N; the last is the product. Empty when the chain has one layer.
  private(set) var prefixes: [Matrix]
  /// B_jᵀ for j = 1, …, N − 1; the first stays empty, since the lowest gradient is B_1 itself.
  private(set) var backward: [Matrix]

  /// Memory for networks of the given widths d₀, …, d_N.
  ///
  /// - Parameters:
  ///   - widths: d₀, …, d_N.
  ///   - skippedLayers: how many layers at the input side are left out of the product.
  public init(widths: [Int], skippingLayers skippedLayers: Int = 0) {
    LinearNetwork.requireWidths(widths)
    precondition(
      skippedLayers >= 0 && skippedLayers < widths.count - 1,
      "\(skippedLayers) of \(widths.count - 1) layers cannot be left out")
    self.skippedLayers = skippedLayers
    let inputCount = widths[skippedLayers]
    prefixes = widths.dropFirst(skippedLayers + 2).map {
      Matrix(rowCount: $0, columnCount: inputCount)
    }
    backward = widths.dropFirst(skippedLayers + 1).dropLast().map {
      Matrix(rowCount: inputCount, columnCount: $0)
    }
    if !backward.isEmpty { backward[0] = Matrix(rowCount: 0, columnCount: 0) }
  }

  /// Computes every P_j; one product fewer than there are layers.
  public mutating func multiply(_ network: LinearNetwork) {
    for level in prefixes.indices {
      let layer = skippedLayers + level + 1
      if level == 0 {
        prefixes[0].setToProduct(network.layers[layer], network.layers[layer - 1])
      } else {
        prefixes[level].setToProduct(network.layers[layer], prefixes[level - 1])
      }
    }
  }

  /// The product of the layers last multiplied. Let go of it before the next ``multiply(_:)``, which would
  /// otherwise have to copy.
  public func product(of network: LinearNetwork) -> Matrix {
    prefixes.isEmpty ? network.layers[skippedLayers] : prefixes[prefixes.count - 1]
  }

  /// Computes the gradient of every layer of the chain from the transposed gradient with respect to the
  /// product; two products for every layer but the first. Gradients of layers left out are not touched.
  ///
  /// - Parameters:
  ///   - transposedGradient: (∂ℓ/∂W)ᵀ, inputs × outputs of the chain.
  ///   - network: the network last given to ``multiply(_:)``.
  ///   - gradients: one matrix of each layer's shape.
  public mutating func backpropagate(
    transposedGradient: Matrix, through network: LinearNetwork, into gradients: inout [Matrix]
  ) {
    var level = backward.count
    while level > 0 {
      level -= 1
      // backward[level] is B_jᵀ for the layer below the one at `level + 1`.
      let layer = skippedLayers + level + 1
      let above = level + 1 < backward.count ? backward[level + 1] : transposedGradient
      let below = level == 0 ? network.layers[layer - 1] : prefixes[level - 1]
      gradients[layer].setToProduct(above, below, transposingLeft: true, transposingRight: true)
      if level > 0 {
        backward[level].setToProduct(above, network.layers[layer])
      } else {
        gradients[layer - 1].setToProduct(
          network.layers[layer], above, transposingLeft: true, transposingRight: true)
      }
    }
    if backward.isEmpty { transposedGradient.transpose(into: &gradients[skippedLayers]) }
  }
}
