import DataFormats
import DeepLinear

extension Completion {
  /// The working width of the fit where none is given.
  private static let usualWidth = 32.0

  /// Refuses what there is no memory for.
  func checkMemory(_ entries: ObservedEntries) throws {
    let shape = "\(entries.rowCount)×\(entries.columnCount)"
    let dense = denseNeed(entries)
    try dense.check(
      "\(observed.name): a \(shape) matrix with every cell filled in",
      settledMethod == .deep
        ? "keep the fit alone (--model), or give fewer rows and columns"
        : "give fewer rows and columns, or --method deep")
    var need = fitNeed(entries)
    need.add(bytes: dense.bytes)
    try need.check(
      "\(observed.name): completing \(entries.count) entries of \(shape)",
      "give fewer rows, columns or entries")
  }

  /// The factors of the network and of what comes after it, and for the noise a covariance for each row and column: of
  /// as many components as the entries of a line can determine.
  private func fitNeed(_ entries: ObservedEntries) -> MemoryNeed {
    let (rows, columns) = (
      Double(min(entries.rowCount, entries.count)), Double(min(entries.columnCount, entries.count))
    )
    var need = MemoryNeed()
    // Entries by rows and by columns, those that train and those that judge, with their residuals and directions.
    need.add(numbers: Double(entries.count), copies: 50)
    need.add(numbers: Double(entries.rowCount + entries.columnCount), copies: 8)
    guard settledMethod == .deep else { return need }
    let width = min(Double(self.width ?? 0), rows, columns)
    let count = Double(entries.count)
    let usual = min(Self.usualWidth, rows, columns, max(1, count / max(rows, columns)))
    need.add(numbers: width, width, Double(settledDepth), copies: 4)
    need.add(numbers: rows + columns, max(width, usual), copies: 8)
    need.add(numbers: rows + columns, usual, usual, copies: 2)
    need.add(bytes: unitsNeed(count, rows, columns).bytes)
    return need
  }

  /// Noisy entries are asked whether columns have units of their own, by components that grow until none is kept: to 126
  /// of them, by doubling from two, and the covariances of two stages are there at once. Of large tables some rows are
  /// asked.
  private func unitsNeed(_ count: Double, _ rows: Double, _ columns: Double) -> MemoryNeed {
    var (asked, askedCount) = (rows, count)
    if count > 200_000, rows > 1000 {
      asked = min(rows, max(500, 100_000 * rows / count))
      askedCount = count * asked / rows
    }
    let components = min(126, asked, columns, max(1, askedCount / max(asked, columns)))
    var need = MemoryNeed()
    need.add(numbers: asked + columns, components, components, copies: 2)
    return need
  }

  /// Whole matrices: what is filled in, what is written of it, half-widths, the truth; the nuclear norm works on them.
  private func denseNeed(_ entries: ObservedEntries) -> MemoryNeed {
    let written = [output, mark, report, truth?.name].contains { $0 != nil }
    let widths = [intervalOutput, mark].contains { $0 != nil } || intervals != nil
    var copies = 0.0
    if written { copies += 3 }
    if widths { copies += 2 }
    if settledMethod == .nuclear { copies += 8 }
    var need = MemoryNeed()
    need.add(
      numbers: Double(entries.rowCount), Double(entries.columnCount), copies: copies)
    return need
  }
}
