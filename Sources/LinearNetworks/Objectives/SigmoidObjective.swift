public import LinearAlgebra
import RealModule

/// Least squares through the logistic function φ(z) = 1/(1 + e^{−z}),
///
///     ℓ(W) = ½ ‖Y − φ(X Wᵀ)‖²_F.
///
/// Smooth, but not convex.
public struct SigmoidObjective: PredictionObjective, Equatable {
  /// X, one sample per row.
  public let inputs: Matrix
  /// Y, one sample per row.
  public let targets: Matrix
  public let smoothness: Double?

  /// - Throws: ``ObjectiveError`` for unequal numbers of samples; `DecompositionError` for data that are not
  ///   finite.
  public init(inputs: Matrix, targets: Matrix) throws {
    let samples = try RegressionObjective.Samples(inputs: inputs, targets: targets)
    self.inputs = samples.inputs
    self.targets = samples.targets
    // d²/dz² ½(φ − y)² = φ′² + (φ − y) φ″ with φ′ ≤ ¼, |φ″| ≤ 1/(6√3), and |φ − y| ≤ max(|y|, |1 − y|).
    let farthest = targets.elements.reduce(0) { max($0, abs($1), abs(1 - $1)) }
    smoothness =
      try (1 / 16 + farthest / (6 * 3.0.squareRoot())) * Self.squaredNorm(inputs)
  }

  public var outputCount: Int { targets.columnCount }
  public var isConvex: Bool { false }
  public var strongConvexity: Double? { nil }
  public var minimum: ObjectiveMinimum? { nil }

  public func differentiate(_ predictions: inout Matrix) -> Double {
    var sum = 0.0
    predictions.withUnsafeMutableElements { z in
      targets.withUnsafeElements { y in
        for k in z.indices {
          let φ = Self.logistic(z[k])
          let residual = φ - y[k]
          sum += residual * residual
          z[k] = residual * φ * (1 - φ)
        }
      }
    }
    return sum / 2
  }

  public func differentiate(_ predictions: Matrix, change: inout Matrix) {
    change.withUnsafeMutableElements { change in
      predictions.withUnsafeElements { z in
        targets.withUnsafeElements { y in
          for k in change.indices {
            let φ = Self.logistic(z[k])
            let slope = φ * (1 - φ)
            change[k] *= slope * slope + (φ - y[k]) * slope * (1 - 2 * φ)
          }
        }
      }
    }
  }

  private static func logistic(_ z: Double) -> Double {
    // Never the exponential of a large positive number.
    if z >= 0 { return 1 / (1 + .exp(-z)) }
    let e = Double.exp(z)
    return e / (1 + e)
  }
}
