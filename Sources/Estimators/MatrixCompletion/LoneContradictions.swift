import Analysis
import LinearAlgebra

// One wrong entry in a table of rank r can be fitted, at rank r + 1: the further component belongs to the entry's row
// or column alone, and nothing determines what it says of the line's unknown entries. Without the line the others have
// rank r, and in their factors F the line's known entries y = F u hold but for one. Leaving out entry k lessens the
// squared residual Σ e² of y = F u by e_k²/(1 − h_kk), h the diagonal of the projection on F's columns; the wrong entry
// is the one that lessens it to rounding.

/// Finds known entries that alone keep lines of an exact table from the rank of the others.
struct LoneContradictions {
  /// The entries that the answer is exact for.
  let entries: ObservedEntries
  /// The exact fit of all of them.
  let fit: MatrixCompleter.Fit

  /// Lines that end undetermined for another reason are many; so many are looked at.
  private static let lineLimit = 8
  /// After one entry is left out a line must have so many known entries more than coordinates: as many agreements no
  /// chance explains.
  private static let redundancy = 3
  /// What is left of Σ e² without the wrong entry, at most, and without the second best, at least.
  private static let rounding = 1e-12
  private static let difference = 1e-6

  /// The places of contradicted entries among ``entries`` and the exact fit of the others, of lower rank; nil where there
  /// are none.
  ///
  /// - Parameter refit: fits some of the entries.
  /// - Complexity: two fits, and O(n r²) for each undetermined line of n known entries.
  func found(
    refit: (ObservedEntries) throws -> MatrixCompleter.Fit
  ) throws -> (places: [Int], fit: MatrixCompleter.Fit)? {
    let rows = Set(fit.mask.undeterminedRows).subtracting(fit.mask.emptyRows)
    let columns = Set(fit.mask.undeterminedColumns).subtracting(fit.mask.emptyColumns)
    guard fit.isExact, fit.rank > 0, (1...Self.lineLimit).contains(rows.count + columns.count)
    else { return nil }
    let aside = entries.values.indices.filter {
      rows.contains(Int(entries.rows[$0])) || columns.contains(Int(entries.columns[$0]))
    }
    guard aside.count < entries.count else { return nil }
    let others = try refit(entries.leavingOut(aside))
    guard others.isExact, others.rank < fit.rank else { return nil }
    let (model, offsets) = (others.model, others.model.offsets)
    // A line across which lines are aside, too, is not told of there.
    func contradicted(
      _ lines: [Int32], _ chosen: Set<Int>, across: [Int32], _ others: Set<Int>, factor: Matrix,
      offsets: [Double]?
    ) throws -> [Int] {
      try chosen.flatMap { line in
        let known = aside.filter {
          Int(lines[$0]) == line && !others.contains(Int(across[$0]))
        }
        let places = known.map { Int(across[$0]) }
        return try self.contradicted(
          known, factor: factor.selecting(rows: places),
          offsets: offsets.map { offsets in places.map { offsets[$0] } })
      }
    }
    var places = try contradicted(
      entries.rows, rows, across: entries.columns, columns, factor: model.columnFactor,
      offsets: offsets?.columns)
    places += try contradicted(
      entries.columns, columns, across: entries.rows, rows, factor: model.rowFactor,
      offsets: offsets?.rows)
    guard !places.isEmpty else { return nil }
    places.sort()
    let cleared = try refit(entries.leavingOut(places))
    let isTold = places.allSatisfy {
      cleared.mask.determines(row: Int(entries.rows[$0]), column: Int(entries.columns[$0]))
    }
    guard cleared.isExact, cleared.rank < fit.rank, isTold else { return nil }
    return (places, cleared)
  }

  /// The one of a line's known entries that the others contradict; empty if there is none.
  private func contradicted(
    _ known: [Int], factor: Matrix, offsets: [Double]?
  ) throws -> [Int] {
    let width = factor.columnCount + (offsets == nil ? 0 : 1)
    guard known.count >= width + 1 + Self.redundancy else { return [] }
    // Equations of different units count alike.
    var equations = Matrix(rowCount: known.count, columnCount: width)
    var right = known.map { entries.values[$0] }
    for i in known.indices {
      var size = offsets == nil ? 0.0 : 1
      for k in 0..<factor.columnCount { size += factor[i, k] * factor[i, k] }
      guard size > 0 else { return [] }
      let weight = 1 / size.squareRoot()
      for k in 0..<factor.columnCount { equations[i, k] = factor[i, k] * weight }
      if let offsets {
        equations[i, width - 1] = weight
        right[i] -= offsets[i]
      }
      right[i] *= weight
    }
    let basis = try QRDecomposition(of: equations).orthogonalFactor
    let coordinates = basis.transposedTimes(right)
    let fitted = basis * coordinates
    let residuals = zip(right, fitted).map { $0 - $1 }
    let total = residuals.reduce(0) { $0 + $1 * $1 }
    guard total > 0 else { return [] }
    let left = known.indices.map { i in
      var leverage = 0.0
      for k in 0..<width { leverage += basis[i, k] * basis[i, k] }
      return leverage < 1 - 1e-9
        ? max(total - residuals[i] * residuals[i] / (1 - leverage), 0) / total : 1
    }
    let order = left.indices.sorted { left[$0] < left[$1] }
    guard left[order[0]] <= Self.rounding, left[order[1]] > Self.difference else { return [] }
    // A line that is one value but for one entry is a rare event as well as a wrong entry.
    let kept = known.indices.filter { $0 != order[0] }.map { entries.values[known[$0]] }
    guard kept.contains(where: { $0 != kept[0] }) else { return [] }
    return [known[order[0]]]
  }
}
