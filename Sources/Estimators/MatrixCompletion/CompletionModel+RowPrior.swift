import LinearAlgebra
import RealModule

// Rows of a table are taken for draws from one Gaussian, u ~ N(m, C), seen through the columns' factor and noise:
//
//     Σ_i = (C⁻¹ + Σ_j v_j v_jᵀ/s_j²)⁻¹,   u_i = m + Σ_i Σ_j v_j (b_ij − v_jᵀm)/s_j²,
//     m ← mean of u_i,   C ← mean of (u_i − m)(u_i − m)ᵀ + Σ_i.
//
// With C = G Gᵀ the coordinates G⁻¹(u − m) have unit variance, and a new row is a ridge regression on V G.

extension CompletionModel {
  /// How many rows are used: more would not tell the distribution better, and a row costs the cube of the rank.
  private static func rowLimit(_ rank: Int) -> Int {
    max(2 * rank, min(2000, 400_000_000 / (rank * rank * rank)))
  }

  private static func rounds(_ rank: Int) -> Int { rank > 64 ? 2 : 5 }

  /// The same matrix with coordinates of rows that have mean zero and independent unit variances, so that new rows
  /// are predicted from what the rows fitted have in common.
  ///
  /// Where the noise is so small beside the components that a row's entries and its prior have no sum in double
  /// precision, the coordinates stay as they are.
  ///
  /// - Parameter noise: the deviation of the noise in each column.
  /// - Complexity: O(*entries* of at most 2,000 rows · *rank*² + 2,000 · *rank*³).
  func withRowPrior(of entries: ObservedEntries, noise: [Double]) -> CompletionModel {
    (try? withCommonCoordinates(of: entries, noise: noise)) ?? self
  }

  private func withCommonCoordinates(
    of entries: ObservedEntries, noise: [Double]
  ) throws(DecompositionError) -> CompletionModel {
    let count = rank
    guard count > 0 else { return self }
    let base =
      offsets
      ?? AdditiveOffsets(
        mean: 0, rows: [Double](repeating: 0, count: rowCount),
        columns: [Double](repeating: 0, count: columnCount))
    let step = max(1, rowCount / Self.rowLimit(count))
    let chosen = stride(from: 0, to: rowCount, by: step).filter {
      entries.rowStarts[$0 + 1] > entries.rowStarts[$0]
    }
    let total = Double(max(chosen.count, 1))
    // Coordinates of size one from the start.
    var mean = [Double](repeating: 0, count: count)
    for row in chosen { for k in 0..<count { mean[k] += rowFactor[row, k] / total } }
    var covariance = Matrix(rowCount: count, columnCount: count)
    for row in chosen {
      for a in 0..<count {
        for b in 0..<count {
          covariance[a, b] +=
            (rowFactor[row, a] - mean[a]) * (rowFactor[row, b] - mean[b]) / total
        }
      }
    }
    for k in 0..<count {
      covariance[k, k] += max(1e-6 * covariance.diagonal.reduce(0, +) / Double(count), 1e-300)
    }
    for _ in 0..<Self.rounds(count) {
      let inverse = try CholeskyDecomposition(of: covariance).solve(.identity(count))
      var sum = [Double](repeating: 0, count: count)
      var second = Matrix(rowCount: count, columnCount: count)
      for row in chosen {
        let range = entries.rowStarts[row]..<entries.rowStarts[row + 1]
        let places = range.map { Int(entries.columns[$0]) }
        let weights = places.map { 1 / max(noise[$0], 1e-150) }
        let v = columnFactor.selecting(rows: places).scalingRows(by: weights)
        let rest = range.enumerated().map { index, k in
          weights[index]
            * (entries.values[k] - base.mean - base.columns[places[index]])
        }
        let shifted = zip(rest, v * mean).map { $0 - $1 }
        let system = try CholeskyDecomposition(of: (inverse + v.transposedTimes(v)).symmetrized())
        let own = system.solve(v.transposedTimes(shifted))
        let spread = system.solve(.identity(count))
        for a in 0..<count {
          sum[a] += own[a]
          for b in 0..<count { second[a, b] += own[a] * own[b] + spread[a, b] }
        }
      }
      let move = sum.map { $0 / total }
      for a in 0..<count {
        mean[a] += move[a]
        for b in 0..<count { covariance[a, b] = second[a, b] / total - move[a] * move[b] }
      }
      covariance = covariance.symmetrized()
      let size = covariance.diagonal.reduce(0, +) / Double(count)
      for k in 0..<count { covariance[k, k] += 1e-12 * size }
    }
    let root = try CholeskyDecomposition(of: covariance).lowerFactor
    // u = m + G y: rows become G⁻¹(u − m), columns V G, and V m joins the columns' offsets.
    var centred = rowFactor
    for row in 0..<rowCount { for k in 0..<count { centred[row, k] -= mean[k] } }
    var rows = Matrix(rowCount: rowCount, columnCount: count)
    for row in 0..<rowCount {
      for k in 0..<count {
        var value = centred[row, k]
        for l in 0..<k { value -= root[k, l] * rows[row, l] }
        rows[row, k] = value / root[k, k]
      }
    }
    let shift = columnFactor * mean
    let ownRows = base.rows.contains { $0 != 0 }
    return CompletionModel(
      rowFactor: rows, columnFactor: columnFactor * root,
      offsets: AdditiveOffsets(
        mean: base.mean, rows: base.rows, columns: zip(base.columns, shift).map { $0 + $1 }),
      ridge: [Double](repeating: 1, count: count),
      offsetRidge: ownRows ? offsetRidge : Self.noRowOffsets, columnNoise: noise)
  }
}
