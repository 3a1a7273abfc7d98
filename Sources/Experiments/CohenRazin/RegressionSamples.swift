import LinearAlgebra
import RealModule

/// Samples with one target each, for the regressions of Section 3.2.
struct RegressionSamples {
  var inputs: Matrix
  var targets: Matrix

  /// Inputs and targets of mean zero and mean square one; a column that never changes is zero.
  init(standardising inputs: Matrix, _ targets: Matrix) throws {
    self.inputs = Self.standardised(inputs)
    self.targets = Self.standardised(targets)
  }

  private init(_ inputs: Matrix, _ targets: Matrix) {
    (self.inputs, self.targets) = (inputs, targets)
  }

  /// Gaussian inputs whose variances fall geometrically, a target that weighs all of them alike, and noise of a tenth
  /// of its variance.
  ///
  /// - Parameter condition: the largest variance over the smallest.
  static func illConditioned(
    sampleCount: Int, inputCount: Int, condition: Double, using generator: inout SeededGenerator
  ) -> RegressionSamples {
    let deviations = (0..<inputCount).map {
      Double.pow(condition, -Double($0) / Double(2 * (inputCount - 1)))
    }
    let white = Matrix.gaussian(
      rowCount: sampleCount, columnCount: inputCount, using: &generator)
    let weights = Matrix.gaussian(rowCount: inputCount, columnCount: 1, using: &generator)
    let noise = Matrix.gaussian(rowCount: sampleCount, columnCount: 1, using: &generator)
    let signal = standardised(white * weights)
    let size = (deviations.reduce(0) { $0 + $1 * $1 } / Double(inputCount)).squareRoot()
    return RegressionSamples(
      white.scalingColumns(by: deviations.map { $0 / size }), signal + 0.3 * noise)
  }

  /// The least 1/m Σ (w·x − y)⁴ over all w, by Newton's method with halved steps.
  ///
  /// The second derivative is 12/m Xᵀ diag(r²) X, so that a step solves weighted normal equations.
  func leastMeanFourthPower() throws -> Double {
    func value(_ w: [Double]) -> (loss: Double, residuals: [Double]) {
      let residuals = zip(inputs * w, targets.elements).map { $0 - $1 }
      return (residuals.reduce(0) { $0 + $1 * $1 * $1 * $1 } / Double(residuals.count), residuals)
    }
    var w = [Double](repeating: 0, count: inputs.columnCount)
    var (loss, residuals) = value(w)
    for _ in 0..<200 {
      let weighted = inputs.scalingRows(by: residuals.map(abs))
      var hessian = weighted.transposedTimes(weighted)
      let gradient = inputs.transposedTimes(residuals.map { $0 * $0 * $0 })
      // A ridge at rounding keeps columns that repeat each other from failing the factorization.
      let ridge = 1e-13 * hessian.trace
      for k in w.indices { hessian[k, k] += ridge }
      let direction = try CholeskyDecomposition(of: hessian).solve(gradient).map { -$0 / 3 }
      var step = 1.0
      var next = value(zip(w, direction).map { $0 + step * $1 })
      while next.loss > loss, step > 1e-10 {
        step /= 2
        next = value(zip(w, direction).map { $0 + step * $1 })
      }
      guard next.loss < loss else { break }
      let fall = loss - next.loss
      w = zip(w, direction).map { $0 + step * $1 }
      (loss, residuals) = next
      if fall <= 1e-14 * loss { break }
    }
    return loss
  }

  private static func standardised(_ matrix: Matrix) -> Matrix {
    var result = matrix
    let count = Double(matrix.rowCount)
    for column in 0..<matrix.columnCount {
      let values = matrix.column(column)
      let mean = values.reduce(0, +) / count
      let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
      for row in values.indices {
        result[row, column] = deviation > 0 ? (values[row] - mean) / deviation : 0
      }
    }
    return result
  }
}
