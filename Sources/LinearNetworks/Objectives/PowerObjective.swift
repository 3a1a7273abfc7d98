public import LinearAlgebra
import RealModule

/// Regression with any power above one of the residuals,
///
///     ℓ(W) = 1/m Σ_i ‖W x_i − y_i‖_p^p,   p > 1.
///
/// Convex; smooth only for p = 2. For p < 2 the second derivative is infinite where a residual is zero: there it is taken at
/// 10⁻⁸.
public struct PowerObjective: PredictionObjective, Equatable {
  /// X, one sample per row.
  public let inputs: Matrix
  /// Y, one sample per row.
  public let targets: Matrix
  /// p.
  public let power: Double
  public let smoothness: Double?
  public let strongConvexity: Double?
  public let minimum: ObjectiveMinimum?

  /// - Throws: ``ObjectiveError`` for a power of one or less or unequal numbers of samples;
  ///   `DecompositionError` for data that are not finite.
  public init(inputs: Matrix, targets: Matrix, power: Double) throws {
    guard power > 1, power.isFinite else { throw ObjectiveError.powerNotAboveOne(power) }
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

  /// p where it is an even number, whose powers need no logarithm.
  private var evenPower: Int? { Int(exactly: power).flatMap { $0 % 2 == 0 ? $0 : nil } }

  public func differentiate(_ predictions: inout Matrix) -> Double {
    let scale = 1 / Double(inputs.rowCount)
    let (p, even) = (power, evenPower)
    var sum = 0.0
    predictions.withUnsafeMutableElements { z in
      targets.withUnsafeElements { y in
        for k in z.indices {
          let residual = z[k] - y[k]
          let lower =
            even.map { Double.pow(residual, $0 - 1) }
            ?? (residual < 0 ? -1 : 1) * Double.pow(abs(residual), p - 1)
          sum += lower * residual
          z[k] = p * scale * lower
        }
      }
    }
    return sum * scale
  }

  public func differentiate(_ predictions: Matrix, change: inout Matrix) {
    let factor = power * (power - 1) / Double(inputs.rowCount)
    let (p, even) = (power, evenPower)
    change.withUnsafeMutableElements { change in
      predictions.withUnsafeElements { z in
        targets.withUnsafeElements { y in
          for k in change.indices {
            let residual = z[k] - y[k]
            change[k] *=
              factor
              * (even.map { Double.pow(residual, $0 - 2) }
                ?? Double.pow(p < 2 ? max(abs(residual), 1e-8) : abs(residual), p - 2))
          }
        }
      }
    }
  }
}
