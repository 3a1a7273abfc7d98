import LinearAlgebra
import RealModule

// P = RRᵀ of R′ = (S − ½RRᵀ)R tends to P∞, and D = P − P∞ obeys
//
//     D′ = (S − P∞) D + D (S − P∞) − D²
//
// In the singular vectors u_i, v_i of Y the matrix S − P∞ is −s_i on u_i and v_i, where s_i is kept, and ∓λ₀/2 on
// directions without a partner: the elements of D decay at the sums of two of these rates, apart from D². What is slowest
// is one block of elements, and its rate can be read without the others, which may be larger for long.

/// The part of a distance from the limit that is slowest, in the singular vectors of the target.
struct SlowDirections {
  private let decomposition: SingularValueDecomposition
  private let width: Int

  /// - Parameters:
  ///   - target: Y, with at least as many columns as rows.
  ///   - width: how many columns R has.
  init(of target: Matrix, width: Int) throws {
    decomposition = try SingularValueDecomposition(of: target, vectors: .full)
    self.width = width
  }

  /// Of W − limit: the elements between the kept and the next direction, or with the directions without a partner, or of
  /// the smallest singular value.
  func endToEnd(_ gap: Matrix) -> Double {
    let turned =
      decomposition.leftVectors.transposedTimes(gap).timesTransposed(
        decomposition.rightVectorsTransposed)
    let (rows, columns) = (gap.rowCount, gap.columnCount)
    if width < rows { return .hypot(turned[width, width - 1], turned[width - 1, width]) }
    if rows == columns { return abs(turned[rows - 1, rows - 1]) }
    return turned.submatrix(rows: rows - 1..<rows, columns: rows..<columns).frobeniusNorm
  }

  /// Of RRᵀ − limit, with columns for all of R's directions: the block of those without a partner, or of u_i and v_i of the
  /// smallest singular value.
  func stacked(_ gap: Matrix) -> Double {
    let rows = decomposition.leftVectors.rowCount
    let columns = gap.rowCount - rows
    let v = decomposition.rightVectors
    if columns > rows {
      let alone = v.submatrix(rows: 0..<columns, columns: rows..<columns)
      let lower = gap.submatrix(
        rows: rows..<rows + columns, columns: rows..<rows + columns)
      return alone.transposedTimes(lower * alone).frobeniusNorm
    }
    let u = decomposition.leftVectors.submatrix(rows: 0..<rows, columns: rows - 1..<rows)
    let last = v.submatrix(rows: 0..<columns, columns: columns - 1..<columns)
    let pair = Matrix.verticallyStacked([
      .horizontallyStacked([u, .zeros(rows, 1)]), .horizontallyStacked([.zeros(columns, 1), last]),
    ])
    return pair.transposedTimes(gap * pair).frobeniusNorm
  }
}

/// The rate at which a part of D decayed between two times, and by how much it may differ from that of its linear terms.
///
/// D² moves a part d at rate r by at most ∫ e^{r(s−t)} ‖D(s)‖² ds ≤ ‖D(t)‖²/(2r_D − r), r_D the rate of ‖D‖; with what
/// rounding or integration leave of d, `floor`, the logarithm of the quotient of two values of d is off by the sum ε of both
/// shares, −ln(1 − ε) ≤ 2ε.
struct Rate {
  let value: Double
  let allowance: Double

  /// - Parameters:
  ///   - first: the part of D at the first time, and `last` that at the second, `span` later.
  ///   - stackedGap: ‖D‖ at the first time.
  ///   - stackedRate: r_D.
  ///   - rate: r.
  ///   - floor: the error of both parts.
  init(
    _ first: Double, _ last: Double, span: Double, stackedGap: Double, stackedRate: Double,
    rate: Double, floor: Double
  ) {
    value = .log(first / last) / span
    let share = stackedGap * stackedGap / ((2 * stackedRate - rate) * first)
    allowance = 2 * (share + floor / first + floor / last) / span
  }
}
