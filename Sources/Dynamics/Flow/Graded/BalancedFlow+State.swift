public import LinearAlgebra
public import LinearNetworks
import RealModule

extension BalancedFlow {
  /// The modes that a state stands for, in descending order.
  public func factors(of state: [Double]) -> BalancedFactors {
    let (y, left, right) = decomposition(of: state)
    let u = matrix(state, blockSizes[0] / rank, at: 0)
    let v = matrix(state, blockSizes[1] / rank, at: blockSizes[0])
    let hidden = hiddenWidths.indices.map { j in
      // At depth 2 the basis O belongs to R = X diag(e^y) Yᵀ on its right.
      matrix(state, hiddenWidths[j], at: hiddenRange(j).lowerBound) * (depth == 2 ? right : left)
    }
    let missing = [Matrix](repeating: .identity(rank), count: depth - 1 - hidden.count)
    return BalancedFactors(
      bases: [v * left] + hidden + missing + [u * left],
      logarithmicSizes: y.map { 2 * $0 / Double(depth) })
  }

  /// R = X diag(e^y) Yᵀ, y descending.
  private func decomposition(of state: [Double]) -> ([Double], Matrix, Matrix) {
    var core = core
    state.withUnsafeBufferPointer { core.read(UnsafeBufferPointer(rebasing: $0[coreRange])) }
    return core.sortedDecomposition()
  }

  private func matrix(_ state: [Double], _ rowCount: Int, at begin: Int) -> Matrix {
    Matrix(
      rowCount: rowCount, columnCount: rank,
      elements: Array(state[begin..<begin + rowCount * rank]))
  }

  public func network(of state: [Double]) -> LinearNetwork {
    let factors = factors(of: state)
    return hiddenWidths.isEmpty
      ? .singleLayer(factors.endToEndDecomposition.reconstruct()) : factors.network
  }

  public func endToEndDecomposition(of state: [Double]) -> SingularValueDecomposition? {
    factors(of: state).endToEndDecomposition
  }

  public var coordinates: FlowCoordinates { .balanced }

  public func invariants(of state: [Double]) -> [Matrix] {
    hiddenWidths.isEmpty ? [] : network(of: state).balanceInvariants()
  }

  public func largestSquare(of state: [Double]) -> Double {
    factors(of: state).logarithmicSizes.reduce(0) { $0 + .exp(2 * $1) }
  }

  public mutating func settle(_ state: inout [Double], step: Int, tolerance: Double) -> Bool {
    var hasMoved = false
    let bases =
      [(0, blockSizes[0]), (blockSizes[0], blockSizes[1])]
      + hiddenWidths.indices.map { (hiddenRange($0).lowerBound, hiddenRange($0).count) }
    for (begin, size) in bases {
      var basis = matrix(state, size / rank, at: begin)
      guard basis.orthonormalizeColumns() > tolerance else { continue }
      state.replaceSubrange(begin..<begin + size, with: basis.elements)
      hasMoved = true
    }
    state.withUnsafeBufferPointer { core.read(UnsafeBufferPointer(rebasing: $0[coreRange])) }
    if core.isWorn {
      let (y, left, right) = decomposition(of: state)
      for (index, (begin, size)) in bases.enumerated() {
        let turned =
          matrix(state, size / rank, at: begin) * (depth == 2 && index == 2 ? right : left)
        state.replaceSubrange(begin..<begin + size, with: turned.elements)
      }
      core.reset(y)
      state.withUnsafeMutableBufferPointer { state in
        core.write(UnsafeMutableBufferPointer(rebasing: state[coreRange]))
      }
      hasMoved = true
    }
    return hasMoved
  }
}

extension BalancedFactors {
  /// The end-to-end matrix as U diag(h^N) Vᵀ.
  public var endToEndDecomposition: SingularValueDecomposition {
    SingularValueDecomposition(
      leftVectors: bases[depth],
      singularValues: logarithmicSizes.map { .exp(Double(depth) * $0) },
      rightVectorsTransposed: bases[0].transposed())
  }
}

extension Matrix {
  /// Takes the elements that stand in a state from a place on.
  mutating func copyElements(from state: UnsafeBufferPointer<Double>, at begin: Int) {
    withUnsafeMutableElements { target in
      for k in target.indices { target[k] = state[begin + k] }
    }
  }

  /// Writes the elements into a state from a place on.
  func writeElements(to state: UnsafeMutableBufferPointer<Double>, at begin: Int) {
    withUnsafeElements { source in
      for k in source.indices { state[begin + k] = source[k] }
    }
  }

  /// Multiplies column s by factor s, in place.
  mutating func scaleColumns(by factors: [Double]) {
    let count = columnCount
    withUnsafeMutableElements { a in
      for row in stride(from: 0, to: a.count, by: max(count, 1)) {
        for s in 0..<count { a[row + s] *= factors[s] }
      }
    }
  }
}
