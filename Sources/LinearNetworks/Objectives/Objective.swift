public import LinearAlgebra

/// A function ℓ of the end-to-end matrix W that training makes small.
public protocol Objective: Sendable {
  /// The number of rows d_N of W.
  var outputCount: Int { get }

  /// The number of columns d₀ of W.
  var inputCount: Int { get }

  /// ℓ(W).
  func value(at endToEnd: Matrix) -> Double

  /// ℓ(W), and its gradient transposed: d₀ × d_N, which is what backpropagation reads.
  ///
  /// Allocates nothing where the objective allows it.
  func value(at endToEnd: Matrix, transposedGradient: inout Matrix) -> Double

  /// A number L with ‖∇ℓ(W) − ∇ℓ(W′)‖_F ≤ L ‖W − W′‖_F for all W, W′; nil where there is none.
  var smoothness: Double? { get }
}

extension Objective {
  /// The gradient ∇ℓ(W), d_N × d₀.
  public func gradient(at endToEnd: Matrix) -> Matrix {
    var transposed = Matrix(rowCount: inputCount, columnCount: outputCount)
    _ = value(at: endToEnd, transposedGradient: &transposed)
    return transposed.transposed()
  }

  func requireShape(_ matrix: Matrix) {
    precondition(
      matrix.rowCount == outputCount && matrix.columnCount == inputCount,
      "the objective takes \(outputCount)×\(inputCount) matrices, not \(matrix.shape)")
  }
}
