import LinearAlgebra

extension DelimitedText {
  /// The position of a column, counted from 0.
  func position(of column: RowReader.LabelColumn) throws(DataFormatError) -> Int {
    switch column {
    case .position(let number):
      let position = number < 0 ? cellCount + number : number
      guard position >= 0, position < cellCount else {
        throw DataFormatError(
          file, .line(firstLine), "there is no column \(number) among \(cellCount)",
          "count columns from 0, or from the end with -1")
      }
      return position
    case .name(let name):
      guard let header else {
        throw DataFormatError(
          file, .line(firstLine), "there is no header line to find \(Excerpt.quoted(name.utf8)) in",
          "give the column's position, counted from 0")
      }
      let found = header.indices.filter { header[$0] == name }
      guard found.count == 1 else {
        let problem =
          found.isEmpty
          ? "no column is called \(Excerpt.quoted(name.utf8))"
          : "\(found.count) columns are called \(Excerpt.quoted(name.utf8))"
        throw DataFormatError(
          file, .line(firstLine), problem, "give the column's position, counted from 0")
      }
      return found[0]
    }
  }

  /// The next lines as rows; nil at the end.
  mutating func nextBlock(
    atMost limit: Int, label: Int?, skippingFirst: Bool, width: Int
  ) throws(DataFormatError) -> RowReader.Block? {
    var values: [Double] = []
    var labels: [String] = []
    var count = 0
    while count < limit, let current = line {
      if !current.isBlank {
        try readCells(
          current, label: label, skippingFirst: skippingFirst, into: &values, &labels)
        count += 1
      }
      line = try lines.next()
    }
    guard count > 0 else { return nil }
    return RowReader.Block(
      rows: Matrix(rowCount: count, columnCount: width, elements: values),
      labels: label == nil ? nil : labels)
  }

  private func readCells(
    _ line: TextLine, label: Int?, skippingFirst: Bool, into values: inout [Double],
    _ labels: inout [String]
  ) throws(DataFormatError) {
    var p = line.start
    var index = 0
    while true {
      if index == label {
        let text = scanner.text(&p, in: line)
        guard !text.isEmpty else { throw missing(index) }
        labels.append(text)
      } else if index == 0, skippingFirst {
        _ = scanner.text(&p, in: line)
      } else {
        let cell = scanner.next(&p, in: line)
        guard index < cellCount else { throw ragged(line) }
        guard case .number(let value) = cell else {
          // A line with too few or too many cells is the better explanation for a cell out of place.
          if scanner.count(line) != cellCount { throw ragged(line) }
          if case .missing = cell { throw missing(index) }
          throw error(cell, index, in: line)
        }
        values.append(value)
      }
      index += 1
      if p == line.end { break }
      p += 1
    }
    guard index == cellCount else { throw ragged(line) }
  }

  private func missing(_ index: Int) -> DataFormatError {
    DataFormatError(
      file, .cell(line: lines.number, column: index + 1), "the value is missing",
      "fill it in, or leave the line out")
  }
}
