public import LinearAlgebra

extension CompletionModel {
  /// Fills new rows, rows that were not among those fitted, from some of their entries.
  ///
  /// Each row's coordinates are the ridge least-squares fit of its entries to the column factors, with the
  /// ridges of the model; where those are zero (exact data) and the entries are too few, the coordinates of
  /// smallest norm. With offsets, the row's own is one more coordinate. A row without entries gets the
  /// column offsets, or zeros. Where columns have noise of their own, each entry counts by it.
  ///
  /// - Parameter entries: as many columns as the model.
  /// - Returns: the filled rows, and for each the number of coordinates its entries determine, at most
  ///   ``rank``.
  /// - Throws: `DecompositionError` when LAPACK does not converge.
  /// - Complexity: O(*entries* · *rank*² + *rows* · *columns* · *rank*).
  public func fillingNewRows(
    _ entries: ObservedEntries
  ) throws(DecompositionError) -> (completion: Matrix, determinedCounts: [Int]) {
    precondition(
      entries.columnCount == columnCount,
      "rows of \(entries.columnCount) columns do not fit a model of \(columnCount)")
    var result = Matrix(rowCount: entries.rowCount, columnCount: columnCount)
    var determined: [Int] = []
    let transposedFactor = columnFactor.transposed()
    let extra = offsets == nil || offsetRidge >= Self.noRowOffsets ? 0 : 1
    for row in 0..<entries.rowCount {
      let range = entries.rowStarts[row]..<entries.rowStarts[row + 1]
      let unknowns = rank + extra
      // A ridge is one more equation √ridge · u_k = 0 for each coordinate.
      let ridges = ridge + (extra == 1 ? [offsetRidge] : [])
      let penalized = ridges.indices.filter { ridges[$0] > 0 }
      var system = Matrix(rowCount: range.count + penalized.count, columnCount: unknowns)
      var right = Matrix(rowCount: system.rowCount, columnCount: 1)
      for (equation, k) in range.enumerated() {
        let column = Int(entries.columns[k])
        let weight = columnNoise.map { 1 / $0[column] } ?? 1
        for c in 0..<rank { system[equation, c] = weight * columnFactor[column, c] }
        if extra == 1 { system[equation, rank] = weight }
        right[equation, 0] =
          weight * (entries.values[k] - (offsets.map { $0.mean + $0.columns[column] } ?? 0))
      }
      for (index, unknown) in penalized.enumerated() {
        system[range.count + index, unknown] = ridges[unknown].squareRoot()
      }
      var coordinates = Matrix(rowCount: unknowns, columnCount: 1)
      var count = 0
      if !range.isEmpty, unknowns > 0 {
        // Sizes of a component's two sides may be far apart; unknowns that make the system's columns one in size
        // keep a weak one from being taken for rounding.
        let sizes = (0..<unknowns).map { unknown in
          let size = (0..<system.rowCount).reduce(0.0) { max($0, abs(system[$1, unknown])) }
          return size > 0 ? size : 1
        }
        let solved = try LeastSquares(
          of: system.scalingColumns(by: sizes.map { 1 / $0 }), right: right)
        coordinates = solved.solution.scalingRows(by: sizes.map { 1 / $0 })
        count = min(solved.rank, rank, range.count)
      }
      determined.append(count)
      let product = coordinates.submatrix(rows: 0..<rank, columns: 0..<1).transposedTimes(
        transposedFactor)
      for column in 0..<columnCount {
        var value = rank > 0 ? product[0, column] : 0
        if let offsets {
          value += offsets.mean + offsets.columns[column] + (extra == 1 ? coordinates[rank, 0] : 0)
        } else if range.isEmpty, let fallback {
          value = fallback.mean + fallback.columns[column]
        }
        result[row, column] = value
      }
    }
    return (result, determined)
  }
}
