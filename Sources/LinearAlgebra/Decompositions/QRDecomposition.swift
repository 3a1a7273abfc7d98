import CLAPACKE

/// The thin decomposition `A = Q R`, with orthonormal columns in `Q` and a non-negative diagonal in `R`.
///
/// For an *m*×*n* matrix and *k* = min(*m*, *n*), `Q` is *m*×*k* and `R` is *k*×*n* and upper triangular. With that
/// diagonal the factors of a matrix of full column rank are unique.
public struct QRDecomposition: Equatable, Sendable {
  /// `Q`.
  public let orthogonalFactor: Matrix

  /// `R`.
  public let triangularFactor: Matrix

  /// Decomposes a matrix.
  ///
  /// - Throws: ``DecompositionError`` for elements that are not finite.
  public init(of matrix: Matrix) throws(DecompositionError) {
    try matrix.requireFinite()
    self.init(ofFinite: matrix)
  }

  /// Decomposes a matrix known to be finite.
  init(ofFinite matrix: Matrix) {
    BLASConfiguration.prepare()
    let (m, n) = (matrix.rowCount, matrix.columnCount)
    let k = min(m, n)
    guard k > 0 else {
      orthogonalFactor = Matrix(rowCount: m, columnCount: 0)
      triangularFactor = Matrix(rowCount: 0, columnCount: n)
      return
    }
    // Transposed by hand into LAPACK's order: the alternative, factoring the transpose as lower triangle times
    // orthonormal rows, takes three times as long for tall matrices.
    var columns = matrix.transposed().storage
    var scales = [Double](repeating: 0, count: k)
    LAPACKE_dgeqrf(LAPACK_COL_MAJOR, Int32(m), Int32(n), &columns, Int32(m), &scales)
    var r = Matrix(rowCount: k, columnCount: n)
    for i in 0..<k {
      for j in i..<n { r.storage[i * n + j] = columns[j * m + i] }
    }
    LAPACKE_dorgqr(LAPACK_COL_MAJOR, Int32(m), Int32(k), Int32(k), &columns, Int32(m), &scales)
    columns.removeLast(columns.count - m * k)
    var q = Matrix(rowCount: k, columnCount: m, elements: columns).transposed()
    let signs = r.diagonal.map { $0 < 0 ? -1.0 : 1 }
    q.multiplyColumns(bySigns: signs)
    for i in 0..<k where signs[i] < 0 {
      for j in i..<n { r.storage[i * n + j].negate() }
    }
    orthogonalFactor = q
    triangularFactor = r
  }
}

/// The decomposition `A P = Q R` that takes columns in the order of what they add: it shows the rank.
///
/// Column *j* of `Q R` is column `permutation[j]` of `A`. The magnitudes on the diagonal of `R` descend.
public struct PivotedQRDecomposition: Equatable, Sendable {
  /// `Q`: *m*×*k* with orthonormal columns.
  public let orthogonalFactor: Matrix

  /// `R`: *k*×*n*, upper triangular, with a non-negative diagonal.
  public let triangularFactor: Matrix

  /// Which column of the matrix stands in each place.
  public let permutation: [Int]

  /// Decomposes a matrix.
  ///
  /// - Throws: ``DecompositionError`` for elements that are not finite.
  public init(of matrix: Matrix) throws(DecompositionError) {
    try matrix.requireFinite()
    let (m, n) = (matrix.rowCount, matrix.columnCount)
    guard min(m, n) > 0 else {
      orthogonalFactor = Matrix(rowCount: m, columnCount: 0)
      triangularFactor = Matrix(rowCount: 0, columnCount: n)
      permutation = Array(0..<n)
      return
    }
    BLASConfiguration.prepare()
    // The order comes from LAPACK's pivoted routine, the factors from the plain one on the reordered columns.
    var columns = matrix.transposed().storage
    var order = [Int32](repeating: 0, count: n)
    var scales = [Double](repeating: 0, count: min(m, n))
    LAPACKE_dgeqp3(LAPACK_COL_MAJOR, Int32(m), Int32(n), &columns, Int32(m), &order, &scales)
    permutation = order.map { Int($0) - 1 }
    let plain = QRDecomposition(ofFinite: matrix.selecting(columns: permutation))
    orthogonalFactor = plain.orthogonalFactor
    triangularFactor = plain.triangularFactor
  }

  /// The number of diagonal elements of `R` above a tolerance relative to the first one.
  ///
  /// - Parameter tolerance: max(*m*, *n*) ε unless given.
  public func rank(tolerance: Double? = nil) -> Int {
    let size = max(orthogonalFactor.rowCount, triangularFactor.columnCount)
    let diagonal = triangularFactor.diagonal
    let threshold = (tolerance ?? Double(size) * .ulpOfOne) * (diagonal.first ?? 0)
    return diagonal.count { $0 > threshold }
  }
}
