package import LinearAlgebra

// Row i of X = U Vᵀ is known at the columns K. Its coordinates u_i are determined as far as the v_j, j ∈ K, span: a
// direction n orthogonal to all of them can be added to u_i without changing a known entry, and moves the entry in
// column j by v_j·n. So the entry is determined only if v_j lies in the span of the v_k, k ∈ K. A column that no other
// column is related to needs a component of its own, and no row that lacks it determines it.
//
// Rows of the factors are brought to length one and then made orthonormal, V = D Q R, for a tolerance that means the
// same for columns of any unit.

/// Which directions of a row's or a column's coordinates its known entries leave open, in a fit that agrees with them.
package struct EntrySpans {
  /// The rank of the fit.
  package let rank: Int
  /// For rows with open directions: an orthonormal basis of those, rank × their number, in the coordinates that
  /// ``columnCoordinates`` multiply.
  package let openOfRow: [Int: Matrix]
  package let openOfColumn: [Int: Matrix]
  /// Q of the column factor (and of the row factor), whole; outside the core as the fit has it.
  package let columnCoordinates: Matrix
  package let rowCoordinates: Matrix
  /// D and R⁻¹ of each factor.
  package let columnLengths: [Double]
  package let rowLengths: [Double]
  package let columnInverse: Matrix
  package let rowInverse: Matrix

  /// - Parameters:
  ///   - core: the core of the mask at the fit's rank; rows and columns outside it are judged by their entries
  ///     within it.
  ///   - noise: ‖e‖/‖b‖ of the fit.
  /// - Returns: nil without a core, or when the factors have not full rank on it.
  /// - Complexity: O(*entries* · *rank*²).
  package init?(
    of entries: ObservedEntries, core: MaskCore, left: Matrix, right: Matrix, noise: Double
  ) {
    rank = right.columnCount
    let tolerance = Self.tolerance(noise: noise)
    guard rank > 0, core.partCount > 0,
      let columnSide = Self.orthonormal(right, within: core.partOfColumn),
      let rowSide = Self.orthonormal(left, within: core.partOfRow)
    else { return nil }
    columnCoordinates = columnSide.q
    rowCoordinates = rowSide.q
    columnLengths = columnSide.lengths
    rowLengths = rowSide.lengths
    columnInverse = columnSide.inverse
    rowInverse = rowSide.inverse
    openOfRow = Self.open(
      entries, core.partOfRow, core.partOfColumn, columnCoordinates, tolerance)
    openOfColumn = Self.open(
      entries.transposed(), core.partOfColumn, core.partOfRow, rowCoordinates, tolerance)
  }

  /// Singular values at most this, relative to the largest, are none.
  package static func tolerance(noise: Double) -> Double { max(1e-9, 1e3 * noise) }

  /// Q = D⁻¹ V R⁻¹, with R from the rows of the core.
  private static func orthonormal(
    _ factor: Matrix, within part: [Int?]
  ) -> (q: Matrix, lengths: [Double], inverse: Matrix)? {
    let inside = part.indices.filter { part[$0] != nil }
    guard inside.count >= factor.columnCount else { return nil }
    let lengths = factor.relativeRowLengths()
    let scaled = factor.scalingRows(by: lengths.map { 1 / $0 })
    guard let qr = try? QRDecomposition(of: scaled.selecting(rows: inside)) else { return nil }
    let r = qr.triangularFactor
    let diagonal = r.diagonal.map { abs($0) }
    guard let least = diagonal.min(), let greatest = diagonal.max(), least > 1e-13 * greatest,
      let inverse = try? LUDecomposition(of: r).inverse()
    else { return nil }
    return (scaled * inverse, lengths, inverse)
  }

  private static func open(
    _ entries: ObservedEntries, _ partOfRow: [Int?], _ partOfColumn: [Int?],
    _ coordinates: Matrix, _ tolerance: Double
  ) -> [Int: Matrix] {
    let rank = coordinates.columnCount
    var result: [Int: Matrix] = [:]
    var gram = [Double](repeating: 0, count: rank * rank)
    for row in 0..<entries.rowCount {
      let known = (entries.rowStarts[row]..<entries.rowStarts[row + 1])
        .map { Int(entries.columns[$0]) }
        .filter { column in
          partOfColumn[column].map { $0 == partOfRow[row] ?? $0 } ?? false
        }
      if known.isEmpty { continue }
      if known.count >= rank, isClearlyFull(coordinates, known, &gram) { continue }
      // The right singular vectors of values that are zero beside the largest.
      let system = coordinates.selecting(rows: known)
      let open = openDirections(system, tolerance)
      if open.columnCount > 0 { result[row] = open }
    }
    return result
  }

  /// An orthonormal basis of the directions that a matrix of coordinates does not see.
  package static func openDirections(_ system: Matrix, _ tolerance: Double) -> Matrix {
    let rank = system.columnCount
    guard let svd = try? SingularValueDecomposition(of: system.transposedTimes(system)) else {
      return Matrix(rowCount: rank, columnCount: 0)
    }
    let greatest = svd.singularValues.first ?? 0
    // Squares: of the system's values only the larger half of the digits is seen here.
    let isOpen = (0..<rank).filter {
      svd.singularValues[$0] <= max(tolerance * tolerance, 1e-14) * greatest
    }
    return svd.rightVectors.selecting(columns: isOpen)
  }

  /// Whether the Gram matrix of some rows is far from singular.
  private static func isClearlyFull(
    _ coordinates: Matrix, _ rows: [Int], _ gram: inout [Double]
  ) -> Bool {
    let rank = coordinates.columnCount
    for k in gram.indices { gram[k] = 0 }
    coordinates.withUnsafeElements { q in
      for row in rows {
        for x in 0..<rank {
          for y in 0...x { gram[x * rank + y] += q[row * rank + x] * q[row * rank + y] }
        }
      }
    }
    var trace = 0.0
    for x in 0..<rank { trace += gram[x * (rank + 1)] }
    // Each pivot in turn: what remains of a column after the ones before it.
    for x in 0..<rank {
      for y in 0...x {
        var sum = gram[x * rank + y]
        for z in 0..<y { sum -= gram[x * rank + z] * gram[y * rank + z] }
        if x == y {
          guard sum > 1e-7 * trace / Double(rank) else { return false }
          gram[x * rank + x] = sum.squareRoot()
        } else {
          gram[x * rank + y] = sum / gram[y * (rank + 1)]
        }
      }
    }
    return true
  }

  /// Whether some coordinates have a part in open directions, rounding aside.
  package static func moves(_ coordinates: Matrix, _ line: Int, along open: Matrix) -> Bool {
    let rank = coordinates.columnCount
    var length = 0.0
    var moved = 0.0
    coordinates.withUnsafeElements { q in
      open.withUnsafeElements { n in
        for x in 0..<rank { length += q[line * rank + x] * q[line * rank + x] }
        for d in 0..<open.columnCount {
          var sum = 0.0
          for x in 0..<rank { sum += q[line * rank + x] * n[x * open.columnCount + d] }
          moved += sum * sum
        }
      }
    }
    return moved > 1e-12 * length
  }
}
