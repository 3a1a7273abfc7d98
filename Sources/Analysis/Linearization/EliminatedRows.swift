import CSparseKernels
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
    let longest = zip(entries.rowStarts, entries.rowStarts.dropFirst()).map { $1 - $0 }.max() ?? 0
    var scratch = [Double](repeating: 0, count: elimination_scratch_size(rank, longest))
    squaredResidual = columnFactor.withUnsafeElements { v in
      rowFactor.withUnsafeMutableElements { u in
        guard let v = v.baseAddress, let u = u.baseAddress else { return 0 }
        return eliminate_rows(
          entries.rowCount, entries.rowStarts, entries.columns, entries.values, v, rank, &bases,
          &residuals, &triangles, u, &scratch)
      }
    }
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
