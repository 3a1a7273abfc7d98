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
    // Column-major, LAPACK sees Aᵀ = Rᵀ Qᵀ, a product of a lower triangle and orthonormal rows: dgelqf. Both
    // results then lie in memory as our row-major R and Q.
    var factored = matrix.storage
    var scales = [Double](repeating: 0, count: k)
    LAPACKE_dgelqf(LAPACK_COL_MAJOR, Int32(n), Int32(m), &factored, Int32(n), &scales)
    var r = Matrix(rowCount: k, columnCount: n)
    for i in 0..<k {
      for j in i..<n { r.storage[i * n + j] = factored[i * n + j] }
    }
    var q = Matrix(rowCount: m, columnCount: k, elements: factored, stride: n)
    LAPACKE_dorglq(
      LAPACK_COL_MAJOR, Int32(k), Int32(m), Int32(k), &q.storage, Int32(k), &scales)
    for i in 0..<k where r.storage[i * n + i] < 0 {
      for j in i..<n { r.storage[i * n + j].negate() }
      for row in 0..<m { q.storage[row * k + i].negate() }
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

extension Matrix {
  /// The first columns of longer rows.
  fileprivate init(rowCount: Int, columnCount: Int, elements: [Double], stride: Int) {
    let whole = Matrix(rowCount: rowCount, columnCount: stride, elements: elements)
    self = stride == columnCount ? whole : whole.firstColumns(columnCount)
  }
}
