import CLAPACKE
import COpenBLAS
import RealModule

/// The decomposition `A = L Lᵀ` of a symmetric positive definite matrix. Only the lower triangle of `A` is read.
public struct CholeskyDecomposition: Equatable, Sendable {
  /// `L`: lower triangular with a positive diagonal.
  public let lowerFactor: Matrix

  /// Decomposes a symmetric positive definite matrix.
  ///
  /// - Precondition: the matrix is square.
  /// - Throws: ``DecompositionError`` for elements that are not finite, and for the first pivot that is not positive.
  public init(of matrix: Matrix) throws(DecompositionError) {
    precondition(
      matrix.rowCount == matrix.columnCount, "a \(matrix.shape) matrix is not symmetric")
    try matrix.requireFinite()
    BLASConfiguration.prepare()
    let n = matrix.rowCount
    var factor = matrix
    if n > 0 {
      // Our lower triangle is the upper one column-major.
      let code = LAPACKE_dpotrf(
        LAPACK_COL_MAJOR, LAPACK.letter("U"), Int32(n), &factor.storage, Int32(n))
      guard code == 0 else { throw .notPositiveDefinite(pivot: Int(code) - 1) }
    }
    factor.withUnsafeMutableElements { elements in
      for i in 0..<n { for j in i + 1..<max(n, i + 1) { elements[i * n + j] = 0 } }
    }
    lowerFactor = factor
  }

  /// The solution of `A X = B`.
  ///
  /// - Precondition: as many rows as the matrix has.
  public func solve(_ right: Matrix) -> Matrix {
    let n = lowerFactor.rowCount
    precondition(
      right.rowCount == n,
      "a \(lowerFactor.shape) system does not fit a \(right.shape) right-hand side")
    guard right.count > 0 else { return right }
    var solution = right
    let columns = Int32(right.columnCount)
    for transpose in [CblasNoTrans, CblasTrans] {
      cblas_dtrsm(
        CblasRowMajor, CblasLeft, CblasLower, transpose, CblasNonUnit, Int32(n), columns, 1,
        lowerFactor.storage, Int32(n), &solution.storage, columns)
    }
    return solution
  }

  /// The solution of `A x = b`.
  public func solve(_ right: [Double]) -> [Double] {
    solve(Matrix(rowCount: right.count, columnCount: 1, elements: right)).storage
  }

  /// The logarithm of the determinant of `A`.
  public var logDeterminant: Double {
    2 * lowerFactor.diagonal.reduce(0) { $0 + .log($1) }
  }
}
