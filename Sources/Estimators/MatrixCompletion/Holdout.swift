import LinearAlgebra

/// Known entries divided into those that are fitted and those that judge the fit.
struct Holdout {
  /// Indices into the entries, ascending.
  let training: [Int]
  let validation: [Int]

  /// Draws a share of the entries, so that no row and no column loses more than half of its entries, nor its
  /// last one.
  ///
  /// Fewer entries than asked for are held out when that rule leaves no more.
  init(of entries: ObservedEntries, fraction: Double, using generator: inout SeededGenerator) {
    var rowBudget = (0..<entries.rowCount).map {
      (entries.rowStarts[$0 + 1] - entries.rowStarts[$0]) / 2
    }
    var columnCounts = [Int](repeating: 0, count: entries.columnCount)
    for column in entries.columns { columnCounts[Int(column)] += 1 }
    var columnBudget = columnCounts.map { $0 / 2 }
    let wanted = Int((fraction * Double(entries.count)).rounded())
    let order = generator.permutation(entries.count)
    var isHeld = [Bool](repeating: false, count: entries.count)
    var held = 0
    for index in order {
      guard held < wanted else { break }
      let row = Int(entries.rows[index])
      let column = Int(entries.columns[index])
      guard rowBudget[row] > 0, columnBudget[column] > 0 else { continue }
      rowBudget[row] -= 1
      columnBudget[column] -= 1
      isHeld[index] = true
      held += 1
    }
    training = isHeld.indices.filter { !isHeld[$0] }
    validation = isHeld.indices.filter { isHeld[$0] }
  }
}
