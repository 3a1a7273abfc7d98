import LinearAlgebra

/// The matrix nearest to another of all that agree with measurements as well as any does.
///
///     W = Z + Σ y_i A_i,   y = (AAᵀ)⁺ (b − ⟨A, Z⟩)
///
/// From Z = 0 it is the solution of smallest Frobenius norm, where gradient descent of one layer from zero ends.
struct MeasurementProjection {
  private let measurements: LinearMeasurements
  private let values: [Double]
  private let vectors: Matrix
  private let inverses: [Double]
  /// How many of the measurements are independent.
  let rank: Int

  /// - Complexity: O(m³) beside ``LinearMeasurements/gram()``.
  init(_ measurements: LinearMeasurements, _ values: [Double]) throws(DecompositionError) {
    self.measurements = measurements
    self.values = values
    let eigen = try SymmetricEigendecomposition(of: measurements.gram())
    let greatest = eigen.eigenvalues.reduce(0) { max($0, abs($1)) }
    vectors = eigen.eigenvectors
    // Squares of the singular values: those below √ε are rounding.
    let cut = 1e-13 * greatest
    inverses = eigen.eigenvalues.map { $0 > cut ? 1 / $0 : 0 }
    rank = inverses.count { $0 > 0 }
  }

  /// y for a matrix.
  func weights(_ matrix: Matrix) -> [Double] {
    let missing = zip(values, measurements.values(of: matrix)).map { $0 - $1 }
    let coordinates = zip(vectors.transposedTimes(missing), inverses).map(*)
    return vectors * coordinates
  }

  func projected(_ matrix: Matrix) -> (matrix: Matrix, weights: [Double]) {
    let weights = weights(matrix)
    return (matrix + measurements.combination(weights), weights)
  }

  /// The solution of smallest norm, refined once.
  func leastNorm() -> Matrix {
    let first = projected(.zeros(measurements.rowCount, measurements.columnCount)).matrix
    return projected(first).matrix
  }
}
