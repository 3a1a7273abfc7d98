public import LinearAlgebra
public import LinearNetworks

/// The flow of the end-to-end matrix that balanced layers induce; see ``EndToEndVelocity``.
///
/// The state is W alone. Its network, for recordings, is one layer.
public struct EndToEndFlow<Target: Objective>: FlowEquation {
  /// What is made small.
  public let objective: Target
  public let start: [Double]
  public var blockSizes: [Int] { [start.count] }

  private let velocity: EndToEndVelocity
  private var transposedGradient: Matrix

  /// - Parameters:
  ///   - objective: what is made small.
  ///   - depth: the number N of layers of the network that is imitated.
  ///   - endToEnd: the end-to-end matrix W.
  public init(_ objective: Target, depth: Int, from endToEnd: Matrix) {
    objective.requireFitting(endToEnd)
    self.objective = objective
    velocity = EndToEndVelocity(depth: depth)
    start = endToEnd.elements
    transposedGradient = Matrix(
      rowCount: endToEnd.columnCount, columnCount: endToEnd.rowCount)
  }

  public mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into target: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    let endToEnd = matrix(Array(state))
    let value = objective.value(at: endToEnd, transposedGradient: &transposedGradient)
    guard value.isFinite,
      let velocity = try? velocity.velocity(
        at: endToEnd, gradient: transposedGradient.transposed())
    else { return .nan }
    velocity.withUnsafeElements { source in
      for k in source.indices { target[k] = source[k] }
    }
    return value
  }

  public func network(of state: [Double]) -> LinearNetwork { .singleLayer(matrix(state)) }

  private func matrix(_ state: [Double]) -> Matrix {
    Matrix(
      rowCount: objective.outputCount, columnCount: objective.inputCount, elements: state)
  }
}

extension LinearNetwork {
  /// A network of depth 1.
  static func singleLayer(_ matrix: Matrix) -> LinearNetwork {
    var network = LinearNetwork(zerosOfWidths: [matrix.columnCount, matrix.rowCount])
    network.layers[0] = matrix
    return network
  }
}

extension Objective {
  func requireFitting(_ matrix: Matrix) {
    precondition(
      matrix.rowCount == outputCount && matrix.columnCount == inputCount,
      "the objective takes \(outputCount)×\(inputCount) matrices, not \(matrix.shape)")
  }
}
