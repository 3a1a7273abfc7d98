// Goals: 1. Only products with the matrix and its transpose, so that it may be sparse or a product.  2. Blocks of
// vectors, for matrix products and for clusters of equal singular values.  3. A residual that is measured.

/// A matrix known by its products.
public protocol LinearOperator {
  /// The number of rows.
  var rowCount: Int { get }

  /// The number of columns.
  var columnCount: Int { get }

  /// The product `A X`.
  func times(_ block: Matrix) -> Matrix

  /// The product `AᵀX`.
  func transposedTimes(_ block: Matrix) -> Matrix
}

extension Matrix: LinearOperator {
  /// The product `A X`.
  public func times(_ block: Matrix) -> Matrix { self * block }
}

/// A matrix whose products are closures.
public struct ImplicitMatrix: LinearOperator {
  /// The number of rows.
  public let rowCount: Int
  /// The number of columns.
  public let columnCount: Int
  private let product: (Matrix) -> Matrix
  private let transposedProduct: (Matrix) -> Matrix

  /// A matrix of a given shape from the products `A X` and `AᵀX`.
  public init(
    rowCount: Int, columnCount: Int, times product: @escaping (Matrix) -> Matrix,
    transposedTimes transposedProduct: @escaping (Matrix) -> Matrix
  ) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.product = product
    self.transposedProduct = transposedProduct
  }

  /// The product of the matrix and a block.
  public func times(_ block: Matrix) -> Matrix { product(block) }
  /// The product of the transposed matrix and a block.
  public func transposedTimes(_ block: Matrix) -> Matrix { transposedProduct(block) }
}

/// The leading singular triplets of a large matrix, and how good they are.
public struct LeadingSingularTriplets: Sendable {
  /// The triplets found: a decomposition with as many singular values as asked for.
  public let decomposition: SingularValueDecomposition

  /// `‖Aᵀu − σv‖` for each triplet; `A v = σ u` holds to rounding.
  public let residuals: [Double]

  /// Whether all residuals are within the tolerance.
  public let isConverged: Bool

  /// The number of restarts made.
  public let restarts: Int

  /// Finds the leading singular triplets by block Krylov iteration from a random start.
  ///
  /// In each round a block `V` of right vectors, somewhat wider than asked for, spans `[V, AᵀA V, (AᵀA)² V]`; the
  /// best approximations in that space start the next round.
  ///
  /// - Parameters:
  ///   - count: how many are wanted.
  ///   - matrix: the matrix.
  ///   - tolerance: bound on each residual, relative to the largest singular value.
  ///   - limit: the number of rounds after which the best so far is returned.
  ///   - generator: where random numbers come from.
  /// - Precondition: `0 < count ≤ min(m, n)`.
  /// - Throws: ``DecompositionError`` if a product is not finite.
  /// - Complexity: ten products per round with blocks of `count + 8` vectors, and O((*m* + *n*) *count*²).
  /// - SeeAlso: Musco and Musco, *Randomized block Krylov methods for stronger and faster approximate singular value
  ///   decomposition*, 2015.
  public init(
    _ count: Int, of matrix: some LinearOperator, tolerance: Double = 1e-10, limit: Int = 100,
    using generator: inout SeededGenerator
  ) throws(DecompositionError) {
    let (m, n) = (matrix.rowCount, matrix.columnCount)
    precondition(
      count > 0 && count <= min(m, n),
      "a \(m)×\(n) matrix does not have \(count) leading singular triplets")
    let width = min(count + 8, m, n)
    var start = Matrix.gaussian(rowCount: n, columnCount: width, using: &generator)
    var round = 0
    while true {
      // A basis wider than the matrix would gain nothing.
      let depth = min(3, max(1, min(m, n) / width))
      var blocks = [try QRDecomposition(of: start).orthogonalFactor]
      while blocks.count < depth {
        let next = matrix.transposedTimes(matrix.times(blocks[blocks.count - 1]))
        blocks.append(try QRDecomposition(of: next).orthogonalFactor)
      }
      // Householder reflections leave an orthonormal basis even where the blocks nearly depend on each other.
      let basis = try QRDecomposition(of: .horizontallyStacked(blocks)).orthogonalFactor
      let projected = try SingularValueDecomposition(of: matrix.times(basis))
      let right = projected.rightVectorsTransposed.firstRows(width).timesTransposed(basis)
      let found = SingularValueDecomposition(
        leftVectors: projected.leftVectors.firstColumns(count),
        singularValues: Array(projected.singularValues.prefix(count)),
        rightVectorsTransposed: right.firstRows(count))
      let image = matrix.transposedTimes(found.leftVectors).transposed()
      let errors = image - found.rightVectorsTransposed.scalingRows(by: found.singularValues)
      let residuals = (0..<count).map {
        Matrix(rowCount: 1, columnCount: n, elements: errors.row($0)).frobeniusNorm
      }
      // Below the rounding of the products no residual can fall.
      let bound = max(tolerance, 8 * Double.ulpOfOne) * (found.singularValues.first ?? 0)
      let isConverged = residuals.allSatisfy { $0 <= bound }
      round += 1
      if isConverged || round >= limit {
        (decomposition, self.residuals, self.isConverged, restarts) = (
          found, residuals, isConverged, round - 1
        )
        return
      }
      start = right.transposed()
    }
  }
}
