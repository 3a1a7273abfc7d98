import LinearAlgebra

/// Entries as they come from a file of triplets, with the lines they came from.
struct TripletCollector {
  let file: String
  private(set) var rows: [Int32] = []
  private(set) var columns: [Int32] = []
  private(set) var values: [Double] = []
  private var lines = LineNumbers()

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
    do throws(ObservedEntriesError) {
      return try ObservedEntries(
        rowCount: rowCount, columnCount: columnCount, rows: rows, columns: columns, values: values,
        duplicates: duplicates)
    } catch {
      switch error {
      case .duplicate(let row, let column, let first, let second):
        throw .duplicate(
          file, row: row + base, column: column + base, firstLine: lines.line(of: first),
          secondLine: lines.line(of: second))
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
