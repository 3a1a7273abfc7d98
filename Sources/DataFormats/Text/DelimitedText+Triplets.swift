import LinearAlgebra

extension DelimitedText {
  /// Reads lines of row, column and value.
  ///
  /// - Returns: the entries, or nil if a cell of the first two columns shows that this is a table.
  mutating func readTriplets(
    options: ReadingOptions, isForced: Bool
  ) throws(DataFormatError) -> ObservedEntries? {
    let base = options.oneBased ? 1 : 0
    guard cellCount == 3 else {
      throw DataFormatError(
        file, .line(firstLine),
        "\(cellCount) \(cellCount == 1 ? "cell" : "cells") where triplets have 3",
        "write row, column and value on each line")
    }
    guard line != nil else { throw .noEntries(file) }
    var collector = TripletCollector(file: file)
    var largestRow = -1
    var largestColumn = -1
    // An index that cannot be one is an error unless a later line shows that this is a table.
    var badIndex: DataFormatError?
    if let line { collector.reserve(expectedLines(line)) }
    while let current = line {
      let number = lines.number
      if let (row, column, value) = plainTriplet(current, base: base) {
        if row > largestRow { largestRow = row }
        if column > largestColumn { largestColumn = column }
        collector.append(
          Int32(truncatingIfNeeded: row), Int32(truncatingIfNeeded: column), value, line: number)
      } else if !current.isBlank {
        switch try anyTriplet(current, options: options, isForced: isForced) {
        case .table: return nil
        case .badIndex(let error):
          if isForced { throw error }
          if badIndex == nil { badIndex = error }
        case .entry(let row, let column, let value):
          largestRow = max(largestRow, row)
          largestColumn = max(largestColumn, column)
          if let value { collector.append(Int32(row), Int32(column), value, line: number) }
        }
      }
      line = try lines.next()
    }
    if let badIndex { throw badIndex }
    guard collector.count > 0 else {
      throw largestRow < 0 ? .noEntries(file) : .allMissing(file)
    }
    let rowCount = options.rowCount ?? largestRow + 1
    let columnCount = options.columnCount ?? largestColumn + 1
    try TripletCollector.checkProportion(
      file, rowCount: rowCount, columnCount: columnCount, entries: collector.count,
      explicit: options)
    return try collector.sorted(
      rowCount: rowCount, columnCount: columnCount, base: base, duplicates: options.duplicates)
  }

  /// The usual line: two short unsigned integers and a finite number, with neither quotes nor spaces.
  @inline(__always)
  private func plainTriplet(_ line: TextLine, base: Int) -> (Int, Int, Double)? {
    var p = line.start
    guard let row = shortInteger(&p), p.pointee == scanner.separator else { return nil }
    p += 1
    guard let column = shortInteger(&p), p.pointee == scanner.separator else { return nil }
    p += 1
    var value = 0.0
    guard let end = scanner.parser.scan(p, &value), end == line.end, value.isFinite else {
      return nil
    }
    guard row >= base, column >= base else { return nil }
    return (row - base, column - base, value)
  }

  @inline(__always)
  private func shortInteger(_ p: inout UnsafePointer<UInt8>) -> Int? {
    let start = p
    var result: UInt64 = 0
    while p - start < 10, let digit = DecimalParser.digit(p.pointee) {
      result = result &* 10 &+ digit
      p += 1
    }
    return p > start && result < UInt64(Int32.max) ? Int(result) : nil
  }

  private enum Outcome {
    case entry(Int, Int, Double?)
    case badIndex(DataFormatError)
    case table
  }

  /// Any line, cell by cell.
  @inline(never)
  private func anyTriplet(
    _ line: TextLine, options: ReadingOptions, isForced: Bool
  ) throws(DataFormatError) -> Outcome {
    var cells: [Cell] = []
    var p = line.start
    while cells.count < 3 {
      cells.append(scanner.next(&p, in: line))
      if p == line.end { break }
      p += 1
      if cells.count == 3 { throw ragged(line) }
    }
    guard cells.count == 3 else { throw ragged(line) }
    var indices: [Int] = []
    var badIndex: DataFormatError?
    for position in 0..<2 {
      let place = DataFormatError.Place.cell(line: lines.number, column: position + 1)
      let text = scanner.content(ofCell: position, in: line)
      switch cells[position] {
      case .number(let number) where number == number.rounded(.towardZero):
        let base = options.oneBased ? 1.0 : 0.0
        if number < base {
          badIndex = badIndex ?? .indexBelow(file, place, text: text, first: Int(base))
        } else if number - base >= Double(Int32.max) - 1 {
          badIndex =
            badIndex
            ?? .indexBeyond(
              file, place, axis: position == 0 ? "row" : "column", text: text,
              last: Int(Int32.max) - 2 + Int(base))
        } else {
          indices.append(Int(number - base))
        }
      case .number, .missing:
        if !isForced { return .table }
        throw .notIndex(file, place, text: text)
      case .infinite, .text:
        throw .notIndex(file, place, text: text)
      }
    }
    switch cells[2] {
    case .text, .infinite: throw error(cells[2], 2, in: line)
    case .missing:
      if let badIndex { return .badIndex(badIndex) }
      return .entry(indices[0], indices[1], nil)
    case .number(let value):
      if let badIndex { return .badIndex(badIndex) }
      return .entry(indices[0], indices[1], value)
    }
  }
}
