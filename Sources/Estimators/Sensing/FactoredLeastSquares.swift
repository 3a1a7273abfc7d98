import Dynamics
import LinearAlgebra

// With J = (A_i R | A_iᵀ L), the derivative of the measurements of L Rᵀ by both factors, each step solves
//
//     (JᵀJ + μ s I) δ = Jᵀ e,   s the mean diagonal of JᵀJ.
//
// The damping takes care of the directions (L X, −R Xᵀ), in which the product does not change. As μ falls by ten
// after every success, convergence on exact data is faster than any linear rate.

/// The least-squares fit of a matrix of given rank to measurements, from a start near it: Levenberg–Marquardt on both
/// factors.
struct FactoredLeastSquares {
  var iterationLimit = 60
  /// The fit counts as exact when ‖e‖ is at most this times ‖b‖.
  var exactness = 1e-14

  struct Fit {
    var left: Matrix
    var right: Matrix
    /// ‖e‖/‖b‖.
    var relativeResidual: Double
    var iterations: Int
  }

  /// - Complexity: O(m p² + p³) an iteration, p = (rows + columns) · rank.
  func fit(
    _ measurements: LinearMeasurements, _ values: [Double], from start: SingularValueDecomposition,
    rank: Int, isCancelled: () -> Bool
  ) throws(DecompositionError) -> Fit {
    let roots = start.singularValues.prefix(rank).map { $0.squareRoot() }
    var left = start.leftVectors.firstColumns(rank).scalingColumns(by: roots)
    var right = start.rightVectorsTransposed.firstRows(rank).scalingRows(by: roots).transposed()
    let flipped = measurements.transposed()
    let norm = max(squaredSum(values).squareRoot(), .leastNormalMagnitude)
    func residuals(_ left: Matrix, _ right: Matrix) -> [Double] {
      zip(values, measurements.values(left: left, right: right)).map { $0 - $1 }
    }
    var error = residuals(left, right)
    var squared = squaredSum(error)
    var damping = 1e-3
    var iterations = 0
    var slowSteps = 0
    search: while iterations < iterationLimit, squared.squareRoot() > exactness * norm,
      !isCancelled()
    {
      iterations += 1
      let j = Matrix.horizontallyStacked([
        measurements.derivative(right: right), flipped.derivative(right: left),
      ])
      let normal = j.transposedTimes(j)
      let gradient = j.transposedTimes(error)
      let mean = normal.trace / Double(normal.rowCount)
      let before = squared
      while true {
        var damped = normal
        for n in 0..<normal.rowCount { damped[n, n] += damping * mean }
        if let factor = try? CholeskyDecomposition(of: damped) {
          let step = factor.solve(gradient)
          let split = left.count
          let newLeft =
            left
            + Matrix(rowCount: left.rowCount, columnCount: rank, elements: Array(step[..<split]))
          let newRight =
            right
            + Matrix(rowCount: right.rowCount, columnCount: rank, elements: Array(step[split...]))
          let newError = residuals(newLeft, newRight)
          let newSquared = squaredSum(newError)
          if newSquared < squared {
            (left, right, error, squared) = (newLeft, newRight, newError, newSquared)
            damping = max(damping * 0.1, 1e-13)
            break
          }
        }
        damping *= 10
        if damping > 1e6 { break search }
      }
      // A residual that hardly falls is the noise, or a wrong rank.
      slowSteps = squared > 0.98 * before ? slowSteps + 1 : 0
      if slowSteps >= 5 || squared > (1 - 1e-6) * before { break }
    }
    return Fit(
      left: left, right: right, relativeResidual: squared.squareRoot() / norm,
      iterations: iterations)
  }

  private func squaredSum(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }
}
