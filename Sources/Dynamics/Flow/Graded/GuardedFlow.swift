public import LinearAlgebra
public import LinearNetworks
import RealModule

// Layers hold singular values only to rounding of the largest one, and integrated ones only to the tolerance. Balanced
// layers have the coordinates of ``BalancedFlow``, two layers of any kind those of ``FactorFlow``, which hold all. At up
// to 8 modes the former are taken at once: the time is 1.1 to 1.7 times that of the layers at 3 modes, and 5 to 8 times at
// 8 modes and three or four layers. Otherwise layers are followed until the smallest singular value falls below a share of
// the largest that leaves room for the tolerance.

/// Gradient flow on all layers of an objective, in coordinates that hold what the flow keeps.
///
/// From balanced layers: rank, sign of the determinant and every singular value. From two layers of any kind: the
/// directions of the stacked layers, however much some grow before others. Starts with more layers that are not
/// balanced have no such coordinates; see ``FlowResult/roundingTime``.
public struct GuardedFlow<Target: Objective>: FlowEquation {
  /// The most modes for which graded coordinates are cheap.
  static var easyRank: Int { 8 }

  /// Whether the start was balanced.
  public let isBalanced: Bool
  public private(set) var start: [Double]

  private let objective: Target
  private let widths: [Int]
  /// How many singular values of the (stacked) layers the start has.
  private let modeCount: Int

  private var layers: NetworkFlow<EndToEndLoss<Target>>
  /// The flow in graded coordinates, once they are taken.
  private var balanced: BalancedFlow<Target>?
  private var factored: FactorFlow<Target>?

  /// The flow of an objective from a network.
  public init(_ objective: Target, from network: LinearNetwork) {
    self.objective = objective
    widths = network.widths
    layers = NetworkFlow(EndToEndLoss(objective, widths: network.widths), from: network)
    let factors = BalancedFactors(of: network)
    isBalanced = factors != nil
    let values = Self.values(of: network, isBalanced: isBalanced)
    modeCount = factors?.rank ?? values.count { $0 > 1e-14 * (values.first ?? 0) }
    start = layers.start
    if let factors, modeCount <= Self.easyRank || !isHeld(values, tolerance: 0) {
      let flow = BalancedFlow(objective, from: factors)
      (balanced, start) = (flow, flow.start)
    }
  }

  /// Whether layers hold all modes, none of them near rounding; exact zeros are better left out.
  ///
  /// - Parameter tolerance: what errors may be relative to a layer; the smallest mode is to be a thousand times larger.
  private func isHeld(_ values: [Double], tolerance: Double) -> Bool {
    guard let first = values.first, first > 0, modeCount > 0 else { return true }
    let share = modeCount <= Self.easyRank ? 1e-4 : 1e-6
    return isBalanced && modeCount < (widths.min() ?? 0)
      ? false : values[modeCount - 1] >= min(max(share, 1000 * tolerance), 0.01) * first
  }

  /// The singular values, descending, of a balanced network's layers or of two stacked layers; none of others.
  private static func values(of network: LinearNetwork, isBalanced: Bool) -> [Double] {
    let matrix: Matrix
    if isBalanced {
      matrix = network.layers[0]
    } else if network.depth == 2 {
      matrix = .verticallyStacked([network.layers[1], network.layers[0].transposed()])
    } else {
      return []
    }
    return (try? matrix.singularValues()) ?? []
  }

  public var blockSizes: [Int] {
    balanced?.blockSizes ?? factored?.blockSizes ?? layers.blockSizes
  }
  public var blockScales: [Double?] {
    balanced?.blockScales ?? factored?.blockScales ?? layers.blockScales
  }

  public mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    balanced?.setVelocity(at: state, into: velocity)
      ?? factored?.setVelocity(at: state, into: velocity)
      ?? layers.setVelocity(at: state, into: velocity)
  }

  public mutating func setVelocityChange(
    at state: UnsafeBufferPointer<Double>, along direction: UnsafeBufferPointer<Double>,
    into change: UnsafeMutableBufferPointer<Double>
  ) {
    if balanced?.setVelocityChange(at: state, along: direction, into: change) == nil,
      factored?.setVelocityChange(at: state, along: direction, into: change) == nil
    {
      layers.setVelocityChange(at: state, along: direction, into: change)
    }
  }

  public mutating func settle(_ state: inout [Double], step: Int, tolerance: Double) -> Bool {
    if let hasMoved = balanced?.settle(&state, step: step, tolerance: tolerance)
      ?? factored?.settle(&state, step: step, tolerance: tolerance)
    {
      return hasMoved
    }
    guard isBalanced || widths.count == 3, modeCount <= Self.easyRank || step % 8 == 0 else {
      return false
    }
    let network = layers.network(of: state)
    let values = Self.values(of: network, isBalanced: isBalanced)
    guard !isHeld(values, tolerance: 10 * tolerance) else { return false }
    if isBalanced {
      guard let factors = BalancedFactors(near: network) else { return false }
      let flow = BalancedFlow(objective, from: factors)
      (balanced, state) = (flow, flow.start)
    } else {
      guard let flow = FactorFlow(objective, from: network) else { return false }
      (factored, state) = (flow, flow.start)
    }
    return true
  }

  public mutating func resume(at state: [Double]) -> Bool {
    if let isResumed = balanced?.resume(at: state) { return isResumed }
    if state.count == layers.dimension { return true }
    // The run took graded coordinates on its way; the state's size tells how many modes they have.
    if isBalanced {
      for rank in 1...widths.min()! {
        let flow = BalancedFlow(
          objective,
          from: BalancedFactors(
            bases: widths.map { .identity($0, rank) },
            logarithmicSizes: [Double](repeating: 0, count: rank)))
        if flow.dimension == state.count { balanced = flow }
      }
    } else if widths.count == 3 {
      factored = FactorFlow(
        objective, .layers, rowCount: widths[0] + widths[2], columnCount: widths[1], at: state)
    }
    return balanced != nil || factored != nil
  }

  public func network(of state: [Double]) -> LinearNetwork {
    balanced?.network(of: state) ?? factored?.network(of: state) ?? layers.network(of: state)
  }

  public func invariants(of state: [Double]) -> [Matrix] {
    balanced?.invariants(of: state) ?? factored?.invariants(of: state)
      ?? layers.invariants(of: state)
  }

  public func largestSquare(of state: [Double]) -> Double {
    balanced?.largestSquare(of: state) ?? factored?.largestSquare(of: state)
      ?? layers.largestSquare(of: state)
  }

  public func smallestOverRounding(of state: [Double]) -> Double? {
    isBalanced ? nil : network(of: state).smallestOverRounding()
  }

  public func endToEndDecomposition(of state: [Double]) -> SingularValueDecomposition? {
    balanced?.endToEndDecomposition(of: state)
  }
}
