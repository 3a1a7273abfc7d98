import LinearAlgebra

/// A known entry that the fit of all others contradicts, and that was therefore left out of it.
public struct SuspiciousEntry: Equatable, Sendable {
  public var row: Int
  public var column: Int
  /// What the data say.
  public var value: Double
  /// What the other entries predict.
  public var predicted: Double
}

// Squared errors let one entry of a thousand times its size bend a whole row and column. Under Student's t the weight
// of a residual e falls as 1/(1 + e²/νs²): an entry ten standard deviations off counts for a hundredth, one of a
// hundred for nothing. Here that is done as its limit, nought or one, and only for entries that are alone: when many
// entries of a line, or more than one in a hundred of all, are far off, it is the model that is wrong and not they.

/// Finds known entries that are far from what the others say.
struct OutlierScreen {
  private let entries: ObservedEntries
  private let columnOrder: ObservedEntries

  init(_ entries: ObservedEntries) {
    self.entries = entries
    columnOrder = entries.transposed()
  }

  /// The largest share of all entries, and of the entries of a line, that can be outliers.
  private static let share = 0.01
  private static let lineShare = 0.1
  /// Lines of fewer entries do not tell what is far off in them.
  private static let lineCount = 5

  /// Entries a hundred times beyond nine tenths of both their row and their column, medians removed: such are seen
  /// before any fit, and would rule it.
  func gross() -> [Int] {
    let centred = MedianOffsets(of: entries).removed(from: entries)
    let rows = Self.highQuantiles(entries.replacingValues(centred))
    let columns = Self.highQuantiles(entries.replacingValues(centred).transposed())
    return alone(
      entries.values.indices.filter {
        let ordinary = max(rows[Int(entries.rows[$0])], columns[Int(entries.columns[$0])])
        return ordinary > 0 && abs(centred[$0]) > 100 * ordinary
      })
  }

  /// Entries whose residual is more than ten times what is usual in their column.
  ///
  /// Empty where those do not rule the squared error: then they are the tail of the noise.
  func beyondNoise(of predictions: [Double]) -> [Int] {
    let residuals = zip(entries.values, predictions).map { $0 - $1 }
    let all = Self.usualSize(residuals)
    let byColumn = entries.replacingValues(residuals).transposed()
    let columns = (0..<byColumn.rowCount).map { column in
      let range = byColumn.rowStarts[column]..<byColumn.rowStarts[column + 1]
      return range.count >= 20 ? Self.usualSize(Array(byColumn.values[range])) : all
    }
    let far = entries.values.indices.filter {
      let usual = columns[Int(entries.columns[$0])]
      return usual > 0 && abs(residuals[$0]) > 10 * usual
    }
    let chosen = alone(far)
    let largest = residuals.reduce(0) { max($0, abs($1)) }
    guard largest > 0 else { return [] }
    func square(_ k: Int) -> Double { (residuals[k] / largest) * (residuals[k] / largest) }
    let total = residuals.indices.reduce(0) { $0 + square($1) }
    return 2 * chosen.reduce(0, { $0 + square($1) }) > total ? chosen : []
  }

  /// Those of some entries that are few, in all and in their lines.
  private func alone(_ far: [Int]) -> [Int] {
    guard Double(far.count) <= Self.share * Double(entries.count) + 1 else { return [] }
    var rows: [Int32: Int] = [:]
    var columns: [Int32: Int] = [:]
    for k in far {
      rows[entries.rows[k], default: 0] += 1
      columns[entries.columns[k], default: 0] += 1
    }
    func isFew(_ count: Int, of whole: Int) -> Bool {
      whole >= Self.lineCount && Double(count) <= max(1, Self.lineShare * Double(whole))
    }
    return far.filter {
      let (row, column) = (Int(entries.rows[$0]), Int(entries.columns[$0]))
      return isFew(
        rows[entries.rows[$0]] ?? 0, of: entries.rowStarts[row + 1] - entries.rowStarts[row])
        && isFew(
          columns[entries.columns[$0]] ?? 0,
          of: columnOrder.rowStarts[column + 1] - columnOrder.rowStarts[column])
    }
  }

  /// For every row the size that nine tenths of its entries do not exceed.
  private static func highQuantiles(_ entries: ObservedEntries) -> [Double] {
    (0..<entries.rowCount).map { row in
      let sizes = entries.values[entries.rowStarts[row]..<entries.rowStarts[row + 1]]
        .map { abs($0) }.sorted()
      return sizes.isEmpty ? 0 : sizes[(sizes.count - 1) * 9 / 10]
    }
  }

  /// The standard deviation of a normal distribution with the same median size.
  private static func usualSize(_ values: [Double]) -> Double {
    let sizes = values.map { abs($0) }.sorted()
    return sizes.isEmpty ? 0 : 1.4826 * sizes[(sizes.count - 1) / 2]
  }
}
