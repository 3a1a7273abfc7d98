public import LinearAlgebra
public import LinearNetworks

/// A gradient flow, or another flow of a network's weights, as an ordinary differential equation y′ = f(y).
///
/// The state y holds the elements of all blocks one after the other; a block is what the tolerance of an
/// integrator is relative to, usually a layer.
public protocol FlowEquation: Sendable {
  /// The number of elements of each block.
  var blockSizes: [Int] { get }

  /// What errors of each block are relative to: a number, or nil for the block's own size.
  var blockScales: [Double?] { get }

  /// The state the run begins at.
  var start: [Double] { get }

  /// Writes f(y) and returns the loss at y.
  mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double

  /// Told the number of a step before its velocity is set; only descents with random batches care.
  mutating func beginStep(_ number: Int)

  /// Whether the velocity depends on the number of the step, and not on the state alone.
  var dependsOnStep: Bool { get }

  /// Writes the derivative of f at y along a direction.
  ///
  /// - Precondition: y is the state last given to ``setVelocity(at:into:)``.
  mutating func setVelocityChange(
    at state: UnsafeBufferPointer<Double>, along direction: UnsafeBufferPointer<Double>,
    into change: UnsafeMutableBufferPointer<Double>)

  /// Called after every accepted step: may write the same network in better coordinates, even as a state of
  /// another size, and returns whether it did.
  ///
  /// - Parameters:
  ///   - state: the state after the step; left as it is when the answer is false.
  ///   - step: the number of steps so far.
  ///   - tolerance: what may be wrong with a state relative to its blocks without being worth a change.
  mutating func settle(_ state: inout [Double], step: Int, tolerance: Double) -> Bool

  /// What states are made of at the moment.
  var coordinates: FlowCoordinates { get }

  /// Takes up a state that a run of the same equation left behind; false when it cannot be one.
  mutating func resume(at state: [Double], in coordinates: FlowCoordinates) -> Bool

  /// The network with the weights of a state.
  func network(of state: [Double]) -> LinearNetwork

  /// The invariants of the flow, W_{j+1}ᵀW_{j+1} − W_jW_jᵀ for each pair of neighbouring layers; empty where
  /// nothing is conserved.
  func invariants(of state: [Double]) -> [Matrix]

  /// The largest ‖W_j‖²_F of a state.
  func largestSquare(of state: [Double]) -> Double

  /// The smallest singular value of the end-to-end matrix relative to what rounding of the weights can hide, where
  /// that may get lost; below 1 it is rounding.
  func smallestOverRounding(of state: [Double]) -> Double?

  /// The singular value decomposition of the end-to-end matrix, where the state knows it better than the elements
  /// of that matrix do.
  func endToEndDecomposition(of state: [Double]) -> SingularValueDecomposition?
}

/// What the states of a flow are made of; an equation may go from weights to others on its way.
public enum FlowCoordinates: String, Equatable, Sendable, Codable {
  /// The weights themselves.
  case weights
  /// Singular vectors and logarithms of singular values; see ``BalancedFlow``.
  case balanced
  /// An orthogonal and a graded triangular factor of two stacked layers, or of a symmetric network.
  case stacked
}

extension FlowEquation {
  /// The number of elements of a state.
  public var dimension: Int { blockSizes.reduce(0, +) }

  public var blockScales: [Double?] { [Double?](repeating: nil, count: blockSizes.count) }

  public mutating func beginStep(_ number: Int) {}

  public var dependsOnStep: Bool { false }

  public mutating func settle(
    _ state: inout [Double], step: Int, tolerance: Double
  ) -> Bool { false }

  public var coordinates: FlowCoordinates { .weights }

  public mutating func resume(at state: [Double], in coordinates: FlowCoordinates) -> Bool {
    state.count == dimension && coordinates == self.coordinates
  }

  public func endToEndDecomposition(of state: [Double]) -> SingularValueDecomposition? { nil }

  public func smallestOverRounding(of state: [Double]) -> Double? { nil }

  public func largestSquare(of state: [Double]) -> Double {
    RelativeNorm(blockSizes: blockSizes).norms(of: state).reduce(0) { max($0, $1 * $1) }
  }

  /// Records a state. Singular values and the end-to-end matrix are those of its own decomposition where it has one.
  func snapshot(
    of state: [Double], time: Double, loss: Double, quantities: Set<Recording.Quantity>
  ) -> Snapshot {
    guard let decomposition = endToEndDecomposition(of: state) else {
      return Snapshot(of: network(of: state), time: time, loss: loss, quantities: quantities)
    }
    var snapshot = Snapshot(
      of: network(of: state), time: time, loss: loss,
      quantities: quantities.subtracting([.endToEnd, .singularValues]))
    if quantities.contains(.endToEnd) { snapshot.endToEnd = decomposition.reconstruct() }
    if quantities.contains(.singularValues) {
      let count = min(
        decomposition.leftVectors.rowCount, decomposition.rightVectorsTransposed.columnCount)
      let values = decomposition.singularValues
      snapshot.singularValues = values + [Double](repeating: 0, count: count - values.count)
    }
    return snapshot
  }

  public func invariants(of state: [Double]) -> [Matrix] { [] }

  /// A central difference, for equations without a formula of their own.
  ///
  /// - Complexity: two evaluations of the velocity. The velocity last set is no longer that at `state`.
  public mutating func setVelocityChange(
    at state: UnsafeBufferPointer<Double>, along direction: UnsafeBufferPointer<Double>,
    into change: UnsafeMutableBufferPointer<Double>
  ) {
    let size = Self.norm(direction)
    guard size > 0 else { return change.update(repeating: 0) }
    let step = 6e-6 * max(Self.norm(state), .leastNormalMagnitude) / size
    var moved = [Double](repeating: 0, count: state.count)
    var behind = moved
    moved.withUnsafeMutableBufferPointer { moved in
      for k in state.indices { moved[k] = state[k] + step * direction[k] }
      _ = setVelocity(at: UnsafeBufferPointer(moved), into: change)
      for k in state.indices { moved[k] = state[k] - step * direction[k] }
      behind.withUnsafeMutableBufferPointer { behind in
        _ = setVelocity(at: UnsafeBufferPointer(moved), into: behind)
        for k in change.indices { change[k] = (change[k] - behind[k]) / (2 * step) }
      }
    }
  }

  private static func norm(_ vector: UnsafeBufferPointer<Double>) -> Double {
    vectorNorm(vector)
  }
}

extension LinearNetwork {
  /// σ_k(W) / (√d ε Π_j ‖W_j‖_F), k the smallest and d the largest width; nil at depth 1 and for W = 0.
  func smallestOverRounding() -> Double? {
    guard depth > 1 else { return nil }
    let values = singularValues()
    let size = layers.reduce(1) { $0 * $1.frobeniusNorm }
    guard let first = values.first, first > 0, size > 0, size.isFinite else { return nil }
    let rounding = Double(widths.max()!).squareRoot() * .ulpOfOne * size
    return rounding > 0 ? values[widths.min()! - 1] / rounding : nil
  }

  /// W_{j+1}ᵀW_{j+1} − W_jW_jᵀ for each pair of neighbouring layers; gradient flow conserves each.
  public func balanceInvariants() -> [Matrix] {
    zip(layers, layers.dropFirst()).map { lower, upper in
      upper.transposedTimes(upper) - lower.timesTransposed(lower)
    }
  }
}
