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

  /// The second derivative at W along a direction V, transposed as the gradient is:
  ///
  ///     (d/ds ∇ℓ(W + sV))ᵀ at s = 0.
  func curvature(at endToEnd: Matrix, along direction: Matrix, transposed result: inout Matrix)

  /// Whether ℓ is convex.
  var isConvex: Bool { get }

  /// A number L with ‖∇ℓ(W) − ∇ℓ(W′)‖_F ≤ L ‖W − W′‖_F for all W, W′; nil where there is none.
  var smoothness: Double? { get }

  /// The largest known μ ≥ 0 for which ℓ − μ/2 ‖·‖²_F is convex; nil for an objective that is not convex.
  var strongConvexity: Double? { get }

  /// The global minimum over all matrices, where it has a formula.
  var minimum: ObjectiveMinimum? { get }

  /// The minimum over the end-to-end matrices that a network can have, where it has a formula; nil otherwise.
  ///
  /// Unless an objective knows better: that over all matrices, if it is one of the class.
  func minimum(over class: EndToEndClass) throws(DecompositionError) -> ObjectiveMinimum?
}

/// A global minimum of an objective.
public struct ObjectiveMinimum: Equatable, Sendable {
  /// The value there.
  public var value: Double
  /// A matrix that attains it; of several the one of least Frobenius norm.
  public var endToEnd: Matrix

  /// A minimum that is known.
  public init(value: Double, endToEnd: Matrix) {
    self.value = value
    self.endToEnd = endToEnd
  }
}

extension Objective {
  /// The gradient ∇ℓ(W), d_N × d₀.
  public func gradient(at endToEnd: Matrix) -> Matrix {
    var transposed = Matrix(rowCount: inputCount, columnCount: outputCount)
    _ = value(at: endToEnd, transposedGradient: &transposed)
    return transposed.transposed()
  }

  /// The second derivative at W along a direction, d_N × d₀.
  public func curvature(at endToEnd: Matrix, along direction: Matrix) -> Matrix {
    var transposed = Matrix(rowCount: inputCount, columnCount: outputCount)
    curvature(at: endToEnd, along: direction, transposed: &transposed)
    return transposed.transposed()
  }

  func requireShape(_ matrix: Matrix) {
    precondition(
      matrix.rowCount == outputCount && matrix.columnCount == inputCount,
      "the objective takes \(outputCount)×\(inputCount) matrices, not \(matrix.shape)")
  }

  func requireTransposedShape(_ matrix: Matrix) {
    precondition(
      matrix.rowCount == inputCount && matrix.columnCount == outputCount,
      "a transposed gradient is \(inputCount)×\(outputCount), not \(matrix.shape)")
  }
}
