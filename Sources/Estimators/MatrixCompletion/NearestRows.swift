import LinearAlgebra

// Rows that fall into kinds, or lie on a curved surface, have no low rank, and yet rows that are alike where both are known
// are alike where one is not. With z the values less their columns' means and zero where unknown, and m one where known,
// the squared distance over the columns known in both is
//
//     d²_ik = (Σ_j z²_ij m_kj + m_ij z²_kj − 2 z_ij z_kj) / Σ_j m_ij m_kj,
//
// for all rows at once four products of matrices.

/// Every cell as the mean of its column over the nearest other rows that know it, weighted by the inverse of their
/// distance.
///
/// - SeeAlso: [troyanskaya2001].
struct NearestRows {
  /// How many rows are tried.
  static let counts = [3, 6, 12, 24]

  /// Tables of more rows or columns, and sparser ones, are left to other methods: distances of all pairs of rows would
  /// take too long, or rest on too few columns.
  private static let rowLimit = 2500
  private static let columnLimit = 600
  private static let leastShare = 0.3
  private static let blockSize = 256

  private let entries: ObservedEntries
  private let isKnown: [Bool]
  private let columnMeans: [Double]
  /// z, z² and m, rows × columns, and their transposes.
  private let values: Matrix
  private let squares: Matrix
  private let marks: Matrix

  /// Nil where the table does not suit.
  init?(_ entries: ObservedEntries) {
    let (rowCount, columnCount) = (entries.rowCount, entries.columnCount)
    let cells = Double(rowCount) * Double(columnCount)
    guard rowCount > 8, rowCount <= Self.rowLimit, columnCount > 1,
      columnCount <= Self.columnLimit, Double(entries.count) >= Self.leastShare * cells
    else { return nil }
    self.entries = entries
    var sums = [Double](repeating: 0, count: columnCount)
    var counts = sums
    for k in entries.values.indices {
      sums[Int(entries.columns[k])] += entries.values[k]
      counts[Int(entries.columns[k])] += 1
    }
    let means = zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
    var values = Matrix(rowCount: rowCount, columnCount: columnCount)
    var squares = values
    var marks = values
    var isKnown = [Bool](repeating: false, count: values.count)
    for k in entries.values.indices {
      let (i, j) = (Int(entries.rows[k]), Int(entries.columns[k]))
      let value = entries.values[k] - means[j]
      values[i, j] = value
      squares[i, j] = value * value
      marks[i, j] = 1
      isKnown[i * columnCount + j] = true
    }
    columnMeans = means
    self.isKnown = isKnown
    self.values = values
    self.squares = squares
    self.marks = marks
  }

  /// The whole table for each of some numbers of rows, in ascending order; a known cell does not count for itself. Nil
  /// when cancelled.
  ///
  /// - Complexity: O(*rows*² · *columns*).
  func filled(_ counts: [Int], isCancelled: () -> Bool) -> [Matrix]? {
    let (rowCount, columnCount) = (entries.rowCount, entries.columnCount)
    var results = counts.map { _ in Matrix(rowCount: rowCount, columnCount: columnCount) }
    let (valuesᵀ, squaresᵀ) = (values.transposed(), squares.transposed())
    let marksᵀ = marks.transposed()
    // Rows that agree in all they have in common weigh much, not without bound.
    let least = 1e-12 * squares.elements.reduce(0, +) / Double(max(entries.count, 1))
    for first in stride(from: 0, to: rowCount, by: Self.blockSize) {
      if isCancelled() { return nil }
      let block = first..<min(first + Self.blockSize, rowCount)
      func part(_ matrix: Matrix) -> Matrix {
        matrix.submatrix(rows: block, columns: 0..<columnCount)
      }
      let common = part(marks) * marksᵀ
      let distances =
        part(squares) * marksᵀ + part(marks) * squaresᵀ - 2 * (part(values) * valuesᵀ)
      for row in block {
        // Positive numbers are in the order of their bits.
        var keys: [UInt64] = []
        keys.reserveCapacity(rowCount)
        for other in 0..<rowCount where other != row && common[row - first, other] > 0 {
          let square = max(distances[row - first, other], 0) / common[row - first, other]
          keys.append(UInt64(Float(square).bitPattern) << 32 | UInt64(other))
        }
        keys.sort()
        let found = neighbourMeans(keys, counts, least: least)
        for index in counts.indices {
          for j in 0..<columnCount { results[index][row, j] = found[index][j] + columnMeans[j] }
        }
      }
    }
    return results
  }

  /// The means of every column over the first rows of a list that know it, for each of some numbers of rows.
  private func neighbourMeans(_ keys: [UInt64], _ counts: [Int], least: Double) -> [[Double]] {
    let columnCount = entries.columnCount
    let most = counts.last ?? 0
    var weights = [Double](repeating: 0, count: columnCount)
    var sums = weights
    var met = [Int](repeating: 0, count: columnCount)
    var results = counts.map { _ in weights }
    var open = columnCount
    values.withUnsafeElements { values in
      for key in keys {
        if open == 0 { break }
        let base = Int(key & 0xFFFF_FFFF) * columnCount
        let square = Double(Float(bitPattern: UInt32(key >> 32)))
        let weight = 1 / (square + least).squareRoot()
        guard weight.isFinite else { continue }
        for j in 0..<columnCount where isKnown[base + j] && met[j] < most {
          weights[j] += weight
          sums[j] += weight * values[base + j]
          met[j] += 1
          for index in counts.indices where counts[index] == met[j] {
            results[index][j] = sums[j] / weights[j]
          }
          if met[j] == most { open -= 1 }
        }
      }
    }
    for j in 0..<columnCount where met[j] < most && met[j] > 0 {
      for index in counts.indices where counts[index] > met[j] {
        results[index][j] = sums[j] / weights[j]
      }
    }
    return results
  }
}
