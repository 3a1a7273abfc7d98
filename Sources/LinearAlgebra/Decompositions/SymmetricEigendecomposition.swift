import CLAPACKE

/// The decomposition `A = Q diag(λ) Qᵀ` of a symmetric matrix.
///
/// The eigenvalues descend, as singular values do. In each eigenvector the element of largest magnitude, the
/// first of several, is positive. Only the lower triangle of the matrix is read.
public struct SymmetricEigendecomposition: Equatable, Sendable {
  /// `λ`, in descending order.
  public let eigenvalues: [Double]

  /// `Q`: one eigenvector per column.
  public let eigenvectors: Matrix

  /// Decomposes a symmetric matrix by divide and conquer.
  ///
  /// - Precondition: the matrix is square.
  /// - Throws: ``DecompositionError`` for elements that are not finite, or if the method does not converge.
  public init(of matrix: Matrix) throws(DecompositionError) {
    let (values, rows) = try matrix.symmetricEigen(withVectors: true)
    let n = values.count
    eigenvalues = values.reversed()
    // LAPACK's columns are our rows, in ascending order.
    var vectors = Matrix(rowCount: n, columnCount: n, elements: rows)
      .selecting(rows: (0..<n).reversed()).transposed()
    vectors.multiplyColumns(bySigns: vectors.signsOfLargestElements(count: n))
    eigenvectors = vectors
  }

  /// The matrix with a function applied to its eigenvalues, `Q diag(f(λ)) Qᵀ`, symmetric to the bit.
  public func map<Failure: Error>(
    _ transform: (Double) throws(Failure) -> Double
  ) throws(Failure) -> Matrix {
    let values = try eigenvalues.map(transform)
    return eigenvectors.scalingColumns(by: values).timesTransposed(eigenvectors).symmetrized()
  }
}

extension Matrix {
  /// The eigenvalues of a symmetric matrix in descending order, without the vectors; reads the lower triangle.
  ///
  /// - Precondition: the matrix is square.
  /// - Throws: ``DecompositionError`` for elements that are not finite, or if the method does not converge.
  public func symmetricEigenvalues() throws(DecompositionError) -> [Double] {
    try symmetricEigen(withVectors: false).values.reversed()
  }

  /// Ascending eigenvalues, and eigenvectors as rows.
  fileprivate func symmetricEigen(
    withVectors: Bool
  ) throws(DecompositionError) -> (values: [Double], rows: [Double]) {
    precondition(rowCount == columnCount, "a \(shape) matrix is not symmetric")
    try requireFinite()
    guard rowCount > 0 else { return ([], []) }
    BLASConfiguration.prepare()
    var rows = storage
    var values = [Double](repeating: 0, count: rowCount)
    // Our lower triangle is the upper one column-major.
    let code = LAPACKE_dsyevd(
      LAPACK_COL_MAJOR, LAPACK.letter(withVectors ? "V" : "N"), LAPACK.letter("U"), Int32(rowCount),
      &rows, Int32(rowCount), &values)
    guard code == 0 else { throw .notConverged(routine: "dsyevd", code: Int(code)) }
    return (values, rows)
  }
}
