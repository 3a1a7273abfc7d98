import CLAPACKE

/// The singular value decomposition `A = U diag(σ) Vᵀ`.
///
/// The singular values descend. Signs are fixed: in each left vector the element of largest magnitude, the first
/// of several, is positive.
///
/// - Complexity: O(*mn* min(*m*, *n*)); divide and conquer, with the slower classical iteration if it fails.
public struct SingularValueDecomposition: Equatable, Sendable {
  /// Which singular vectors are computed.
  public enum Vectors: Sendable {
    /// As many as there are singular values.
    case thin
    /// Orthonormal bases of the whole spaces.
    case full
  }

  /// `U`: one left singular vector per column.
  public let leftVectors: Matrix

  /// `σ`: min(*m*, *n*) values in descending order.
  public let singularValues: [Double]

  /// `Vᵀ`: one right singular vector per row. Stored so.
  public let rightVectorsTransposed: Matrix

  /// `V`: one right singular vector per column. Transposes at every access.
  public var rightVectors: Matrix { rightVectorsTransposed.transposed() }

  /// Assembles a decomposition from its parts.
  ///
  /// - Precondition: at least as many columns of `leftVectors` and rows of `rightVectorsTransposed` as values.
  public init(leftVectors: Matrix, singularValues: [Double], rightVectorsTransposed: Matrix) {
    precondition(
      min(leftVectors.columnCount, rightVectorsTransposed.rowCount) >= singularValues.count,
      "\(singularValues.count) singular values need more vectors than \(leftVectors.columnCount) "
        + "left and \(rightVectorsTransposed.rowCount) right ones")
    self.leftVectors = leftVectors
    self.singularValues = singularValues
    self.rightVectorsTransposed = rightVectorsTransposed
  }

  /// Decomposes a matrix.
  ///
  /// - Throws: ``DecompositionError`` for elements that are not finite, or if no method converges.
  public init(of matrix: Matrix, vectors: Vectors = .thin) throws(DecompositionError) {
    try matrix.requireFinite()
    let (m, n) = (matrix.rowCount, matrix.columnCount)
    let k = min(m, n)
    let (leftCount, rightCount) = vectors == .full ? (m, n) : (k, k)
    guard k > 0 else {
      leftVectors = .identity(m, leftCount)
      singularValues = []
      rightVectorsTransposed = .identity(rightCount, n)
      return
    }
    // LAPACK reads our row-major matrix as its transpose, and is two to three times as fast where that is taller
    // than wide. Otherwise it is given the transpose of the transpose, and the factors change places.
    let isTall = m > n
    var left = Matrix(rowCount: isTall ? n : m, columnCount: isTall ? rightCount : leftCount)
    var right = Matrix(rowCount: isTall ? leftCount : rightCount, columnCount: isTall ? m : n)
    singularValues = try Self.compute(
      isTall ? matrix.transposed() : matrix, LAPACK.letter(vectors == .full ? "A" : "S"), &left,
      &right)
    if isTall { (left, right) = (right.transposed(), left.transposed()) }
    Self.fixSigns(&left, &right, count: k)
    leftVectors = left
    rightVectorsTransposed = right
  }

  /// The singular values of a finite matrix with at least one element, and the vectors if asked for.
  fileprivate static func compute(
    _ matrix: Matrix, _ job: CChar, _ left: inout Matrix, _ right: inout Matrix
  ) throws(DecompositionError) -> [Double] {
    // Column-major, Aᵀ = V Σ Uᵀ: LAPACK's "U" is our Vᵀ row-major, and its "Vᵀ" our U.
    BLASConfiguration.prepare()
    let (m, n) = (Int32(matrix.rowCount), Int32(matrix.columnCount))
    let leftStride = Int32(max(left.columnCount, 1))
    var values = [Double](repeating: 0, count: Int(min(m, n)))
    var overwritten = matrix.storage
    var code = LAPACKE_dgesdd(
      LAPACK_COL_MAJOR, job, n, m, &overwritten, n, &values, &right.storage, n, &left.storage,
      leftStride)
    if code != 0 || !values.allSatisfy(\.isFinite) {
      overwritten = matrix.storage
      var unconverged = values
      code = LAPACKE_dgesvd(
        LAPACK_COL_MAJOR, job, job, n, m, &overwritten, n, &values, &right.storage, n,
        &left.storage, leftStride, &unconverged)
      guard code == 0 else { throw .notConverged(routine: "dgesvd", code: Int(code)) }
    }
    return values
  }

  private static func fixSigns(_ left: inout Matrix, _ right: inout Matrix, count: Int) {
    let signs = left.signsOfLargestElements(count: count)
    left.multiplyColumns(bySigns: signs)
    let n = right.columnCount
    right.withUnsafeMutableElements { elements in
      for k in 0..<count where signs[k] < 0 {
        for place in k * n..<(k + 1) * n { elements[place].negate() }
      }
    }
  }

  /// The matrix from its leading singular triplets, all of them unless told otherwise: the closest matrix of
  /// that rank.
  public func reconstruct(rank: Int? = nil) -> Matrix {
    let rank = rank ?? singularValues.count
    precondition(
      rank >= 0 && rank <= singularValues.count,
      "rank \(rank) is not between 0 and \(singularValues.count)")
    return leftVectors.firstColumns(rank).scalingColumns(by: Array(singularValues.prefix(rank)))
      * rightVectorsTransposed.firstRows(rank)
  }
}

extension Matrix {
  /// The singular values in descending order, without the vectors.
  ///
  /// - Throws: ``DecompositionError`` for elements that are not finite, or if no method converges.
  public func singularValues() throws(DecompositionError) -> [Double] {
    try requireFinite()
    guard count > 0 else { return [] }
    var unused = Matrix(rowCount: 1, columnCount: 1)
    var alsoUnused = unused
    return try SingularValueDecomposition.compute(
      rowCount > columnCount ? transposed() : self, LAPACK.letter("N"), &unused, &alsoUnused)
  }
}
