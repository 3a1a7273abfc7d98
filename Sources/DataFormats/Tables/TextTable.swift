import LinearAlgebra

/// A table of text as it was understood, with the way back: it can be written again with its gaps filled, every other
/// byte as it was.
public struct TextTable: Sendable {
  let source: ByteSource
  let structure: TableStructure

  /// What was understood.
  public let understanding: TableUnderstanding

  /// For each column of the file, which column of the matrix it is.
  let positions: [Int?]

  /// The formats of the columns of the matrix.
  public let formats: [NumberFormat]

  /// For each column of the matrix whether its cells have spaces before them.
  let isPadded: [Bool]

  let encoding: TextEncoding
  let missing: [String]

  /// Where the rows end and what follows them begins.
  let dataEnd: Int
}

/// A table that has been read: the matrix with NaN in its gaps, or its known entries.
struct ReadTable {
  var table: TextTable
  var names: TableNames
  var rowCount: Int
  var columnCount: Int
  /// Row after row, all columns of the file.
  var cells: [Double]

  /// Cells of the matrix, row after row, that are not known and stay as they are: limits, formulas.
  var held: Set<Int> = []

  private var dataColumns: [Int] {
    table.positions.indices.filter { table.positions[$0] != nil }
  }

  /// The elements of the matrix; NaN in gaps.
  var elements: [Double] {
    let columns = dataColumns
    let width = table.positions.count
    if columns.count == width { return cells }
    var result: [Double] = []
    result.reserveCapacity(rowCount * columnCount)
    for row in 0..<rowCount { for column in columns { result.append(cells[row * width + column]) } }
    return result
  }

  func entries(file: String) throws(DataFormatError) -> ObservedEntries {
    let columns = dataColumns
    let width = table.positions.count
    let count = rowCount * columnCount - table.understanding.gapCount
    guard count > 0 else { throw .allMissing(file) }
    var rows: [Int32] = []
    var places: [Int32] = []
    var values: [Double] = []
    rows.reserveCapacity(count)
    places.reserveCapacity(count)
    values.reserveCapacity(count)
    for row in 0..<rowCount {
      for (place, column) in columns.enumerated() {
        let value = cells[row * width + column]
        if value.isNaN { continue }
        rows.append(Int32(truncatingIfNeeded: row))
        places.append(Int32(truncatingIfNeeded: place))
        values.append(value)
      }
    }
    return ObservedEntries(
      rowCount: rowCount, columnCount: columnCount, sortedRows: rows, columns: places,
      values: values)
  }
}
