import LinearAlgebra
import LinearNetworks
import RealModule

// Two layers stacked as Z = (W_2; W_1ᵀ), and the factor Z = U of a symmetric network, both move as Z′ = A Z with a
// symmetric A that depends on Z alone through W:
//
//     A = −(0 G; Gᵀ 0) for two layers,   A = −(G + Gᵀ) for W = U Uᵀ.
//
// With Z = Q R Cᵀ the basis C of the columns never moves, and Q and R are the continuous QR decomposition: for
// K = QᵀAQ, in the words of ``GradedCore``, Y = K and Q′ = A Q − Q K + Q S. No balance is needed; what grows by e^{300}
// more than its neighbour stays beside it.

/// The flow of two layers, or of a symmetric network, in coordinates that hold directions of any sizes.
///
/// Rank and small singular values of the stacked layers are kept, each to its own accuracy. For balanced layers
/// ``BalancedFlow`` holds those of the end-to-end matrix as well.
///
/// - SeeAlso: [dieci1997continuousQR].
struct FactorFlow<Target: Objective>: FlowEquation {
  /// What Z is made of.
  enum Kind: Sendable {
    case layers
    case symmetric
  }

  let start: [Double]
  let blockSizes: [Int]
  var blockScales: [Double?] { [nil, 1, 1, nil] }

  private let objective: Target
  private let kind: Kind
  /// The shapes of Z, p × k, and its rank r.
  private let rowCount: Int
  private let columnCount: Int
  private let rank: Int
  private var core: GradedCore
  private var basis: Matrix
  private var factor: Matrix
  private var triangle: Matrix
  private var turn: Matrix
  private var k: Matrix
  private var transposedGradient: Matrix

  /// The flow from two layers; nil when both are zero or not finite.
  init?(_ objective: Target, from network: LinearNetwork) {
    precondition(network.depth == 2, "a network of depth \(network.depth) has not two layers")
    self.init(
      objective, .layers,
      from: .verticallyStacked([network.layers[1], network.layers[0].transposed()]))
  }

  /// The flow of a symmetric network; nil when its factor is zero or not finite.
  init?(_ objective: Target, from network: SymmetricNetwork) {
    self.init(objective, .symmetric, from: network.factor)
  }

  private init?(_ objective: Target, _ kind: Kind, from stacked: Matrix) {
    let modes = Mode.modes(of: stacked.transposed()).prefix(stacked.rowCount)
    guard !modes.isEmpty else { return nil }
    self.init(
      objective, kind, rowCount: stacked.rowCount, columnCount: stacked.columnCount,
      rank: modes.count,
      start: Matrix(rows: modes.map(\.right)).transposed().elements + modes.map(\.size)
        + [Double](repeating: 0, count: modes.count * (modes.count - 1) / 2)
        + Matrix(rows: modes.map(\.left)).transposed().elements)
  }

  /// The flow that a state belongs to, for Z of p × k; nil when no rank gives a state of this size.
  init?(_ objective: Target, _ kind: Kind, rowCount: Int, columnCount: Int, at state: [Double]) {
    for rank in 1...min(rowCount, columnCount)
    where state.count == (rowCount + columnCount + 1) * rank + rank * (rank - 1) / 2 {
      self.init(
        objective, kind, rowCount: rowCount, columnCount: columnCount, rank: rank, start: state)
      return
    }
    return nil
  }

  private init(
    _ objective: Target, _ kind: Kind, rowCount: Int, columnCount: Int, rank: Int, start: [Double]
  ) {
    self.objective = objective
    self.kind = kind
    self.start = start
    (self.rowCount, self.columnCount, self.rank) = (rowCount, columnCount, rank)
    core = GradedCore(count: rank)
    blockSizes = [rowCount * rank, rank, core.triangleCount, columnCount * rank]
    basis = .zeros(rowCount, rank)
    (factor, turn) = (basis, basis)
    triangle = .zeros(rank, rank)
    k = triangle
    transposedGradient = .zeros(objective.inputCount, objective.outputCount)
  }

  private var coreRange: Range<Int> {
    blockSizes[0]..<blockSizes[0] + blockSizes[1] + blockSizes[2]
  }

  mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    basis.copyElements(from: state, at: 0)
    core.read(UnsafeBufferPointer(rebasing: state[coreRange]))
    core.setFactor(&triangle)
    factor.setToProduct(basis, triangle)
    let value: Double
    switch kind {
    case .layers:
      let m = objective.outputCount
      let upper = factor.firstRows(m)
      let lower = factor.submatrix(rows: m..<rowCount, columns: 0..<rank)
      value = objective.value(
        at: upper.timesTransposed(lower), transposedGradient: &transposedGradient)
      guard value.isFinite else { return .nan }
      turn = .verticallyStacked([
        -transposedGradient.transposedTimes(
          basis.submatrix(rows: m..<rowCount, columns: 0..<rank)),
        -(transposedGradient * basis.firstRows(m)),
      ])
    case .symmetric:
      value = objective.value(
        at: factor.timesTransposed(factor), transposedGradient: &transposedGradient)
      guard value.isFinite else { return .nan }
      turn.setToProduct(transposedGradient, basis, scale: -1)
      turn.setToProduct(transposedGradient, basis, transposingLeft: true, scale: -1, adding: 1)
    }
    k.setToProduct(basis, turn, transposingLeft: true)
    k = k.symmetrized()
    turn.setToProduct(basis, k, scale: -1, adding: 1)
    let part = UnsafeMutableBufferPointer(rebasing: velocity[coreRange])
    k.withUnsafeMutableElements { core.setVelocity($0, into: part) }
    turn.setToProduct(basis, k, adding: 1)
    turn.writeElements(to: velocity, at: 0)
    for place in coreRange.upperBound..<state.count { velocity[place] = 0 }
    return value
  }

  mutating func settle(_ state: inout [Double], step: Int, tolerance: Double) -> Bool {
    var q = Matrix(
      rowCount: rowCount, columnCount: rank, elements: Array(state[..<blockSizes[0]]))
    var hasMoved = false
    if q.orthonormalizeColumns() > tolerance {
      state.replaceSubrange(..<blockSizes[0], with: q.elements)
      hasMoved = true
    }
    state.withUnsafeBufferPointer { core.read(UnsafeBufferPointer(rebasing: $0[coreRange])) }
    guard core.isWorn else { return hasMoved }
    let (y, left, right) = core.sortedDecomposition()
    state.replaceSubrange(..<blockSizes[0], with: (q * left).elements)
    state.replaceSubrange(
      coreRange.upperBound..., with: (columnBasis(state) * right).elements)
    core.reset(y)
    state.withUnsafeMutableBufferPointer { state in
      core.write(UnsafeMutableBufferPointer(rebasing: state[coreRange]))
    }
    return true
  }

  var coordinates: FlowCoordinates { .stacked }

  private func columnBasis(_ state: [Double]) -> Matrix {
    Matrix(
      rowCount: columnCount, columnCount: rank, elements: Array(state[coreRange.upperBound...]))
  }

  /// Z = Q R Cᵀ.
  func stacked(of state: [Double]) -> Matrix {
    var core = core
    var triangle = triangle
    state.withUnsafeBufferPointer { core.read(UnsafeBufferPointer(rebasing: $0[coreRange])) }
    core.setFactor(&triangle)
    let q = Matrix(
      rowCount: rowCount, columnCount: rank, elements: Array(state[..<blockSizes[0]]))
    return (q * triangle).timesTransposed(columnBasis(state))
  }

  func network(of state: [Double]) -> LinearNetwork {
    let z = stacked(of: state)
    switch kind {
    case .layers:
      let m = objective.outputCount
      return LinearNetwork(fitting: [
        z.submatrix(rows: m..<rowCount, columns: 0..<columnCount).transposed(), z.firstRows(m),
      ])
    case .symmetric: return SymmetricNetwork(factor: z).layered
    }
  }

  func endToEndDecomposition(of state: [Double]) -> SingularValueDecomposition? {
    guard kind == .symmetric else { return nil }
    var core = core
    state.withUnsafeBufferPointer { core.read(UnsafeBufferPointer(rebasing: $0[coreRange])) }
    let (y, left, _) = core.sortedDecomposition()
    let vectors =
      Matrix(rowCount: rowCount, columnCount: rank, elements: Array(state[..<blockSizes[0]]))
      * left
    return SingularValueDecomposition(
      leftVectors: vectors, singularValues: y.map { .exp(2 * $0) },
      rightVectorsTransposed: vectors.transposed())
  }

  func invariants(of state: [Double]) -> [Matrix] {
    kind == .layers ? network(of: state).balanceInvariants() : []
  }

  func largestSquare(of state: [Double]) -> Double {
    network(of: state).layers.reduce(0) { max($0, $1.inner($1)) }
  }
}
