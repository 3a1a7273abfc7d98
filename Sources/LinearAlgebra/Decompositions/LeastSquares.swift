import CLAPACKE

/// The solution of `min ‖A X − B‖_F` with the smallest norm.
///
/// Singular values up to a tolerance count as zero, so that a matrix without full rank has a solution too.
public struct LeastSquares: Equatable, Sendable {
  /// `X`: as many rows as `A` has columns.
  public let solution: Matrix

  /// The number of singular values of `A` above the tolerance.
  public let rank: Int

  /// The singular values of `A` in descending order.
  public let singularValues: [Double]

  /// Solves a least squares problem.
  ///
  /// - Parameters:
  ///   - matrix: one row for each equation.
  ///   - right: the right-hand sides, one in each column.
  ///   - tolerance: relative to the largest singular value; max(*m*, *n*) ε unless given.
  /// - Precondition: both matrices have the same number of rows.
  /// - Throws: ``DecompositionError`` for elements that are not finite, or if the method does not converge.
  public init(
    of matrix: Matrix, right: Matrix, tolerance: Double? = nil
  ) throws(DecompositionError) {
    let (m, n) = (matrix.rowCount, matrix.columnCount)
    precondition(
      right.rowCount == m, "a \(matrix.shape) matrix does not fit a \(right.shape) right-hand side")
    try matrix.requireFinite()
    try right.requireFinite()
    guard min(m, n) > 0, right.columnCount > 0 else {
      solution = .zeros(n, right.columnCount)
      singularValues = try matrix.singularValues()
      rank = SingularSpectrum(singularValues).rank(
        tolerance: tolerance ?? Double(max(m, n)) * .ulpOfOne)
      return
    }
    BLASConfiguration.prepare()
    var columns = matrix.transposed().storage
    // LAPACK writes the solution over the right-hand side, in columns long enough for both.
    let length = max(m, n)
    var padded = Matrix(rowCount: right.columnCount, columnCount: length)
    for i in 0..<m {
      for j in 0..<right.columnCount {
        padded.storage[j * length + i] = right.storage[i * right.columnCount + j]
      }
    }
    var values = [Double](repeating: 0, count: min(m, n))
    var foundRank: Int32 = 0
    let code = LAPACKE_dgelsd(
      LAPACK_COL_MAJOR, Int32(m), Int32(n), Int32(right.columnCount), &columns, Int32(m),
      &padded.storage, Int32(length), &values, tolerance ?? Double(length) * .ulpOfOne, &foundRank)
    guard code == 0 else { throw .notConverged(routine: "dgelsd", code: Int(code)) }
    solution = padded.firstColumns(n).transposed()
    singularValues = values
    rank = Int(foundRank)
  }
}

extension Matrix {
  /// The Moore–Penrose inverse, *n*×*m*.
  ///
  /// - Parameter tolerance: singular values up to this, relative to the largest, count as zero; max(*m*, *n*) ε
  ///   unless given.
  /// - Throws: ``DecompositionError`` for elements that are not finite, or if no method converges.
  public func pseudoinverse(tolerance: Double? = nil) throws(DecompositionError) -> Matrix {
    let svd = try SingularValueDecomposition(of: self)
    let rank = svd.spectrum.rank(
      tolerance: tolerance ?? Double(max(rowCount, columnCount)) * .ulpOfOne)
    let inverses = svd.singularValues.prefix(rank).map { 1 / $0 }
    return svd.rightVectors.firstColumns(rank).scalingColumns(by: inverses)
      .timesTransposed(svd.leftVectors.firstColumns(rank))
  }
}
