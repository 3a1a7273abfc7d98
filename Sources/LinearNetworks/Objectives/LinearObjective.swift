public import LinearAlgebra

/// ⟨C, W⟩, without a curvature and without a minimum.
///
/// What every loss is near a point: the end-to-end dynamics of deep networks on it show what depth alone does.
public struct LinearObjective: Objective, Equatable {
  /// C, the gradient everywhere.
  public let slope: Matrix

  /// A linear function of W.
  public init(slope: Matrix) { self.slope = slope }

  public var outputCount: Int { slope.rowCount }
  public var inputCount: Int { slope.columnCount }
  public var isConvex: Bool { true }
  public var smoothness: Double? { 0 }
  public var strongConvexity: Double? { 0 }
  public var minimum: ObjectiveMinimum? { nil }

  public func value(at endToEnd: Matrix) -> Double {
    requireShape(endToEnd)
    return slope.inner(endToEnd)
  }

  public func value(at endToEnd: Matrix, transposedGradient: inout Matrix) -> Double {
    requireShape(endToEnd)
    requireTransposedShape(transposedGradient)
    for i in 0..<outputCount {
      for j in 0..<inputCount { transposedGradient[j, i] = slope[i, j] }
    }
    return slope.inner(endToEnd)
  }

  public func curvature(
    at endToEnd: Matrix, along direction: Matrix, transposed result: inout Matrix
  ) {
    requireShape(direction)
    requireTransposedShape(result)
    result.setToZero()
  }
}
