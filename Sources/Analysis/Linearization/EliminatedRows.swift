package import LinearAlgebra

// For a fixed column factor V, the best row factor solves one small least-squares problem per row,
//
//     u_i = argmin ‖A_i u − b_i‖,   A_i = the rows of V at the columns where row i is known.
//
// With an orthonormal basis Q_i of A_i's columns the residual is e_i = (I − Q_i Q_iᵀ) b_i. The bases come from
// Gram–Schmidt done twice, so that a row with hardly more entries than the rank keeps full accuracy: normal
// equations would square its condition number.

/// The row factor that fits best to a given column factor, with what its derivatives need.
package struct EliminatedRows {
  package let rank: Int
  /// u_i, rows × rank.
  package private(set) var rowFactor: Matrix
  /// Q_i for every row, one below the other: entries × rank. Columns beyond the rank of A_i are zero.
  package private(set) var bases: [Double]
  /// R_i with A_i = Q_i R_i: rows × rank².
  private var triangles: [Double]
  /// e = b − A u at each entry.
  package private(set) var residuals: [Double]
  /// ‖e‖².
  package private(set) var squaredResidual = 0.0

  package init(entries: ObservedEntries, rank: Int) {
    self.rank = rank
    rowFactor = Matrix(rowCount: entries.rowCount, columnCount: rank)
    bases = [Double](repeating: 0, count: entries.count * rank)
    triangles = [Double](repeating: 0, count: entries.rowCount * rank * rank)
    residuals = [Double](repeating: 0, count: entries.count)
  }

  /// Solves every row's problem.
  ///
  /// - Complexity: O(|Ω| *rank*²).
  package mutating func solve(_ entries: ObservedEntries, columnFactor: Matrix) {
    let rank = rank
    var right = [Double](repeating: 0, count: rank)
    var total = 0.0
    columnFactor.withUnsafeElements { v in
      rowFactor.withUnsafeMutableElements { u in
        bases.withUnsafeMutableBufferPointer { bases in
          residuals.withUnsafeMutableBufferPointer { e in
            triangles.withUnsafeMutableBufferPointer { triangles in
              right.withUnsafeMutableBufferPointer { right in
                for row in 0..<entries.rowCount {
                  let first = entries.rowStarts[row]
                  let count = entries.rowStarts[row + 1] - first
                  let q = UnsafeMutableBufferPointer(
                    rebasing: bases[(first * rank)..<((first + count) * rank)])
                  for k in 0..<count {
                    let source = Int(entries.columns[first + k]) * rank
                    for c in 0..<rank { q[k * rank + c] = v[source + c] }
                    e[first + k] = entries.values[first + k]
                  }
                  let triangle = UnsafeMutableBufferPointer(
                    rebasing: triangles[(row * rank * rank)..<((row + 1) * rank * rank)])
                  Self.orthonormalize(q, count: count, rank: rank, triangle: triangle)
                  let residual = UnsafeMutableBufferPointer(rebasing: e[first..<(first + count)])
                  Self.project(residual, q, count: count, rank: rank, coefficients: right)
                  Self.backSubstitute(
                    UnsafePointer(triangle.baseAddress!), right, rank: rank,
                    into: UnsafeMutableBufferPointer(rebasing: u[(row * rank)..<((row + 1) * rank)])
                  )
                  for k in 0..<count { total += residual[k] * residual[k] }
                }
              }
            }
          }
        }
      }
    }
    squaredResidual = total
  }

  /// The first-order change of the row factor that keeps every row's fit, given a change of the column
  /// factor: A_i δu_i = −δV u_i in the least-squares sense.
  package func rowMotion(
    _ entries: ObservedEntries, columnMotion: Matrix
  ) -> Matrix {
    var result = Matrix(rowCount: entries.rowCount, columnCount: rank)
    var right = [Double](repeating: 0, count: rank)
    columnMotion.withUnsafeElements { δv in
      rowFactor.withUnsafeElements { u in
        triangles.withUnsafeBufferPointer { triangles in
          result.withUnsafeMutableElements { δu in
            right.withUnsafeMutableBufferPointer { right in
              for row in 0..<entries.rowCount {
                for c in 0..<rank { right[c] = 0 }
                for k in entries.rowStarts[row]..<entries.rowStarts[row + 1] {
                  let column = Int(entries.columns[k])
                  var moved = 0.0
                  for c in 0..<rank { moved += δv[column * rank + c] * u[row * rank + c] }
                  for c in 0..<rank { right[c] -= bases[k * rank + c] * moved }
                }
                Self.backSubstitute(
                  triangles.baseAddress! + row * rank * rank, right, rank: rank,
                  into: UnsafeMutableBufferPointer(
                    rebasing: δu[(row * rank)..<((row + 1) * rank)]))
              }
            }
          }
        }
      }
    }
    return result
  }

  /// Replaces the columns of a count × rank block by an orthonormal basis, A = Q R. A column that depends on
  /// earlier ones becomes zero, with a zero on R's diagonal.
  private static func orthonormalize(
    _ q: UnsafeMutableBufferPointer<Double>, count: Int, rank: Int,
    triangle: UnsafeMutableBufferPointer<Double>
  ) {
    for index in triangle.indices { triangle[index] = 0 }
    for column in 0..<rank {
      var original = 0.0
      for k in 0..<count { original += q[k * rank + column] * q[k * rank + column] }
      for _ in 0..<2 {
        for earlier in 0..<column {
          var product = 0.0
          for k in 0..<count { product += q[k * rank + earlier] * q[k * rank + column] }
          for k in 0..<count { q[k * rank + column] -= product * q[k * rank + earlier] }
          triangle[earlier * rank + column] += product
        }
      }
      var remaining = 0.0
      for k in 0..<count { remaining += q[k * rank + column] * q[k * rank + column] }
      // Below 1e-12 of its length a column holds rounding alone.
      if column >= count || remaining <= 1e-24 * original {
        for k in 0..<count { q[k * rank + column] = 0 }
      } else {
        let length = remaining.squareRoot()
        triangle[column * rank + column] = length
        for k in 0..<count { q[k * rank + column] /= length }
      }
    }
  }

  /// b ← (I − Q Qᵀ) b, twice; the coefficients Qᵀ b of both passes are summed.
  private static func project(
    _ b: UnsafeMutableBufferPointer<Double>, _ q: UnsafeMutableBufferPointer<Double>, count: Int,
    rank: Int, coefficients: UnsafeMutableBufferPointer<Double>
  ) {
    for c in 0..<rank { coefficients[c] = 0 }
    for _ in 0..<2 {
      for c in 0..<rank {
        var product = 0.0
        for k in 0..<count { product += q[k * rank + c] * b[k] }
        for k in 0..<count { b[k] -= product * q[k * rank + c] }
        coefficients[c] += product
      }
    }
  }

  /// Solves R u = c; where R's diagonal is zero, so is u.
  private static func backSubstitute(
    _ triangle: UnsafePointer<Double>, _ right: UnsafeMutableBufferPointer<Double>,
    rank: Int, into u: UnsafeMutableBufferPointer<Double>
  ) {
    for c in (0..<rank).reversed() {
      guard triangle[c * rank + c] != 0 else {
        u[c] = 0
        continue
      }
      var sum = right[c]
      for later in (c + 1)..<max(rank, c + 1) { sum -= triangle[c * rank + later] * u[later] }
      u[c] = sum / triangle[c * rank + c]
    }
  }
}
