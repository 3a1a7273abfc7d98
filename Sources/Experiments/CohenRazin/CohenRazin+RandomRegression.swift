import LinearAlgebra
import LinearNetworks

extension CohenRazin {
  /// A random regression: inputs whose variances lie between one half and two in random directions, and a
  /// teacher with given singular values.
  static func regression(
    outputs: Int, inputs: Int, teacher singularValues: [Double],
    using generator: inout SeededGenerator
  ) throws -> RegressionObjective {
    let variances = (0..<inputs).map { _ in 0.5 + 1.5 * generator.nextUniform() }
    let covariance = Matrix.randomSymmetric(eigenvalues: variances, using: &generator)
    let teacher = Matrix.random(
      singularValues: singularValues, rowCount: outputs, columnCount: inputs, using: &generator)
    return try RegressionObjective(
      inputCovariance: covariance, crossCovariance: teacher * covariance)
  }
}

extension Array {
  /// Evenly spaced numbers, both ends included.
  static func spaced(from first: Double, to last: Double, count: Int) -> [Double]
  where Element == Double {
    (0..<count).map { first + (last - first) * Double($0) / Double(count - 1) }
  }
}
