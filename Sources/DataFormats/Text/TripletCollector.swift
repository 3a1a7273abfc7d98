import LinearAlgebra

/// Entries as they come from a file of triplets, with the lines they came from.
struct TripletCollector {
  let file: String
  private(set) var rows: [Int32] = []
  private(set) var columns: [Int32] = []
  private(set) var values: [Double] = []
  private var lines = LineNumbers()

  /// What rows and columns are called, for messages.
  var names = TableNames()

  init(file: String) { self.file = file }

  var count: Int { values.count }

  mutating func reserve(_ count: Int) {
    rows.reserveCapacity(count)
    columns.reserveCapacity(count)
    values.reserveCapacity(count)
  }

  @inline(__always)
  mutating func append(_ row: Int32, _ column: Int32, _ value: Double, line: Int) {
    lines.note(line, of: values.count)
    rows.append(row)
    columns.append(column)
    values.append(value)
  }

  /// The entries in order.
  ///
  /// - Parameter base: what the file counts rows and columns from, for messages.
  func sorted(
    rowCount: Int, columnCount: Int, base: Int, duplicates: ObservedEntries.DuplicatePolicy
  ) throws(DataFormatError) -> ObservedEntries {
    guard count < Int32.max else {
      throw DataFormatError(file, "\(count) entries are too many", "give fewer than 2³¹ − 1")
    }
    var need = MemoryNeed()
    need.add(numbers: Double(rowCount), copies: 2)
    need.add(numbers: Double(columnCount), copies: 1)
    if let shortage = need.shortage {
      throw DataFormatError(
        file, "a table of \(rowCount) rows and \(columnCount) columns \(shortage)",
        "give fewer of them", setting: .shape)
    }
    do throws(ObservedEntriesError) {
      return try ObservedEntries(
        rowCount: rowCount, columnCount: columnCount, rows: rows, columns: columns, values: values,
        duplicates: duplicates)
    } catch {
      switch error {
      case .duplicate:
        // The same value given again contradicts nothing.
        if let (first, second) = contradiction() {
          let (row, column) = (Int(rows[first]), Int(columns[first]))
          throw .duplicate(
            file, row: names.rows.map { Excerpt.quoted($0[row].utf8) } ?? "\(row + base)",
            column: names.columns.map { Excerpt.quoted($0[column].utf8) } ?? "\(column + base)",
            firstLine: lines.line(of: first), secondLine: lines.line(of: second))
        }
        return try sorted(
          rowCount: rowCount, columnCount: columnCount, base: base, duplicates: .last)
      case .outside(let index, let row, let column, _, _):
        let isRow = row >= rowCount
        throw .indexBeyond(
          file, .line(lines.line(of: index)), axis: isRow ? "row" : "column",
          text: String((isRow ? row : column) + base).utf8,
          last: (isRow ? rowCount : columnCount) - 1 + base)
      case .notFinite(let index, _, _, let value):
        throw .infinite(file, .line(lines.line(of: index)), text: "\(value)".utf8)
      }
    }
  }

  /// Two entries with the same position and different values; of several the one whose second comes first.
  private func contradiction() -> (Int, Int)? {
    let order = values.indices.sorted {
      (rows[$0], columns[$0], $0) < (rows[$1], columns[$1], $1)
    }
    var found: (Int, Int)?
    var first = order[0]
    for index in order.dropFirst() {
      if rows[index] != rows[first] || columns[index] != columns[first] {
        first = index
      } else if values[index] != values[first], index < found?.1 ?? .max {
        found = (first, index)
      }
    }
    return found
  }

  /// Gives every row and column the place of its number among those that occur; these in ascending order.
  mutating func renumberByRank() -> (rows: [Int32], columns: [Int32]) {
    (Self.rank(&rows), Self.rank(&columns))
  }

  /// The smallest row and column; nil without entries.
  var smallest: (row: Int, column: Int)? {
    guard let row = rows.min(), let column = columns.min() else { return nil }
    return (Int(row), Int(column))
  }

  /// Counts rows and columns from 0 that were counted from 1.
  mutating func countFromZero() {
    for k in values.indices {
      rows[k] -= 1
      columns[k] -= 1
    }
  }

  /// How many rows and columns occur.
  var distinct: (rows: Int, columns: Int) { (Set(rows).count, Set(columns).count) }

  /// Gives every row and column another number.
  mutating func renumber(rows rowNumbers: [Int32], columns columnNumbers: [Int32]) {
    for k in values.indices {
      rows[k] = rowNumbers[Int(rows[k])]
      columns[k] = columnNumbers[Int(columns[k])]
    }
  }

  private static func rank(_ numbers: inout [Int32]) -> [Int32] {
    guard let smallest = numbers.min(), let largest = numbers.max() else { return [] }
    let range = Int(largest) - Int(smallest) + 1
    var distinct: [Int32] = []
    if range <= max(1 << 20, 4 * numbers.count) {
      var ranks = [Int32](repeating: -1, count: range)
      for number in numbers { ranks[Int(number) - Int(smallest)] = 0 }
      for offset in 0..<range where ranks[offset] == 0 {
        ranks[offset] = Int32(distinct.count)
        distinct.append(Int32(offset) + smallest)
      }
      for k in numbers.indices { numbers[k] = ranks[Int(numbers[k]) - Int(smallest)] }
      return distinct
    }
    distinct = Array(Set(numbers)).sorted()
    let ranks = Dictionary(
      uniqueKeysWithValues: distinct.enumerated().map { ($1, Int32($0)) })
    for k in numbers.indices { numbers[k] = ranks[numbers[k]] ?? 0 }
    return distinct
  }

  /// Refuses a shape that is out of proportion to the entries: its row starts alone could fill the memory.
  ///
  /// Up to 10⁶ rows and columns are fine, and up to four for each entry.
  static func checkProportion(
    _ file: String, rowCount: Int, columnCount: Int, entries: Int, explicit: ReadingOptions
  ) throws(DataFormatError) {
    let largest = max(1_000_000, min(4 * entries, Int(Int32.max) - 1))
    for (axis, count, given) in [
      ("row", rowCount, explicit.rowCount), ("column", columnCount, explicit.columnCount),
    ] where count > largest && given == nil {
      throw .tooSparse(file, axis: axis, count: count, entries: entries)
    }
  }
}

/// The line of each entry, stored only where a line does not follow that of the entry before.
private struct LineNumbers {
  private var starts: [(index: Int, line: Int)] = []
  private var difference = Int.min

  @inline(__always)
  mutating func note(_ line: Int, of index: Int) {
    if line - index != difference {
      difference = line - index
      starts.append((index, line))
    }
  }

  func line(of index: Int) -> Int {
    guard let start = starts.last(where: { $0.index <= index }) else { return 0 }
    return start.line + index - start.index
  }
}
