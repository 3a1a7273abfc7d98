public import LinearAlgebra
public import LinearNetworks
import RealModule

// Layers hold singular values only to rounding of the largest one, and integrated ones only to the tolerance. Balanced
// layers have the coordinates of ``BalancedFlow``, which hold all of them. At up to 8 modes these cost no more than the
// layers do; with more, layers are followed until one of their singular values falls below 1e-4 of the largest.

/// Gradient flow on all layers of an objective, in coordinates that hold what the flow keeps.
///
/// From balanced layers: rank, sign of the determinant and every singular value, in the coordinates of
/// ``BalancedFlow`` as soon as layers would lose them. Other starts are followed in their layers.
public struct GuardedFlow<Target: Objective>: FlowEquation {
  /// The most modes for which graded coordinates are taken at once.
  static var easyRank: Int { 8 }
  /// The share of a layer's largest singular value below which the smallest is not left to the layers.
  static var smallestShare: Double { 1e-4 }

  /// Whether the start was balanced.
  public let isBalanced: Bool
  public let start: [Double]

  private let objective: Target
  private var layers: NetworkFlow<EndToEndLoss<Target>>
  /// The flow in graded coordinates once they are taken.
  private var balanced: BalancedFlow<Target>?

  /// The flow of an objective from a network.
  public init(_ objective: Target, from network: LinearNetwork) {
    self.objective = objective
    layers = NetworkFlow(EndToEndLoss(objective, widths: network.widths), from: network)
    let factors = BalancedFactors(of: network)
    isBalanced = factors != nil
    if let factors, factors.rank <= Self.easyRank || !Self.isHeld(factors, by: network) {
      let flow = BalancedFlow(objective, from: factors)
      balanced = flow
      start = flow.start
    } else {
      start = layers.start
    }
  }

  /// Whether layers hold all modes, none of them near rounding.
  private static func isHeld(_ factors: BalancedFactors, by network: LinearNetwork) -> Bool {
    guard let first = factors.logarithmicSizes.first, let last = factors.logarithmicSizes.last,
      factors.rank == network.widths.min()
    else { return false }
    return last - first > .log(smallestShare)
  }

  public var blockSizes: [Int] { balanced?.blockSizes ?? layers.blockSizes }
  public var blockScales: [Double?] { balanced?.blockScales ?? layers.blockScales }

  public mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    balanced?.setVelocity(at: state, into: velocity)
      ?? layers.setVelocity(at: state, into: velocity)
  }

  public mutating func setVelocityChange(
    at state: UnsafeBufferPointer<Double>, along direction: UnsafeBufferPointer<Double>,
    into change: UnsafeMutableBufferPointer<Double>
  ) {
    if balanced?.setVelocityChange(at: state, along: direction, into: change) == nil {
      layers.setVelocityChange(at: state, along: direction, into: change)
    }
  }

  public mutating func settle(_ state: inout [Double], tolerance: Double) -> Bool {
    if let hasMoved = balanced?.settle(&state, tolerance: tolerance) { return hasMoved }
    guard isBalanced else { return false }
    let network = layers.network(of: state)
    guard let values = try? network.layers[0].singularValues(), let first = values.first,
      values[network.widths.min()! - 1] < Self.smallestShare * first,
      let factors = BalancedFactors(near: network)
    else { return false }
    let flow = BalancedFlow(objective, from: factors)
    balanced = flow
    state = flow.start
    return true
  }

  public mutating func resume(at state: [Double]) -> Bool {
    if let isResumed = balanced?.resume(at: state) { return isResumed }
    if state.count == layers.dimension { return true }
    // The run had taken graded coordinates on its way; the state's size tells how many modes they have.
    guard isBalanced else { return false }
    let widths = layers.network(of: start).widths
    for rank in 1...widths.min()! {
      let factors = BalancedFactors(
        bases: widths.map { .identity($0, rank) },
        logarithmicSizes: [Double](repeating: 0, count: rank))
      let flow = BalancedFlow(objective, from: factors)
      if flow.dimension == state.count {
        balanced = flow
        return true
      }
    }
    return false
  }

  public func network(of state: [Double]) -> LinearNetwork {
    balanced?.network(of: state) ?? layers.network(of: state)
  }

  public func invariants(of state: [Double]) -> [Matrix] {
    balanced?.invariants(of: state) ?? layers.invariants(of: state)
  }

  public func largestSquare(of state: [Double]) -> Double {
    balanced?.largestSquare(of: state) ?? layers.largestSquare(of: state)
  }

  public func endToEndDecomposition(of state: [Double]) -> SingularValueDecomposition? {
    balanced?.endToEndDecomposition(of: state)
  }
}
