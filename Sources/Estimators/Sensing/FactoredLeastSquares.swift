import LinearAlgebra

/// The least-squares fit of a matrix of given rank to measurements, from a start near it.
///
/// The parameters are both factors of W = L Rᵀ; row i of the derivative is (A_i R, A_iᵀ L). The directions
/// (L X, −R Xᵀ), in which the product does not change, are left to the damping.
struct FactoredLeastSquares {
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
  ) -> Fit {
    let roots = start.singularValues.prefix(rank).map { $0.squareRoot() }
    let left = start.leftVectors.firstColumns(rank).scalingColumns(by: roots)
    let right = start.rightVectorsTransposed.firstRows(rank).scalingRows(by: roots).transposed()
    let flipped = measurements.transposed()
    func factors(_ parameters: [Double]) -> (left: Matrix, right: Matrix) {
      (
        Matrix(
          rowCount: left.rowCount, columnCount: rank, elements: Array(parameters[..<left.count])),
        Matrix(
          rowCount: right.rowCount, columnCount: rank, elements: Array(parameters[left.count...]))
      )
    }
    let fit = LevenbergMarquardt(iterationLimit: 60).fit(
      values, from: left.elements + right.elements,
      fitted: {
        let (left, right) = factors($0)
        return measurements.values(left: left, right: right)
      },
      derivative: {
        let (left, right) = factors($0)
        return .horizontallyStacked([
          measurements.derivative(right: right), flipped.derivative(right: left),
        ])
      }, isCancelled: isCancelled)
    let found = factors(fit.parameters)
    return Fit(
      left: found.left, right: found.right, relativeResidual: fit.relativeResidual,
      iterations: fit.iterations)
  }
}
