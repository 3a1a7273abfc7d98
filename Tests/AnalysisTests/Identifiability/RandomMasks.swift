import LinearAlgebra

/// Random masks with random values at the known entries.
func randomMask(
  _ rowCount: Int, _ columnCount: Int, count: Int, using generator: inout SeededGenerator
) -> ObservedEntries {
  let places = generator.sample(count, below: rowCount * columnCount).sorted()
  return ObservedEntries(
    rowCount: rowCount, columnCount: columnCount,
    sortedRows: places.map { Int32($0 / columnCount) },
    columns: places.map { Int32($0 % columnCount) },
    values: places.map { _ in generator.nextGaussian() })
}

/// A mask from a picture: `x` is known, everything else is not.
func mask(_ picture: [String]) -> ObservedEntries {
  var rows: [Int32] = []
  var columns: [Int32] = []
  for (i, line) in picture.enumerated() {
    for (j, character) in line.enumerated() where character == "x" {
      rows.append(Int32(i))
      columns.append(Int32(j))
    }
  }
  return ObservedEntries(
    rowCount: picture.count, columnCount: picture[0].count, sortedRows: rows, columns: columns,
    values: rows.map { _ in 1 })
}

extension ObservedEntries {
  func isKnown(_ row: Int, _ column: Int) -> Bool {
    (rowStarts[row]..<rowStarts[row + 1]).contains { columns[$0] == Int32(column) }
  }

  /// The values of a matrix at the known positions.
  func sampling(_ matrix: Matrix) -> ObservedEntries {
    replacingValues(values.indices.map { matrix[Int(rows[$0]), Int(columns[$0])] })
  }
}
