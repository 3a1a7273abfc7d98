public import LinearAlgebra
public import LinearNetworks

/// Gradient flow of two layers with a penalty on their imbalance,
///
///     ℓ(W₂W₁) + ⅛ ‖C‖²_F,   C = W₂ᵀW₂ − W₁W₁ᵀ − Λ,
///     dW₂/dt = −G W₁ᵀ − ½ W₂ C,   dW₁/dt = −W₂ᵀ G + ½ C W₁.
///
/// When the start has imbalance Λ the penalty stays zero and this is the plain flow. Otherwise the imbalance
/// tends to Λ. Recorded losses are of the penalised objective.
///
/// - SeeAlso: equations (18) to (20) of [tarmoun2021]; U is W₂ and V is W₁ᵀ, and R of (18) stacks both after a
///   rotation.
public struct RegularizedFlow<Target: Objective>: FlowEquation {
  public let start: [Double]
  public let blockSizes: [Int]
  /// Λ.
  public let imbalance: Matrix

  private var loss: EndToEndLoss<Target>
  private var network: LinearNetwork
  private var gradients: [Matrix]

  /// - Precondition: two layers, and Λ symmetric with as many rows as the hidden layer has units.
  public init(_ objective: Target, imbalance: Matrix, from network: LinearNetwork) {
    precondition(network.depth == 2, "a network of depth \(network.depth) has not two layers")
    let width = network.layers[0].rowCount
    precondition(
      imbalance.rowCount == width && imbalance.columnCount == width,
      "a \(imbalance.shape) imbalance does not fit a hidden layer of \(width) units")
    precondition(
      (imbalance - imbalance.transposed()).maxAbsolute <= 1e-9 * imbalance.maxAbsolute,
      "an imbalance stands for W₂ᵀW₂ − W₁W₁ᵀ and is symmetric")
    self.imbalance = imbalance
    self.network = network
    loss = EndToEndLoss(objective, widths: network.widths)
    start = network.layers.flatMap(\.elements)
    blockSizes = network.layers.map(\.count)
    gradients = network.layers.map { Matrix(rowCount: $0.rowCount, columnCount: $0.columnCount) }
  }

  public mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    network.layers.copyElements(from: state)
    let value = loss.value(at: network)
    loss.gradients(at: network, into: &gradients)
    let excess = network.balanceInvariants()[0] - imbalance
    gradients[0].setToProduct(excess, network.layers[0], scale: -0.5, adding: 1)
    gradients[1].setToProduct(network.layers[1], excess, scale: 0.5, adding: 1)
    gradients.writeNegated(to: velocity)
    return value + excess.inner(excess) / 8
  }

  public func network(of state: [Double]) -> LinearNetwork {
    var result = network
    state.withUnsafeBufferPointer { result.layers.copyElements(from: $0) }
    return result
  }
}
