import LinearAlgebra

extension Matrix {
  /// The elements that are not NaN, and where a mask is given not masked out.
  ///
  /// - Parameter mask: as many elements as the matrix has; zero and NaN mean unknown.
  /// - Throws: ``DataFormatError`` for an infinite known element, or if none is known.
  func knownEntries(file: String, mask: Matrix? = nil) throws(DataFormatError) -> ObservedEntries {
    try withUnsafeElements { elements throws(DataFormatError) in
      try DataFile.knownEntries(
        of: elements, rowCount: rowCount, columnCount: columnCount, file: file, mask: mask)
    }
  }

  /// Puts NaN where a number stands that the caller declared to mean missing.
  mutating func markMissing(_ marks: [String]) {
    let missing = MissingMarks(marks)
    guard missing.hasNumbers else { return }
    withUnsafeMutableElements { elements in
      for k in elements.indices where missing.contains(elements[k]) { elements[k] = .nan }
    }
  }

  /// The matrix itself, if all of its elements are finite.
  func complete(file: String) throws(DataFormatError) -> Matrix {
    if let bad = elements.firstIndex(where: { !$0.isFinite }) {
      let (row, column) = bad.quotientAndRemainder(dividingBy: columnCount)
      if elements[bad].isNaN { throw .missingElement(file, row: row, column: column) }
      throw .infiniteElement(file, row: row, column: column, value: elements[bad])
    }
    return self
  }
}

extension DataFile {
  /// See ``Matrix/knownEntries(file:mask:)``; elements row after row.
  static func knownEntries(
    of elements: UnsafeBufferPointer<Double>, rowCount: Int, columnCount: Int, file: String,
    mask: Matrix? = nil
  ) throws(DataFormatError) -> ObservedEntries {
    func isKnown(_ value: Double, _ position: Int) -> Bool {
      if value.isNaN { return false }
      guard let mask else { return true }
      return mask.elements[position] != 0 && !mask.elements[position].isNaN
    }
    var count = 0
    for (position, value) in elements.enumerated() where isKnown(value, position) { count += 1 }
    guard count > 0 else { throw .allMissing(file) }
    guard rowCount < Int32.max, columnCount < Int32.max else {
      throw .tooSparse(
        file, axis: rowCount < Int32.max ? "column" : "row", count: max(rowCount, columnCount),
        entries: count)
    }
    var rows: [Int32] = []
    var columns: [Int32] = []
    var values: [Double] = []
    rows.reserveCapacity(count)
    columns.reserveCapacity(count)
    values.reserveCapacity(count)
    var position = 0
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        let value = elements[position]
        if isKnown(value, position) {
          guard value.isFinite else {
            throw .infiniteElement(file, row: row, column: column, value: value)
          }
          rows.append(Int32(row))
          columns.append(Int32(column))
          values.append(value)
        }
        position += 1
      }
    }
    return ObservedEntries(
      rowCount: rowCount, columnCount: columnCount, sortedRows: rows, columns: columns,
      values: values)
  }
}
