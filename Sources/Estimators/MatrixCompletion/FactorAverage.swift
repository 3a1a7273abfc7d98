import LinearAlgebra

// A sum of products L Rᵀ is the product of the factors side by side. When these have grown wide they are made
// narrow again: with L = Q S and R = P T the product is Q (S Tᵀ) Pᵀ, and the leading singular triplets of the small
// S Tᵀ are those of the whole.

/// A weighted sum of low-rank products, kept in factored form.
struct FactorAverage {
  let rowCount: Int
  let columnCount: Int
  /// At most so many components are kept; what is left out is the smallest.
  let limit: Int
  private var left: [Matrix] = []
  private var right: [Matrix] = []
  private var width = 0

  init(rowCount: Int, columnCount: Int, limit: Int) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.limit = min(limit, rowCount, columnCount)
  }

  mutating func add(_ rowFactor: Matrix, _ columnFactor: Matrix, weight: Double = 1)
    throws(DecompositionError)
  {
    guard weight != 0, rowFactor.columnCount > 0 else { return }
    left.append(weight * rowFactor)
    right.append(columnFactor)
    width += rowFactor.columnCount
    if width > 4 * limit + 16 { try compress(to: limit) }
  }

  /// U√Σ and V√Σ of the sum over a divisor, with the components that are not negligible.
  ///
  /// - Parameter norm: the smallest components are left out as far as the Frobenius norm of their sum goes, before it is
  ///   divided.
  /// - Complexity: O((*rows* + *columns*) *width*²).
  mutating func factors(
    dividedBy divisor: Double, limit: Int? = nil, tolerance: Double = 1e-6,
    leavingOut norm: Double = 0
  ) throws(DecompositionError) -> (left: Matrix, right: Matrix) {
    guard width > 0, divisor != 0 else {
      return (
        Matrix(rowCount: rowCount, columnCount: 0), Matrix(rowCount: columnCount, columnCount: 0)
      )
    }
    try compress(
      to: min(limit ?? self.limit, self.limit), tolerance: tolerance, leavingOut: norm)
    guard let rows = left.first, let columns = right.first else {
      return (
        Matrix(rowCount: rowCount, columnCount: 0), Matrix(rowCount: columnCount, columnCount: 0)
      )
    }
    let root = (1 / abs(divisor)).squareRoot()
    return ((divisor < 0 ? -root : root) * rows, root * columns)
  }

  private mutating func compress(
    to count: Int, tolerance: Double = 1e-9, leavingOut norm: Double = 0
  ) throws(DecompositionError) {
    let l = Matrix.horizontallyStacked(left)
    let r = Matrix.horizontallyStacked(right)
    let q = try QRDecomposition(of: l)
    let p = try QRDecomposition(of: r)
    let core = try SingularValueDecomposition(
      of: q.triangularFactor.timesTransposed(p.triangularFactor))
    let values = core.singularValues
    var kept = min(count, values.prefix { $0 > tolerance * (values.first ?? 0) }.count)
    var tail = 0.0
    while kept > 0, tail + values[kept - 1] * values[kept - 1] <= norm * norm {
      tail += values[kept - 1] * values[kept - 1]
      kept -= 1
    }
    let roots = values.prefix(kept).map { $0.squareRoot() }
    left = [
      (q.orthogonalFactor * core.leftVectors.firstColumns(kept)).scalingColumns(by: roots)
    ]
    right = [
      (p.orthogonalFactor * core.rightVectors.firstColumns(kept)).scalingColumns(by: roots)
    ]
    width = kept
  }
}
