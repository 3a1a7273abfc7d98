import LinearAlgebra

// X = U Vᵀ moves to first order by δX = δU Vᵀ + U δVᵀ. It keeps the known entries of row i when
// A_i δu_i = −(δV u_i) on the row's columns, which has a solution exactly when (I − Q_iQ_iᵀ)(δV u_i) = 0. Summed
// over the rows, δV must be in the kernel of S (the matrix of variable projection); the gauge δV = V M, which
// moves nothing, is filled in beforehand. So with S + gauge positive definite nothing can move.
//
// Multiplying a row or a column of X by a number changes nothing of this. Rows of both factors are brought to
// length one first, or eigenvalues that belong to small rows would look like zeros.

/// The entries that can change when a low-rank fit moves infinitesimally, keeping its rank and every known
/// entry.
///
/// At a generic matrix of that rank the answer depends on the mask alone, not on the values.
/// - SeeAlso: [singerCucuringu2010], [kiralyTheranTomioka2015].
struct LocalRigidity {
  /// Row · columnCount + column of each flexible entry, ascending; known entries never are.
  let flexiblePositions: [Int]

  /// Examines a fit on the core of its mask; nil when it is too large: more than
  /// ``ReducedEquations/directUnknownLimit`` unknowns on the shorter side, or a decomposition fails.
  ///
  /// - Complexity: O((*shorter side* · *rank*)³).
  init?(of entries: ObservedEntries, core: MaskCore, left: Matrix, right: Matrix) {
    let rank = right.columnCount
    if min(entries.rowCount, entries.columnCount) * rank > ReducedEquations.directUnknownLimit {
      return nil
    }
    if entries.columnCount > entries.rowCount {
      // The eliminated side is the longer one.
      guard
        let flipped = Self.flexible(
          entries.transposed(), partOfRow: core.partOfColumn, partOfColumn: core.partOfRow,
          columnFactor: left)
      else { return nil }
      flexiblePositions = flipped.map { ($0.column, $0.row) }
        .map { $0.0 * entries.columnCount + $0.1 }.sorted()
    } else {
      guard
        let found = Self.flexible(
          entries, partOfRow: core.partOfRow, partOfColumn: core.partOfColumn, columnFactor: right)
      else { return nil }
      flexiblePositions = found.map { $0.row * entries.columnCount + $0.column }
    }
  }

  /// A direction of S counts as free when its eigenvalue is below this times the mean diagonal.
  private static let freedom = 1e-9

  private static func flexible(
    _ all: ObservedEntries, partOfRow: [Int?], partOfColumn: [Int?], columnFactor: Matrix
  ) -> [(row: Int, column: Int)]? {
    let rank = columnFactor.columnCount
    let columns = partOfColumn.indices.filter { partOfColumn[$0] != nil }
    let rows = partOfRow.indices.filter { partOfRow[$0] != nil }
    guard columns.count >= rank, !rows.isEmpty else { return [] }
    let selected = columnFactor.selecting(rows: columns)
    let lengths = selected.relativeRowLengths()
    let entries = all.restricted(toRows: rows, columns: columns).balanced(columnScales: lengths)
    guard
      let v = try? QRDecomposition(of: selected.scalingRows(by: lengths.map { 1 / $0 }))
        .orthogonalFactor
    else { return nil }
    var eliminated = EliminatedRows(entries: entries, rank: rank)
    eliminated.solve(entries, columnFactor: v)
    var equations = ReducedEquations(entries: entries, rank: rank)
    equations.assemble(entries, eliminated)
    guard let system = equations.gaugedSystem(v) else { return nil }
    let scale = system.trace / Double(max(system.rowCount, 1))
    func places(_ positions: [Int]) -> [(row: Int, column: Int)] {
      positions.map { (rows[$0 / columns.count], columns[$0 % columns.count]) }
    }
    guard scale > 0 else { return places(unknownPositions(entries)) }
    if let factor = try? CholeskyDecomposition(of: system).lowerFactor,
      let smallest = factor.diagonal.min(), smallest * smallest > 100 * freedom * scale
    {
      return []
    }
    guard let eigen = try? SymmetricEigendecomposition(of: system) else { return nil }
    let free = eigen.eigenvalues.indices.filter { eigen.eigenvalues[$0] < freedom * scale }
    let u = eliminated.rowFactor
    var motion = Matrix(rowCount: rows.count, columnCount: columns.count)
    for index in free {
      let δv = Matrix(
        rowCount: columns.count, columnCount: rank, elements: eigen.eigenvectors.column(index))
      let δu = eliminated.rowMotion(entries, columnMotion: δv)
      let δx = δu * v.transposed() + u * δv.transposed()
      motion += δx.hadamard(δx)
    }
    // A motion is compared with the size of the moved matrix: δV has norm one.
    let threshold = 1e-8 * u.inner(u) / Double(max(u.count, 1))
    return places(unknownPositions(entries).filter { motion.elements[$0] > threshold })
  }

  /// Row · columnCount + column of every entry that is not known, ascending.
  private static func unknownPositions(_ entries: ObservedEntries) -> [Int] {
    let known = Set(
      entries.values.indices.map {
        Int(entries.rows[$0]) * entries.columnCount + Int(entries.columns[$0])
      })
    return (0..<(entries.rowCount * entries.columnCount)).filter { !known.contains($0) }
  }
}

extension Matrix {
  /// The length of every row divided by the greatest; one for rows that are zero beside it, but for rounding.
  func relativeRowLengths() -> [Double] {
    let lengths = (0..<rowCount).map { row in
      Matrix(rowCount: 1, columnCount: columnCount, elements: self.row(row)).frobeniusNorm
    }
    let greatest = lengths.max() ?? 0
    return lengths.map { $0 > 1e-13 * greatest ? $0 / greatest : 1 }
  }
}

extension ObservedEntries {
  /// The entries with each column divided by a number, and then each row by its root mean square.
  fileprivate func balanced(columnScales: [Double]) -> ObservedEntries {
    let largest = values.reduce(0) { max($0, abs($1)) }
    guard largest > 0 else { return self }
    var result = values.indices.map { values[$0] / largest / columnScales[Int(columns[$0])] }
    for row in 0..<rowCount {
      let range = rowStarts[row]..<rowStarts[row + 1]
      let norm = Matrix(rowCount: 1, columnCount: range.count, elements: Array(result[range]))
        .frobeniusNorm
      let unit = norm / Double(range.count).squareRoot()
      guard unit > 1e-200 else { continue }
      for k in range { result[k] /= unit }
    }
    return replacingValues(result)
  }

  /// The entries whose row and column are listed, renumbered in the order of the lists, which ascend.
  func restricted(toRows rows: [Int], columns: [Int]) -> ObservedEntries {
    var newRow = [Int32](repeating: -1, count: rowCount)
    var newColumn = [Int32](repeating: -1, count: columnCount)
    for (new, old) in rows.enumerated() { newRow[old] = Int32(new) }
    for (new, old) in columns.enumerated() { newColumn[old] = Int32(new) }
    let kept = values.indices.filter {
      newRow[Int(self.rows[$0])] >= 0 && newColumn[Int(self.columns[$0])] >= 0
    }
    return ObservedEntries(
      rowCount: rows.count, columnCount: columns.count,
      sortedRows: kept.map { newRow[Int(self.rows[$0])] },
      columns: kept.map { newColumn[Int(self.columns[$0])] }, values: kept.map { values[$0] })
  }
}
