import CLAPACKE
import RealModule

/// A triangular decomposition with row exchanges, for square systems and determinants.
///
/// A singular matrix has one too: its ``determinant`` is zero, and ``solve(_:)-(Matrix)`` throws.
public struct LUDecomposition: Equatable, Sendable {
  /// Both factors of the transpose, as LAPACK leaves them.
  private let factors: Matrix
  private let exchanges: [Int32]

  /// Decomposes a square matrix.
  ///
  /// - Precondition: the matrix is square.
  /// - Throws: ``DecompositionError`` for elements that are not finite.
  public init(of matrix: Matrix) throws(DecompositionError) {
    precondition(matrix.rowCount == matrix.columnCount, "a \(matrix.shape) matrix is not square")
    try matrix.requireFinite()
    BLASConfiguration.prepare()
    let n = matrix.rowCount
    var factors = matrix
    var exchanges = [Int32](repeating: 0, count: n)
    if n > 0 {
      LAPACKE_dgetrf(
        LAPACK_COL_MAJOR, Int32(n), Int32(n), &factors.storage, Int32(n), &exchanges)
    }
    self.factors = factors
    self.exchanges = exchanges
  }

  /// The solution of `A X = B`.
  ///
  /// - Precondition: as many rows as the matrix has.
  /// - Throws: ``DecompositionError/singular(pivot:)`` if a pivot is exactly zero.
  public func solve(_ right: Matrix) throws(DecompositionError) -> Matrix {
    let n = factors.rowCount
    precondition(
      right.rowCount == n, "a \(factors.shape) system does not fit a \(right.shape) right-hand side"
    )
    if let pivot = factors.diagonal.firstIndex(of: 0) { throw .singular(pivot: pivot) }
    guard right.count > 0 else { return right }
    // LAPACK holds the factors of Aᵀ, and solves with the transpose of that. Its columns are our rows.
    var solution = right.transposed()
    LAPACKE_dgetrs(
      LAPACK_COL_MAJOR, LAPACK.letter("T"), Int32(n), Int32(right.columnCount), factors.storage,
      Int32(n), exchanges, &solution.storage, Int32(n))
    return solution.transposed()
  }

  /// The solution of `A x = b`. See ``solve(_:)-(Matrix)``.
  public func solve(_ right: [Double]) throws(DecompositionError) -> [Double] {
    try solve(Matrix(rowCount: right.count, columnCount: 1, elements: right)).storage
  }

  /// The inverse matrix. To solve a system, ``solve(_:)-(Matrix)`` is faster and more accurate.
  public func inverse() throws(DecompositionError) -> Matrix {
    try solve(.identity(factors.rowCount))
  }

  /// The sign of the determinant, −1, 0 or 1, and the logarithm of its magnitude, which does not overflow.
  public var signAndLogDeterminant: (sign: Double, logMagnitude: Double) {
    var sign = 1.0
    var logMagnitude = 0.0
    for (k, pivot) in factors.diagonal.enumerated() {
      if pivot == 0 { return (0, -.infinity) }
      if (pivot < 0) != (exchanges[k] != Int32(k + 1)) { sign.negate() }
      logMagnitude += .log(abs(pivot))
    }
    return (sign, logMagnitude)
  }

  /// The determinant; for large matrices prefer ``signAndLogDeterminant``.
  public var determinant: Double {
    let isOdd = exchanges.enumerated().count { $1 != Int32($0 + 1) } % 2 == 1
    let product = factors.diagonal.reduce(1, *)
    return isOdd ? -product : product
  }
}
