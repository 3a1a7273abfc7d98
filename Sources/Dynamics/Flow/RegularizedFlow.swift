public import LinearAlgebra
public import LinearNetworks

/// Gradient flow of two layers with a penalty on their imbalance,
///
///     ℓ(W₂W₁) + ω ‖C‖²_F,   C = W₂ᵀW₂ − W₁W₁ᵀ − Λ,
///     dW₂/dt = −G W₁ᵀ − 4ω W₂ C,   dW₁/dt = −W₂ᵀ G + 4ω C W₁.
///
/// With the weight ω = ⅛ of the paper the equation of both layers together is of Riccati's kind where Λ is a multiple of
/// the identity.
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
  /// ω.
  public let penalty: Double

  private var loss: EndToEndLoss<Target>
  private var network: LinearNetwork
  private var gradients: [Matrix]

  /// - Precondition: two layers, Λ symmetric with as many rows as the hidden layer has units, and a weight that is not negative.
  public init(
    _ objective: Target, imbalance: Matrix, penalty: Double = 0.125, from network: LinearNetwork
  ) {
    precondition(penalty >= 0, "a penalty has a weight of at least 0, not \(penalty)")
    precondition(network.depth == 2, "a network of depth \(network.depth) has not two layers")
    let width = network.layers[0].rowCount
    precondition(
      imbalance.rowCount == width && imbalance.columnCount == width,
      "a \(imbalance.shape) imbalance does not fit a hidden layer of \(width) units")
    precondition(
      (imbalance - imbalance.transposed()).maxAbsolute <= 1e-9 * imbalance.maxAbsolute,
      "an imbalance stands for W₂ᵀW₂ − W₁W₁ᵀ and is symmetric")
    self.imbalance = imbalance
    self.penalty = penalty
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
    gradients[0].setToProduct(excess, network.layers[0], scale: -4 * penalty, adding: 1)
    gradients[1].setToProduct(network.layers[1], excess, scale: 4 * penalty, adding: 1)
    gradients.writeNegated(to: velocity)
    return value + penalty * excess.inner(excess)
  }

  public func network(of state: [Double]) -> LinearNetwork {
    var result = network
    state.withUnsafeBufferPointer { result.layers.copyElements(from: $0) }
    return result
  }
}
