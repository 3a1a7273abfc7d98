public import LinearAlgebra
import RealModule

/// Regression with an even power of the residuals,
///
///     ℓ(W) = 1/m Σ_i ‖W x_i − y_i‖_p^p,   p ∈ {2, 4, 6, …}.
///
/// Convex; smooth only for p = 2.
public struct PowerObjective: PredictionObjective, Equatable {
  /// X, one sample per row.
  public let inputs: Matrix
  /// Y, one sample per row.
  public let targets: Matrix
  /// p.
  public let power: Int
  public let smoothness: Double?
  public let strongConvexity: Double?
  public let minimum: ObjectiveMinimum?

  /// - Throws: ``ObjectiveError`` for an odd or non-positive power or unequal numbers of samples;
  ///   `DecompositionError` for data that are not finite.
  public init(inputs: Matrix, targets: Matrix, power: Int) throws {
    guard power > 0, power % 2 == 0 else { throw ObjectiveError.unevenPower(power) }
    let samples = try RegressionObjective.Samples(inputs: inputs, targets: targets)
    self.inputs = samples.inputs
    self.targets = samples.targets
    self.power = power
    if power == 2 {
      // Twice the regression objective.
      let regression = try RegressionObjective(inputs: inputs, targets: targets)
      smoothness = 2 * regression.largestEigenvalue
      strongConvexity = 2 * regression.smallestEigenvalue
      minimum = regression.minimum.map {
        ObjectiveMinimum(value: 2 * $0.value, endToEnd: $0.endToEnd)
      }
    } else {
      smoothness = nil
      strongConvexity = 0
      minimum = nil
    }
  }

  public var outputCount: Int { targets.columnCount }
  public var isConvex: Bool { true }

  public func differentiate(_ predictions: inout Matrix) -> Double {
    let scale = 1 / Double(inputs.rowCount)
    let p = power
    var sum = 0.0
    predictions.withUnsafeMutableElements { z in
      targets.withUnsafeElements { y in
        for k in z.indices {
          let residual = z[k] - y[k]
          let lower = Double.pow(residual, p - 1)
          sum += lower * residual
          z[k] = Double(p) * scale * lower
        }
      }
    }
    return sum * scale
  }

  public func differentiate(_ predictions: Matrix, change: inout Matrix) {
    let factor = Double(power * (power - 1)) / Double(inputs.rowCount)
    let p = power
    change.withUnsafeMutableElements { change in
      predictions.withUnsafeElements { z in
        targets.withUnsafeElements { y in
          for k in change.indices { change[k] *= factor * Double.pow(z[k] - y[k], p - 2) }
        }
      }
    }
  }
}
