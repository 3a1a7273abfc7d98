import LinearAlgebra

// With J the derivative of the fitted values and e = b − fitted, each step solves
//
//     (JᵀJ + μ s I) δ = Jᵀ e,   s the mean diagonal of JᵀJ.
//
// The damping takes care of directions in which nothing changes. As μ falls by ten after every success, convergence
// on exact data is faster than any linear rate.

/// Least squares for values that are a smooth function of parameters, from a start near the answer.
struct LevenbergMarquardt {
  var iterationLimit = 100
  /// The fit counts as exact when ‖e‖ is at most this times ‖b‖.
  var exactness = 1e-14

  struct Fit {
    var parameters: [Double]
    /// ‖e‖/‖b‖.
    var relativeResidual: Double
    var iterations: Int
  }

  /// - Parameters:
  ///   - fitted: the values at some parameters, as many as there are targets.
  ///   - derivative: one row for each value, one column for each parameter.
  /// - Complexity: O(m p² + p³) an iteration for m values of p parameters.
  func fit(
    _ targets: [Double], from start: [Double], fitted: ([Double]) -> [Double],
    derivative: ([Double]) -> Matrix, isCancelled: () -> Bool
  ) -> Fit {
    var parameters = start
    let norm = max(squaredSum(targets).squareRoot(), .leastNormalMagnitude)
    func residuals(_ parameters: [Double]) -> [Double] {
      zip(targets, fitted(parameters)).map { $0 - $1 }
    }
    var error = residuals(parameters)
    var squared = squaredSum(error)
    var damping = 1e-3
    var iterations = 0
    var slowSteps = 0
    search: while iterations < iterationLimit, squared.squareRoot() > exactness * norm,
      !isCancelled()
    {
      iterations += 1
      let j = derivative(parameters)
      let normal = j.transposedTimes(j)
      let gradient = j.transposedTimes(error)
      let mean = max(normal.trace / Double(normal.rowCount), .leastNormalMagnitude)
      let before = squared
      while true {
        var damped = normal
        for n in 0..<normal.rowCount { damped[n, n] += damping * mean }
        if let factor = try? CholeskyDecomposition(of: damped) {
          let moved = zip(parameters, factor.solve(gradient)).map(+)
          let newError = residuals(moved)
          let newSquared = squaredSum(newError)
          if newSquared < squared {
            (parameters, error, squared) = (moved, newError, newSquared)
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
      parameters: parameters, relativeResidual: squared.squareRoot() / norm, iterations: iterations)
  }

  private func squaredSum(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }
}
