// The sentences about numbers, positions and shapes.
extension DataFormatError {
  static func ragged(_ file: String, line: Int, found: Int, expected: Int, expectedLine: Int)
    -> Self
  {
    Self(
      file, .line(line),
      "\(found) \(found == 1 ? "cell" : "cells") where line \(expectedLine) has \(expected)",
      "give every line the same number of cells")
  }

  static func decimalCommas(_ file: String, line: Int) -> Self {
    Self(
      file, .line(line), "commas stand both before fractions and between cells",
      "write ; between cells, or the numbers in quotes")
  }

  static func notNumber(_ file: String, _ place: Place, text: some Collection<UInt8>) -> Self {
    Self(
      file, place, "\(Excerpt.quoted(text)) is not a number",
      "write a number, or leave the cell empty if it is unknown")
  }

  static func infinite(_ file: String, _ place: Place, text: some Collection<UInt8>) -> Self {
    Self(
      file, place, "\(Excerpt.quoted(text)) is not finite",
      "write a finite number, or NaN if it is unknown")
  }

  static func infiniteElement(_ file: String, row: Int, column: Int, value: Double) -> Self {
    Self(
      file, .element(row: row, column: column), "\(value) is not finite",
      "give a finite number, or NaN if it is unknown")
  }

  static func missingElement(_ file: String, row: Int, column: Int) -> Self {
    Self(
      file, .element(row: row, column: column), "the value is missing",
      "give a matrix without empty or NaN cells here")
  }

  static func notIndex(_ file: String, _ place: Place, text: some Collection<UInt8>) -> Self {
    Self(
      file, place, "\(Excerpt.quoted(text)) is not a row or column number",
      "write an integer counted from 0, or from 1 if so declared",
      setting: .oneBased)
  }

  static func indexBelow(
    _ file: String, _ place: Place, text: some Collection<UInt8>, first: Int
  ) -> Self {
    Self(
      file, place, "the index \(Excerpt.quoted(text)) is below \(first)",
      "count rows and columns from \(first)\(first == 0 ? ", or read the file as a table" : "")")
  }

  static func indexBeyond(
    _ file: String, _ place: Place, axis: String, text: some Collection<UInt8>, last: Int
  ) -> Self {
    Self(
      file, place, "the \(axis) index \(Excerpt.quoted(text)) is beyond the last \(axis), \(last)",
      "correct the index or the shape")
  }

  static func tooSparse(_ file: String, axis: String, count: Int, entries: Int) -> Self {
    Self(
      file,
      "\(count) \(axis)s for \(entries) \(entries == 1 ? "entry" : "entries") would waste memory",
      "number the \(axis)s without gaps, or give the number of \(axis)s explicitly",
      setting: .shape)
  }

  static func tooManyElements(_ file: String, rowCount: Int, columnCount: Int, entries: Int) -> Self
  {
    Self(
      file,
      "a complete \(rowCount)×\(columnCount) matrix from \(entries) entries would waste memory",
      "give the matrix in a dense format")
  }

  static func duplicate(
    _ file: String, row: String, column: String, firstLine: Int, secondLine: Int
  ) -> Self {
    Self(
      file, .line(secondLine),
      "row \(row), column \(column) was already given on line \(firstLine)",
      "remove one of the two lines, or let duplicates be averaged or the last one count",
      setting: .duplicates)
  }

  static func noEntries(_ file: String) -> Self {
    Self(file, "there is no line of data after the header", "give at least one known entry")
  }

  static func allMissing(_ file: String) -> Self {
    Self(file, "every entry is missing", "give at least one known entry")
  }

  static func noElements(_ file: String, shape: [Int]) -> Self {
    Self(
      file, "an array of shape \(words(shape)) has no elements",
      "give at least one row and one column")
  }

  static func wrongShape(_ file: String, found: String, expected: String) -> Self {
    Self(
      file, "the matrix is \(found) where \(expected) is expected", "correct the file or the shape")
  }

  static func wrongDimension(_ file: String, shape: [Int]) -> Self {
    Self(
      file, "an array of shape \(words(shape)) is not a matrix",
      "give an array of one or two dimensions")
  }

  static func inexactInteger(_ file: String, index: Int, text: String) -> Self {
    Self(
      file, "the integer \(text) (element \(index)) is not exact as a double",
      "give integers of at most 2⁵³, or floating-point numbers")
  }

  static func unfitting(_ file: String, value: Double, type: ScalarType) -> Self {
    Self(file, "\(value) cannot be stored as \(type.rawValue)", "choose another element type")
  }

  /// A shape as Python writes it: `(3,)`, `(3, 4)`.
  static func words(_ shape: [Int]) -> String {
    let list = joined(shape, by: ", ")
    return shape.count == 1 ? "(\(list),)" : "(\(list))"
  }

  /// Extents in a row, of which a header may announce hundreds.
  static func joined(_ shape: [Int], by separator: String) -> String {
    let shown = shape.prefix(8).map(String.init).joined(separator: separator)
    return shape.count > 8 ? "\(shown)\(separator)… (\(shape.count) dimensions)" : shown
  }
}
