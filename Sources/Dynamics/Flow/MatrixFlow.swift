public import LinearAlgebra
public import LinearNetworks

/// The flow dW/dt = F(W) of one matrix along a velocity given by a function.
///
/// For equations that theory states for the end-to-end matrix itself. Its network, for recordings, is one layer.
public struct MatrixFlow: FlowEquation {
  public let start: [Double]
  public var blockSizes: [Int] { [start.count] }

  private let rowCount: Int
  private let columnCount: Int
  private let loss: @Sendable (Matrix) -> Double
  private let velocity: @Sendable (Matrix) -> Matrix

  /// - Parameters:
  ///   - start: where it begins.
  ///   - loss: what the run reports as its loss; zero when left out.
  ///   - velocity: W ↦ F(W), of the shape of W.
  /// - Precondition: the start has an element.
  public init(
    from start: Matrix, loss: @escaping @Sendable (Matrix) -> Double = { _ in 0 },
    velocity: @escaping @Sendable (Matrix) -> Matrix
  ) {
    precondition(start.count > 0, "a flow cannot begin at a \(start.shape) matrix")
    self.start = start.elements
    (rowCount, columnCount) = (start.rowCount, start.columnCount)
    self.loss = loss
    self.velocity = velocity
  }

  public mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into target: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    let matrix = matrix(Array(state))
    let velocity = velocity(matrix)
    precondition(
      velocity.rowCount == rowCount && velocity.columnCount == columnCount,
      "a \(velocity.shape) velocity does not move a \(rowCount)×\(columnCount) matrix")
    velocity.withUnsafeElements { source in
      for k in source.indices { target[k] = source[k] }
    }
    return loss(matrix)
  }

  public func network(of state: [Double]) -> LinearNetwork { .singleLayer(matrix(state)) }

  private func matrix(_ state: [Double]) -> Matrix {
    Matrix(rowCount: rowCount, columnCount: columnCount, elements: state)
  }
}
