import Analysis
import LinearAlgebra

/// The rows and columns of a table that have an entry, numbered without gaps.
///
/// A fit is made of those alone: identifiers with gaps, and rows and columns without an entry, change nothing of it.
struct OccupiedTable: Equatable, Sendable {
  /// The row and the column of the whole table that each of these is.
  let rows: [Int]
  let columns: [Int]
  let rowCount: Int
  let columnCount: Int

  /// - Parameter keepsRows: whether rows without an entry stay: where rows follow each other, they are places too.
  init(of entries: ObservedEntries, keepsRows: Bool = false) {
    rowCount = entries.rowCount
    columnCount = entries.columnCount
    var isOccupied = [Bool](repeating: false, count: entries.columnCount)
    for column in entries.columns { isOccupied[Int(column)] = true }
    rows = (0..<entries.rowCount).filter {
      keepsRows || entries.rowStarts[$0] < entries.rowStarts[$0 + 1]
    }
    columns = isOccupied.indices.filter { isOccupied[$0] }
  }

  /// Whether every row and column has an entry.
  var isWhole: Bool { rows.count == rowCount && columns.count == columnCount }

  var emptyRows: [Int] { Self.missing(rows, below: rowCount) }
  var emptyColumns: [Int] { Self.missing(columns, below: columnCount) }

  private static func missing(_ lines: [Int], below count: Int) -> [Int] {
    var isThere = [Bool](repeating: false, count: count)
    for line in lines { isThere[line] = true }
    return isThere.indices.filter { !isThere[$0] }
  }

  /// The numbers that a row and a column of the whole table have here; nil where one has no entry.
  func place(row: Int, column: Int) -> (row: Int, column: Int)? {
    guard let i = Self.place(row, in: rows), let j = Self.place(column, in: columns) else {
      return nil
    }
    return (i, j)
  }

  private static func place(_ line: Int, in lines: [Int]) -> Int? {
    var low = 0
    var high = lines.count
    while low < high {
      let middle = (low + high) / 2
      if lines[middle] < line { low = middle + 1 } else { high = middle }
    }
    return low < lines.count && lines[low] == line ? low : nil
  }

  /// The entries by the numbers of these rows and columns.
  func compacted(_ entries: ObservedEntries) -> ObservedEntries {
    if isWhole { return entries }
    var newRow = [Int32](repeating: -1, count: rowCount)
    var newColumn = [Int32](repeating: -1, count: columnCount)
    for (new, old) in rows.enumerated() { newRow[old] = Int32(new) }
    for (new, old) in columns.enumerated() { newColumn[old] = Int32(new) }
    return ObservedEntries(
      rowCount: rows.count, columnCount: columns.count,
      sortedRows: entries.rows.map { newRow[Int($0)] },
      columns: entries.columns.map { newColumn[Int($0)] }, values: entries.values)
  }

  /// A fit of the occupied table as one of the whole.
  ///
  /// Lines without an entry are filled by the offsets. The singular values stay those of the occupied table.
  func expanded(_ fit: MatrixCompleter.Fit, _ fallback: AdditiveOffsets) -> MatrixCompleter.Fit {
    var fit = fit
    let model = fit.model
    fit.model.rowFactor = Self.spread(model.rowFactor, to: rows, of: rowCount)
    fit.model.columnFactor = Self.spread(model.columnFactor, to: columns, of: columnCount)
    fit.model.offsets = model.offsets.map(spread)
    fit.model.columnNoise = model.columnNoise.map(spreadNoise)
    fit.columnNoise = fit.columnNoise.map(spreadNoise)
    fit.model.fallback = spread(model.offsets ?? fallback)
    // Rows that were kept without an entry may be so here too.
    fit.model.emptyRows = emptyRows + model.emptyRows.map { rows[$0] }
    fit.model.emptyColumns = emptyColumns
    fit.intervals?.occupied = self
    fit.mask = fit.mask.relocated(
      rank: fit.mask.rank, rows: rows, columns: columns, rowCount: rowCount,
      columnCount: columnCount, isPartial: false)
    return fit
  }

  private func spread(_ offsets: AdditiveOffsets) -> AdditiveOffsets {
    AdditiveOffsets(
      mean: offsets.mean, rows: Self.spread(offsets.rows, to: rows, of: rowCount),
      columns: Self.spread(offsets.columns, to: columns, of: columnCount))
  }

  /// A column without an entry has the noise that is usual in the others.
  private func spreadNoise(_ noise: [Double]) -> [Double] {
    let usual = rootMeanSquare(noise)
    var result = [Double](repeating: usual, count: columnCount)
    for (value, place) in zip(noise, columns) { result[place] = value }
    return result
  }

  private static func spread(_ values: [Double], to places: [Int], of count: Int) -> [Double] {
    var result = [Double](repeating: 0, count: count)
    for (value, place) in zip(values, places) { result[place] = value }
    return result
  }

  private static func spread(_ factor: Matrix, to places: [Int], of count: Int) -> Matrix {
    let rank = factor.columnCount
    var result = Matrix(rowCount: count, columnCount: rank)
    result.withUnsafeMutableElements { target in
      factor.withUnsafeElements { source in
        for (new, old) in places.enumerated() {
          for k in 0..<rank { target[old * rank + k] = source[new * rank + k] }
        }
      }
    }
    return result
  }
}
