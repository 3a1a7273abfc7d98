import LinearAlgebra

// The lines after the sizes.
extension MatrixMarket {
  mutating func readCoordinates() throws(DataFormatError) -> TripletCollector {
    guard rowCount < Int32.max, columnCount < Int32.max else {
      throw .tooSparse(
        file, axis: rowCount < Int32.max ? "column" : "row", count: max(rowCount, columnCount),
        entries: entryCount)
    }
    var collector = TripletCollector(file: file)
    let fieldCount = field == .pattern ? 2 : 3
    collector.reserve(min(entryCount, lines.stream.count.map { $0 / (2 * fieldCount) + 1 } ?? 0))
    var found = 0
    while let line = try lines.next() {
      if line.isBlank || line.start.pointee == UInt8(ascii: "%") { continue }
      found += 1
      var p = line.start
      let row = try index(&p, in: line, cell: 1, axis: "row", count: rowCount)
      let column = try index(&p, in: line, cell: 2, axis: "column", count: columnCount)
      let value = field == .pattern ? 1 : try self.value(&p, in: line, cell: 3)
      try expectEnd(p, of: line, cells: fieldCount)
      guard found <= entryCount else { continue }
      if value.isNaN { continue }
      collector.append(row, column, value, line: lines.number)
      if symmetry != .general, row != column {
        collector.append(
          column, row, symmetry == .symmetric ? value : -value, line: lines.number)
      }
    }
    guard found == entryCount else { throw wrongCount(found) }
    return collector
  }

  /// Arrays stand column after column; of symmetric ones only the lower triangle.
  mutating func readArray() throws(DataFormatError) -> Matrix {
    var values: [Double] = []
    var found = 0
    while let line = try lines.next() {
      if line.isBlank || line.start.pointee == UInt8(ascii: "%") { continue }
      var p = line.start
      while true {
        found += 1
        let value = try self.value(&p, in: line, cell: 1)
        if found <= entryCount { values.append(value) }
        while isSpace(p.pointee), p < line.end { p += 1 }
        if p == line.end { break }
      }
    }
    guard found == entryCount else { throw wrongCount(found) }
    var matrix = Matrix(rowCount: rowCount, columnCount: columnCount)
    var position = 0
    let height = rowCount
    let width = columnCount
    let symmetry = self.symmetry
    matrix.withUnsafeMutableElements { elements in
      for column in 0..<width {
        let start =
          switch symmetry {
          case .general: 0
          case .symmetric: column
          case .skewSymmetric: column + 1
          }
        for row in start..<max(start, height) {
          let value = values[position]
          elements[row * width + column] = value
          if symmetry != .general {
            elements[column * width + row] = symmetry == .symmetric ? value : -value
          }
          position += 1
        }
      }
    }
    return matrix
  }

  private func wrongCount(_ found: Int) -> DataFormatError {
    DataFormatError(
      file, "the header announces \(entryCount) entries, the file has \(found)",
      "correct the header or add what is missing")
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private func skipSpaces(_ p: inout UnsafePointer<UInt8>, in line: TextLine) {
    while p < line.end, isSpace(p.pointee) { p += 1 }
  }

  private func word(_ p: UnsafePointer<UInt8>, in line: TextLine) -> UnsafeBufferPointer<UInt8> {
    var end = p
    while end < line.end, !isSpace(end.pointee) { end += 1 }
    return UnsafeBufferPointer(start: p, count: end - p)
  }

  /// An index as the file counts it, returned counted from zero.
  @inline(__always)
  private func index(
    _ p: inout UnsafePointer<UInt8>, in line: TextLine, cell: Int, axis: String, count: Int
  ) throws(DataFormatError) -> Int32 {
    skipSpaces(&p, in: line)
    let start = p
    var index = 0
    while p - start < 18, let digit = DecimalParser.digit(p.pointee) {
      index = 10 * index + Int(digit)
      p += 1
    }
    guard p > start, p == line.end || isSpace(p.pointee), index >= 1, index <= count else {
      throw badIndex(start, in: line, cell: cell, axis: axis, count: count)
    }
    return Int32(truncatingIfNeeded: index - 1)
  }

  private func badIndex(
    _ start: UnsafePointer<UInt8>, in line: TextLine, cell: Int, axis: String, count: Int
  ) -> DataFormatError {
    let text = word(start, in: line)
    let place = DataFormatError.Place.cell(line: lines.number, column: cell)
    if text.isEmpty { return tooFewCells(line, cell - 1) }
    let digits = text.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    guard !digits.isEmpty, digits.allSatisfy({ DecimalParser.digit($0) != nil }) else {
      return DataFormatError(
        file, place, "\(Excerpt.quoted(text)) is not a row or column number",
        "write an integer counted from 1")
    }
    let isZero = digits.allSatisfy { $0 == UInt8(ascii: "0") }
    if isZero || text.first == UInt8(ascii: "-") {
      return .indexBelow(file, place, text: text, first: 1)
    }
    if text.first == UInt8(ascii: "+") {
      return DataFormatError(
        file, place, "\(Excerpt.quoted(text)) is not a row or column number",
        "write an integer counted from 1")
    }
    return .indexBeyond(file, place, axis: axis, text: text, last: count)
  }

  private func tooFewCells(_ line: TextLine, _ found: Int) -> DataFormatError {
    DataFormatError(
      file, .line(lines.number), "the line has only \(found) \(found == 1 ? "number" : "numbers")",
      "write row, column and, unless the field is pattern, value")
  }

  @inline(__always)
  private func value(
    _ p: inout UnsafePointer<UInt8>, in line: TextLine, cell: Int
  ) throws(DataFormatError) -> Double {
    skipSpaces(&p, in: line)
    var value = 0.0
    if let end = parser.scan(p, &value), value.isFinite, end == line.end || isSpace(end.pointee) {
      p = end
      return value
    }
    return try unusualValue(&p, in: line, cell: cell, scanned: value)
  }

  @inline(never)
  private func unusualValue(
    _ p: inout UnsafePointer<UInt8>, in line: TextLine, cell: Int, scanned: Double
  ) throws(DataFormatError) -> Double {
    let text = word(p, in: line)
    let place = DataFormatError.Place.cell(line: lines.number, column: cell)
    if text.isEmpty { throw tooFewCells(line, cell - 1) }
    p += text.count
    let lower = String(decoding: text.prefix(12), as: UTF8.self).lowercased()
    if lower == "nan" || lower == "-nan" || lower == "+nan" { return .nan }
    let isInfinite =
      scanned.isInfinite || ["inf", "-inf", "+inf", "infinity", "-infinity"].contains(lower)
    if isInfinite { throw .infinite(file, place, text: text) }
    throw DataFormatError(
      file, place, "\(Excerpt.quoted(text)) is not a number",
      "write a number, or NaN if it is unknown")
  }

  private func expectEnd(
    _ p: UnsafePointer<UInt8>, of line: TextLine, cells: Int
  ) throws(DataFormatError) {
    var p = p
    skipSpaces(&p, in: line)
    guard p == line.end else {
      throw DataFormatError(
        file, .line(lines.number), "there is more than \(cells) numbers",
        "write \(cells) numbers on each line")
    }
  }
}
