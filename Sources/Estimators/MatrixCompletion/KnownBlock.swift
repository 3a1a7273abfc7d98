import LinearAlgebra

// Let B be a block of rows and columns of which every entry is known, and C one of rank r that agrees with it to the
// rounding of each entry, |B − C| ≤ tolerance. By Weyl's inequality σ_{r+1}(B) ≤ ‖B − C‖₂ ≤ ‖tolerances‖_F: every
// singular value of B above that norm is one that a table agreeing with the entries must have in rank. A table of noise
// with few gaps has large blocks, of full rank, and is no more to be searched for an exact answer.

/// A block without gaps in a table with gaps, and the rank that it proves.
struct KnownBlock {
  /// Ascending.
  let rows: [Int]
  let columns: [Int]

  /// Tables of more cells have no block that is worth its search.
  private static let cellLimit = 100_000_000

  /// Takes columns, each time the one that leaves most rows, as long as there are as many rows as columns.
  ///
  /// - Complexity: O(*columns* · *rows* · *block*/64); memory *rows* · *columns* bits.
  init(of entries: ObservedEntries) {
    guard entries.columnCount <= Self.cellLimit / max(entries.rowCount, 1) else {
      (rows, columns) = ([], [])
      return
    }
    let wordCount = (entries.rowCount + 63) / 64
    var known = [UInt64](repeating: 0, count: wordCount * entries.columnCount)
    for (row, column) in zip(entries.rows, entries.columns) {
      known[Int(column) * wordCount + Int(row) / 64] |= 1 << UInt64(row % 64)
    }
    var left = [UInt64](repeating: .max, count: wordCount)
    var taken: [Int] = []
    var isTaken = [Bool](repeating: false, count: entries.columnCount)
    known.withUnsafeBufferPointer { known in
      while taken.count < entries.columnCount {
        var best = (count: 0, column: 0)
        for column in 0..<entries.columnCount where !isTaken[column] {
          var count = 0
          for word in 0..<wordCount {
            count += (left[word] & known[column * wordCount + word]).nonzeroBitCount
          }
          if count > best.count { best = (count, column) }
        }
        guard best.count > taken.count else { break }
        taken.append(best.column)
        isTaken[best.column] = true
        for word in 0..<wordCount { left[word] &= known[best.column * wordCount + word] }
      }
    }
    columns = taken.sorted()
    rows =
      taken.isEmpty
      ? [] : (0..<entries.rowCount).filter { left[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }

  /// The least rank that a table agreeing with all entries can have.
  ///
  /// - Parameter tolerances: how far from each entry it may be.
  /// - Complexity: O(*block rows* · *block columns*²).
  func leastRank(_ entries: ObservedEntries, tolerances: [Double]) -> Int {
    guard !rows.isEmpty else { return 0 }
    var place = [Int](repeating: -1, count: entries.columnCount)
    for (index, column) in columns.enumerated() { place[column] = index }
    var block = Matrix(rowCount: rows.count, columnCount: columns.count)
    var squared = 0.0
    for (index, row) in rows.enumerated() {
      for k in entries.rowStarts[row]..<entries.rowStarts[row + 1] {
        let column = place[Int(entries.columns[k])]
        guard column >= 0 else { continue }
        block[index, column] = entries.values[k]
        squared += tolerances[k] * tolerances[k]
      }
    }
    guard let values = try? SingularValueDecomposition(of: block).singularValues else { return 0 }
    // The decomposition's own rounding is far below that of the entries' tolerances.
    return values.prefix { $0 > squared.squareRoot() }.count
  }
}
