public import LinearAlgebra
public import LinearNetworks

/// Gradient flow on all layers, dW_j/dt = −∂φ/∂W_j.
public struct NetworkFlow<Loss: CurvedLoss & Sendable>: FlowEquation {
  public let start: [Double]
  public let blockSizes: [Int]

  private var loss: Loss
  private var network: LinearNetwork
  private var gradients: [Matrix]
  private var direction: [Matrix]

  /// The flow of a loss from a network.
  public init(_ loss: Loss, from network: LinearNetwork) {
    self.loss = loss
    self.network = network
    start = network.layers.flatMap(\.elements)
    blockSizes = network.layers.map(\.count)
    gradients = network.layers.map { Matrix(rowCount: $0.rowCount, columnCount: $0.columnCount) }
    direction = gradients
  }

  public mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    network.layers.copyElements(from: state)
    let value = loss.value(at: network)
    loss.gradients(at: network, into: &gradients)
    gradients.writeNegated(to: velocity)
    return value
  }

  public mutating func setVelocityChange(
    at state: UnsafeBufferPointer<Double>, along direction: UnsafeBufferPointer<Double>,
    into change: UnsafeMutableBufferPointer<Double>
  ) {
    self.direction.copyElements(from: direction)
    loss.curvature(at: network, along: self.direction, into: &gradients)
    gradients.writeNegated(to: change)
  }

  public func network(of state: [Double]) -> LinearNetwork {
    var result = network
    state.withUnsafeBufferPointer { result.layers.copyElements(from: $0) }
    return result
  }

  public func smallestOverRounding(of state: [Double]) -> Double? {
    network(of: state).smallestOverRounding()
  }

  public func invariants(of state: [Double]) -> [Matrix] {
    network(of: state).balanceInvariants()
  }
}

extension [Matrix] {
  /// Fills the matrices from elements that stand one after the other.
  mutating func copyElements(from elements: UnsafeBufferPointer<Double>) {
    var begin = 0
    for index in indices {
      let count = self[index].count
      let part = UnsafeBufferPointer(rebasing: elements[begin..<begin + count])
      self[index].withUnsafeMutableElements { target in
        for k in 0..<count { target[k] = part[k] }
      }
      begin += count
    }
  }

  /// Writes the elements of all matrices, one after the other, with their signs changed.
  func writeNegated(to target: UnsafeMutableBufferPointer<Double>) {
    var begin = 0
    for matrix in self {
      let part = UnsafeMutableBufferPointer(rebasing: target[begin..<begin + matrix.count])
      matrix.withUnsafeElements { source in
        for k in source.indices { part[k] = -source[k] }
      }
      begin += matrix.count
    }
  }
}
