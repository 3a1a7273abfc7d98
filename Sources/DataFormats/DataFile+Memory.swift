package import LinearAlgebra

// Arrays in memory under the rules of files, without becoming one.
extension DataFile {
  /// The matrix of an array, all of it finite.
  ///
  /// - Parameter name: what sentences call the array.
  package static func matrix(
    of array: NPYArray, named name: String
  ) throws(DataFormatError) -> Matrix {
    try array.matrix(file: name).complete(file: name)
  }

  /// The known entries of an array: a matrix with NaN where it is unknown, or rows of triplets.
  ///
  /// - Parameter name: what sentences call the array.
  package static func observedEntries(
    of array: BorrowedArray, named name: String, options: ReadingOptions
  ) throws(DataFormatError) -> ObservedData {
    if options.layout == .triplets {
      return ObservedData(
        entries: try triplets(array, name, options), format: .npy, layout: .triplets)
    }
    guard (1...2).contains(array.shape.count) else {
      throw .wrongDimension(name, shape: array.shape)
    }
    guard !array.elements.isEmpty else { throw .noElements(name, shape: array.shape) }
    let rowCount = array.shape[0]
    let columnCount = array.shape.count == 2 ? array.shape[1] : 1
    let rows = options.rowCount ?? rowCount
    let columns = options.columnCount ?? columnCount
    guard rows == rowCount, columns == columnCount else {
      throw .wrongShape(name, found: "\(rowCount)×\(columnCount)", expected: "\(rows)×\(columns)")
    }
    return ObservedData(
      entries: try knownEntries(
        of: array.elements, rowCount: rowCount, columnCount: columnCount, file: name),
      format: .npy, layout: .table)
  }

  private static func triplets(
    _ array: BorrowedArray, _ name: String, _ options: ReadingOptions
  ) throws(DataFormatError) -> ObservedEntries {
    guard array.shape.count == 2, array.shape[1] == 3 else {
      throw .wrongShape(
        name, found: array.shape.map(String.init).joined(separator: "×"),
        expected: "triplets of row, column and value")
    }
    let base = options.oneBased ? 1 : 0
    var collector = TripletCollector(file: name)
    collector.reserve(array.shape[0])
    var last = (row: -1, column: -1)
    for k in 0..<array.shape[0] {
      func index(_ place: Int) throws(DataFormatError) -> Int32 {
        let number = array.elements[3 * k + place]
        guard let index = Int32(exactly: number - Double(base)) else {
          throw .notIndex(name, .line(k + 1), text: "\(number)".utf8)
        }
        guard index >= 0 else {
          throw .indexBelow(name, .line(k + 1), text: "\(Int(number))".utf8, first: base)
        }
        return index
      }
      let (row, column) = (try index(0), try index(1))
      last = (max(last.row, Int(row)), max(last.column, Int(column)))
      let value = array.elements[3 * k + 2]
      if !value.isNaN { collector.append(row, column, value, line: k + 1) }
    }
    guard collector.count > 0 else { throw .allMissing(name) }
    let rowCount = options.rowCount ?? last.row + 1
    let columnCount = options.columnCount ?? last.column + 1
    try TripletCollector.checkProportion(
      name, rowCount: rowCount, columnCount: columnCount, entries: collector.count,
      explicit: options)
    return try collector.sorted(
      rowCount: rowCount, columnCount: columnCount, base: base, duplicates: options.duplicates)
  }
}
