import LinearAlgebra

/// The least-squares fit of a tensor factorization to known entries, from a start near it: Levenberg–Marquardt on all
/// parameters.
struct TensorPolish<Factorization: TensorFactorization> {
  let factorization: Factorization
  var iterationLimit = 100

  struct Fit {
    var parameters: [Double]
    /// ‖e‖/‖b‖.
    var relativeResidual: Double
    var iterations: Int
  }

  /// - Complexity: O(m p² + p³) an iteration with p parameters.
  func fit(
    _ entries: ObservedTensor, from start: [Double], isCancelled: () -> Bool
  ) throws(DecompositionError) -> Fit {
    var parameters = start
    let norm = max(squaredSum(entries.values).squareRoot(), .leastNormalMagnitude)
    func residuals(_ parameters: [Double]) -> [Double] {
      zip(entries.values, factorization.values(parameters, at: entries)).map { $0 - $1 }
    }
    var error = residuals(parameters)
    var squared = squaredSum(error)
    var damping = 1e-3
    var iterations = 0
    var slowSteps = 0
    search: while iterations < iterationLimit, squared.squareRoot() > 1e-14 * norm, !isCancelled() {
      iterations += 1
      let j = derivative(parameters, entries)
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
      slowSteps = squared > 0.98 * before ? slowSteps + 1 : 0
      if slowSteps >= 5 || squared > (1 - 1e-6) * before { break }
    }
    return Fit(
      parameters: parameters, relativeResidual: squared.squareRoot() / norm, iterations: iterations)
  }

  /// One row for each entry: the derivative of the value there.
  private func derivative(_ parameters: [Double], _ entries: ObservedTensor) -> Matrix {
    let count = factorization.parameterCount
    var result = Matrix(rowCount: entries.count, columnCount: count)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: factorization.scratchCount) {
      scratch in
      result.withUnsafeMutableElements { target in
        entries.indices.withUnsafeBufferPointer { indices in
          parameters.withUnsafeBufferPointer { parameters in
            guard let first = indices.baseAddress, let values = parameters.baseAddress,
              let target = target.baseAddress, let scratch = scratch.baseAddress
            else { return }
            for entry in 0..<entries.count {
              factorization.visit(
                first + entry * entries.order, values, target + entry * count, scratch: scratch
              ) { _ in 1 }
            }
          }
        }
      }
    }
    return result
  }

  private func squaredSum(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }
}
