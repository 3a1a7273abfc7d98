public import LinearAlgebra
public import LinearNetworks
import RealModule

// Layers hold singular values only to rounding of the largest one, and integrated ones only to the tolerance. Balanced
// layers have the coordinates of ``BalancedFlow``, two layers of any kind those of ``FactorFlow``, which hold all, and
// cost several times as much where products of matrices are cheap. So layers are followed as long as they hold every
// mode: until the smallest singular value falls below a share of the others that leaves room for the tolerance. A step
// cannot jump over that room: what a step does to a mode is wrong by no more than the tolerance of the layer's size, so a
// mode a thousand tolerances large or more is still a mode after it.

/// Gradient flow on all layers of an objective, in coordinates that hold what the flow keeps.
///
/// From balanced layers: rank, sign of the determinant and every singular value. From two layers of any kind: the
/// directions of the stacked layers, however much some grow before others. Starts with more layers that are not
/// balanced have no such coordinates; see ``FlowResult/roundingTime``.
public struct GuardedFlow<Target: Objective>: FlowEquation {
  /// The most modes for which graded coordinates are cheap, and taken early.
  static var easyRank: Int { 8 }

  /// Whether the start was balanced.
  public let isBalanced: Bool
  public private(set) var start: [Double]

  private let objective: Target
  private let widths: [Int]
  /// How many singular values of the (stacked) layers the start has.
  private let modeCount: Int
  /// The first layer one of whose sides is the smallest width.
  private let narrowLayer: Int

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
    narrowLayer =
      network.layers.firstIndex { min($0.rowCount, $0.columnCount) == network.widths.min() } ?? 0
    if let factors {
      modeCount = factors.rank
    } else {
      let values = Self.stackedValues(of: network)
      modeCount = values.count { $0 > 1e-14 * (values.first ?? 0) }
    }
    start = layers.start
    if let factors, !hasAllModes || !isHeld(by: network.layers[narrowLayer], tolerance: 0) {
      let flow = BalancedFlow(objective, from: factors)
      (balanced, start) = (flow, flow.start)
    }
  }

  /// Whether no mode is zero; zeros are better left out.
  private var hasAllModes: Bool { modeCount == widths.min() }

  /// Whether a balanced layer holds all modes, as many as its shorter side.
  ///
  /// Its smallest singular value is compared with the root mean square of all: a Gram matrix less the square of the share
  /// is still positive definite. Squares are far above rounding for the shares in question.
  ///
  /// - Parameter tolerance: what errors may be relative to a layer; the smallest mode is to be a thousand times larger.
  /// - Complexity: O(*r*² *d*) for *r* modes.
  private func isHeld(by layer: Matrix, tolerance: Double) -> Bool {
    let share =
      modeCount <= Self.easyRank
      ? max(0.01, 1000 * tolerance) : min(max(1e-6, 1000 * tolerance), 0.01)
    let size = layer.maxAbsolute
    guard size > 0, size.isFinite else { return true }
    let scaled = layer / size
    var gram =
      scaled.rowCount <= scaled.columnCount
      ? scaled.timesTransposed(scaled) : scaled.transposedTimes(scaled)
    let floor = share * share * gram.trace / Double(modeCount)
    for r in 0..<modeCount { gram[r, r] -= floor }
    return gram.withUnsafeMutableElements { elements in
      guard let base = elements.baseAddress else { return true }
      return SmallCholesky.factorInPlace(base, size: modeCount) == nil
    }
  }

  /// Whether two stacked layers that are not balanced hold all modes, none of them near rounding.
  private func isHeld(byStacked network: LinearNetwork, tolerance: Double) -> Bool {
    let values = Self.stackedValues(of: network)
    guard let first = values.first, first > 0, modeCount > 0 else { return true }
    let share = modeCount <= Self.easyRank ? 1e-4 : 1e-6
    return values[modeCount - 1] >= min(max(share, 1000 * tolerance), 0.01) * first
  }

  /// The singular values, descending, of two stacked layers; none of other networks.
  private static func stackedValues(of network: LinearNetwork) -> [Double] {
    guard network.depth == 2 else { return [] }
    let stacked = Matrix.verticallyStacked([network.layers[1], network.layers[0].transposed()])
    return (try? stacked.singularValues()) ?? []
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
    // Of the step, what is left is the tolerance again.
    let tolerance = 10 * tolerance
    if isBalanced {
      guard !isHeld(by: narrowLayer(of: state), tolerance: tolerance),
        let factors = BalancedFactors(near: layers.network(of: state))
      else { return false }
      let flow = BalancedFlow(objective, from: factors)
      (balanced, state) = (flow, flow.start)
    } else {
      guard widths.count == 3, modeCount <= Self.easyRank || step % 8 == 0 else { return false }
      let network = layers.network(of: state)
      guard !isHeld(byStacked: network, tolerance: tolerance),
        let flow = FactorFlow(objective, from: network)
      else { return false }
      (factored, state) = (flow, flow.start)
    }
    return true
  }

  private func narrowLayer(of state: [Double]) -> Matrix {
    let begin = layers.blockSizes[..<narrowLayer].reduce(0, +)
    return Matrix(
      rowCount: widths[narrowLayer + 1], columnCount: widths[narrowLayer],
      elements: Array(state[begin..<begin + layers.blockSizes[narrowLayer]]))
  }

  public var coordinates: FlowCoordinates {
    balanced != nil ? .balanced : factored != nil ? .stacked : .weights
  }

  public mutating func resume(at state: [Double], in coordinates: FlowCoordinates) -> Bool {
    switch coordinates {
    case .weights:
      return balanced == nil && state.count == layers.dimension
    case .balanced:
      guard isBalanced else { return false }
      // The state's size tells how many modes there are.
      for rank in 1...max(widths.min() ?? 1, 1) {
        let flow = BalancedFlow(
          objective,
          from: BalancedFactors(
            bases: widths.map { .identity($0, rank) },
            logarithmicSizes: [Double](repeating: 0, count: rank)))
        if flow.dimension == state.count {
          balanced = flow
          return true
        }
      }
      return false
    case .stacked:
      guard !isBalanced, widths.count == 3 else { return false }
      factored = FactorFlow(
        objective, .layers, rowCount: widths[0] + widths[2], columnCount: widths[1], at: state)
      return factored != nil
    }
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
    if let balanced { return balanced.endToEndDecomposition(of: state) }
    guard isBalanced, modeCount <= Self.easyRank else { return nil }
    return SingularValueDecomposition(
      ofGradedProduct: layers.network(of: state).layers, rank: modeCount)
  }
}
