public import LinearAlgebra

/// Distance to a given matrix,
///
///     ℓ(W) = ½ ‖Y − W‖²_F.
///
/// Strongly convex and smooth, both with constant 1. With a symmetric network W = U Uᵀ this is symmetric
/// matrix factorization.
public struct FactorizationObjective: Objective, Equatable {
  /// Y.
  public let target: Matrix

  /// The objective whose best matrix is the target.
  public init(_ target: Matrix) { self.target = target }

  public var outputCount: Int { target.rowCount }
  public var inputCount: Int { target.columnCount }
  public var isConvex: Bool { true }
  public var smoothness: Double? { 1 }
  public var strongConvexity: Double? { 1 }
  public var minimum: ObjectiveMinimum? { ObjectiveMinimum(value: 0, endToEnd: target) }

  public func value(at endToEnd: Matrix) -> Double {
    requireShape(endToEnd)
    let distance = (endToEnd - target).frobeniusNorm
    return distance * distance / 2
  }

  /// - Complexity: O(*rows* · *columns*); no allocation.
  public func value(at endToEnd: Matrix, transposedGradient: inout Matrix) -> Double {
    requireShape(endToEnd)
    requireTransposedShape(transposedGradient)
    let (rowCount, columnCount) = (outputCount, inputCount)
    var sum = 0.0
    endToEnd.withUnsafeElements { w in
      target.withUnsafeElements { y in
        transposedGradient.withUnsafeMutableElements { gradient in
          for i in 0..<rowCount {
            for j in 0..<columnCount {
              let residual = w[i * columnCount + j] - y[i * columnCount + j]
              sum += residual * residual
              gradient[j * rowCount + i] = residual
            }
          }
        }
      }
    }
    return sum / 2
  }

  public func curvature(
    at endToEnd: Matrix, along direction: Matrix, transposed result: inout Matrix
  ) {
    requireShape(direction)
    direction.transpose(into: &result)
  }
  /// The minimum over W = U Uᵀ, U of any width: the positive part of a symmetric target.
  ///
  /// - Precondition: the target is square. Only its symmetric part can be approached.
  public func symmetricMinimum() throws(DecompositionError) -> ObjectiveMinimum {
    try nearest(in: .symmetric(width: outputCount))
  }
}
