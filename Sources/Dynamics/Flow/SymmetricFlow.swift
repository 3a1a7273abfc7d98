public import LinearAlgebra
public import LinearNetworks

/// Gradient flow of a symmetric network W = U Uᵀ, dU/dt = −(G + Gᵀ) U.
///
/// When some singular values of U fall below 1e-4 of others, it is followed in the coordinates of the graded flow of the factors, which
/// keep them. For a factorization objective with target Y this is the Riccati flow U′ = 2 (Y − U Uᵀ) U, and W follows
/// W′ = 2 (Y − W) W + 2 W (Y − W).
public struct SymmetricFlow<Target: Objective>: FlowEquation {
  public let start: [Double]
  public var blockSizes: [Int] { graded?.blockSizes ?? [start.count] }
  public var blockScales: [Double?] { graded?.blockScales ?? [nil] }

  private var loss: SymmetricLoss<Target>
  private var network: SymmetricNetwork
  private var gradient: Matrix
  private var direction: Matrix
  private let modeCount: Int
  /// The flow in graded coordinates, once they are taken.
  private var graded: FactorFlow<Target>?

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
    let values = (try? network.factor.singularValues()) ?? []
    modeCount = values.count { $0 > 1e-14 * (values.first ?? 0) }
  }

  public mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    if let value = graded?.setVelocity(at: state, into: velocity) { return value }
    copy(state, into: &network.factor)
    let value = loss.value(at: network, gradient: &gradient)
    [gradient].writeNegated(to: velocity)
    return value
  }

  public mutating func setVelocityChange(
    at state: UnsafeBufferPointer<Double>, along direction: UnsafeBufferPointer<Double>,
    into change: UnsafeMutableBufferPointer<Double>
  ) {
    if graded?.setVelocityChange(at: state, along: direction, into: change) != nil { return }
    copy(direction, into: &self.direction)
    loss.curvature(at: network, along: self.direction, into: &gradient)
    [gradient].writeNegated(to: change)
  }

  public func network(of state: [Double]) -> LinearNetwork {
    graded?.network(of: state) ?? SymmetricNetwork(factor: factor(state)).layered
  }

  private func factor(_ state: [Double]) -> Matrix {
    Matrix(rowCount: gradient.rowCount, columnCount: gradient.columnCount, elements: state)
  }

  public mutating func settle(_ state: inout [Double], step: Int, tolerance: Double) -> Bool {
    if let hasMoved = graded?.settle(&state, step: step, tolerance: tolerance) { return hasMoved }
    guard modeCount > 0, modeCount <= 8 || step % 8 == 0 else { return false }
    let factor = factor(state)
    guard let values = try? factor.singularValues(), values[modeCount - 1] < 1e-4 * values[0],
      let flow = FactorFlow(loss.objective, from: SymmetricNetwork(factor: factor))
    else { return false }
    (graded, state) = (flow, flow.start)
    return true
  }

  public var coordinates: FlowCoordinates { graded == nil ? .weights : .stacked }

  public mutating func resume(at state: [Double], in coordinates: FlowCoordinates) -> Bool {
    guard coordinates == .stacked else {
      return coordinates == .weights && state.count == start.count
    }
    graded = FactorFlow(
      loss.objective, .symmetric, rowCount: gradient.rowCount, columnCount: gradient.columnCount,
      at: state)
    return graded != nil
  }

  public func endToEndDecomposition(of state: [Double]) -> SingularValueDecomposition? {
    graded?.endToEndDecomposition(of: state)
  }

  private func copy(_ elements: UnsafeBufferPointer<Double>, into matrix: inout Matrix) {
    matrix.withUnsafeMutableElements { target in
      for k in target.indices { target[k] = elements[k] }
    }
  }
}
