import LinearAlgebra

/// Where a fit's own directions decide otherwise than counting: unknown entries between connected rows and columns
/// that can move, and entries outside the core that cannot.
struct MovableEntries: Equatable, Sendable {
  /// Row · columnCount + column of unknown entries that counting calls determined and that are not.
  private(set) var inside: Set<Int> = []
  /// The same of entries that counting leaves open and that are determined: another column of the core's is a
  /// combination of the known ones.
  private(set) var fixedOutside: Set<Int> = []
  /// Whether the core moves as a whole.
  private(set) var isFlexible = false

  init() {}

  /// The same with positions numbered otherwise; nil leaves one out.
  func relocated(_ place: (Int) -> Int?) -> MovableEntries {
    var result = self
    result.inside = Set(inside.compactMap(place))
    result.fixedOutside = Set(fixedOutside.compactMap(place))
    return result
  }

  /// Entries outside the core are examined up to this many.
  private static let outsideLimit = 4_000_000

  init(
    of entries: ObservedEntries, core: MaskCore, flexiblePositions: [Int], spans: EntrySpans?
  ) {
    isFlexible = !flexiblePositions.isEmpty
    inside = Set(flexiblePositions)
    guard let spans else { return }
    let columnCount = entries.columnCount
    let known = KnownPositions(entries)
    for (row, open) in spans.openOfRow where core.partOfRow[row] != nil {
      for column in 0..<columnCount
      where core.connects(row: row, column: column) && !known.contains(row, column)
        && EntrySpans.moves(spans.columnCoordinates, column, along: open)
      {
        inside.insert(row * columnCount + column)
      }
    }
    for (column, open) in spans.openOfColumn where core.partOfColumn[column] != nil {
      for row in 0..<entries.rowCount
      where core.connects(row: row, column: column) && !known.contains(row, column)
        && EntrySpans.moves(spans.rowCoordinates, row, along: open)
      {
        inside.insert(row * columnCount + column)
      }
    }
    // A core that moves, or of several parts, gives no firm ground to others.
    guard !isFlexible, core.partCount == 1 else { return }
    let rows = spans.openOfRow.filter { core.partOfRow[$0.key] == nil }
    let columns = spans.openOfColumn.filter { core.partOfColumn[$0.key] == nil }
    guard rows.count * columnCount + columns.count * entries.rowCount <= Self.outsideLimit else {
      return
    }
    for (row, open) in rows {
      for column in 0..<columnCount
      where core.partOfColumn[column] != nil && spans.openOfColumn[column] == nil
        && !known.contains(row, column)
        && !EntrySpans.moves(spans.columnCoordinates, column, along: open)
      {
        fixedOutside.insert(row * columnCount + column)
      }
    }
    for (column, open) in columns {
      for row in 0..<entries.rowCount
      where core.partOfRow[row] != nil && spans.openOfRow[row] == nil
        && !known.contains(row, column)
        && !EntrySpans.moves(spans.rowCoordinates, row, along: open)
      {
        fixedOutside.insert(row * columnCount + column)
      }
    }
  }

  /// Rows and columns outside the core with an unknown entry that is open, and any with unknown entries that all are.
  func linesAllOpen(
    _ entries: ObservedEntries, _ core: MaskCore
  ) -> (rows: [Int], columns: [Int]) {
    let columnCount = entries.columnCount
    var rowInside: [Int: Int] = [:]
    var columnInside: [Int: Int] = [:]
    for position in inside {
      rowInside[position / columnCount, default: 0] += 1
      columnInside[position % columnCount, default: 0] += 1
    }
    var rowFixed: [Int: Int] = [:]
    var columnFixed: [Int: Int] = [:]
    for position in fixedOutside {
      rowFixed[position / columnCount, default: 0] += 1
      columnFixed[position % columnCount, default: 0] += 1
    }
    var columnKnown = [Int](repeating: 0, count: columnCount)
    for column in entries.columns { columnKnown[Int(column)] += 1 }
    // Unknown entries that counting leaves open, of a line in a part of the core.
    var rowsOfPart = [Int](repeating: 0, count: core.partCount)
    var columnsOfPart = rowsOfPart
    for part in core.partOfRow { if let part { rowsOfPart[part] += 1 } }
    for part in core.partOfColumn { if let part { columnsOfPart[part] += 1 } }
    var rowKnownInside = [Int](repeating: 0, count: entries.rowCount)
    var columnKnownInside = [Int](repeating: 0, count: columnCount)
    for k in entries.values.indices {
      let (row, column) = (Int(entries.rows[k]), Int(entries.columns[k]))
      if core.connects(row: row, column: column) {
        rowKnownInside[row] += 1
        columnKnownInside[column] += 1
      }
    }
    let rows = (0..<entries.rowCount).filter { row in
      let known = entries.rowStarts[row + 1] - entries.rowStarts[row]
      guard known < columnCount else { return false }
      guard let part = core.partOfRow[row] else {
        return (rowFixed[row] ?? 0) < columnCount - known
      }
      let connected = columnsOfPart[part] - rowKnownInside[row]
      return connected > 0 && rowInside[row] == connected
    }
    let columns = (0..<columnCount).filter { column in
      guard columnKnown[column] < entries.rowCount else { return false }
      guard let part = core.partOfColumn[column] else {
        return (columnFixed[column] ?? 0) < entries.rowCount - columnKnown[column]
      }
      let connected = rowsOfPart[part] - columnKnownInside[column]
      return connected > 0 && columnInside[column] == connected
    }
    return fewest(rows, columns, core)
  }

  /// Of lines within the core, those of one side alone where they hold every movable entry of the other side's.
  private func fewest(
    _ rows: [Int], _ columns: [Int], _ core: MaskCore
  ) -> (rows: [Int], columns: [Int]) {
    let outerRows = rows.filter { core.partOfRow[$0] == nil }
    let outerColumns = columns.filter { core.partOfColumn[$0] == nil }
    let innerRows = Set(rows.filter { core.partOfRow[$0] != nil })
    let innerColumns = Set(columns.filter { core.partOfColumn[$0] != nil })
    let width = core.partOfColumn.count
    let columnsSuffice = inside.allSatisfy { innerColumns.contains($0 % width) }
    let rowsSuffice = inside.allSatisfy { innerRows.contains($0 / width) }
    if columnsSuffice, !rowsSuffice || innerColumns.count < innerRows.count {
      return (outerRows, columns)
    }
    if rowsSuffice, !columnsSuffice || innerRows.count < innerColumns.count {
      return (rows, outerColumns)
    }
    return (rows, columns)
  }
}

/// Looks up whether an entry is known.
private struct KnownPositions {
  private let entries: ObservedEntries

  init(_ entries: ObservedEntries) { self.entries = entries }

  func contains(_ row: Int, _ column: Int) -> Bool {
    var low = entries.rowStarts[row]
    var high = entries.rowStarts[row + 1]
    while low < high {
      let middle = (low + high) / 2
      if entries.columns[middle] < column { low = middle + 1 } else { high = middle }
    }
    return low < entries.rowStarts[row + 1] && entries.columns[low] == column
  }
}
