import LinearAlgebra
public import LinearNetworks

/// Gradient flow of a symmetric network W = U Uᵀ, dU/dt = −(G + Gᵀ) U.
///
/// For a factorization objective with target Y this is the Riccati flow U′ = 2 (Y − U Uᵀ) U, and W follows
/// W′ = 2 (Y − W) W + 2 W (Y − W).
public struct SymmetricFlow<Target: Objective>: FlowEquation {
  public let start: [Double]
  public var blockSizes: [Int] { [start.count] }

  private var loss: SymmetricLoss<Target>
  private var network: SymmetricNetwork
  private var gradient: Matrix
  private var direction: Matrix

  /// - Precondition: the objective takes square matrices with as many rows as the factor.
  public init(_ objective: Target, from network: SymmetricNetwork) {
    precondition(
      objective.outputCount == network.factor.rowCount,
      "a \(network.factor.shape) factor does not fit matrices of \(objective.outputCount) rows")
    loss = SymmetricLoss(objective)
    self.network = network
    start = network.factor.elements
    gradient = Matrix(
      rowCount: network.factor.rowCount, columnCount: network.factor.columnCount)
    direction = gradient
  }

  public mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    copy(state, into: &network.factor)
    let value = loss.value(at: network, gradient: &gradient)
    [gradient].writeNegated(to: velocity)
    return value
  }

  public mutating func setVelocityChange(
    at state: UnsafeBufferPointer<Double>, along direction: UnsafeBufferPointer<Double>,
    into change: UnsafeMutableBufferPointer<Double>
  ) {
    copy(direction, into: &self.direction)
    loss.curvature(at: network, along: self.direction, into: &gradient)
    [gradient].writeNegated(to: change)
  }

  public func network(of state: [Double]) -> LinearNetwork {
    SymmetricNetwork(
      factor: Matrix(
        rowCount: gradient.rowCount, columnCount: gradient.columnCount, elements: state)
    ).layered
  }

  private func copy(_ elements: UnsafeBufferPointer<Double>, into matrix: inout Matrix) {
    matrix.withUnsafeMutableElements { target in
      for k in target.indices { target[k] = elements[k] }
    }
  }
}
