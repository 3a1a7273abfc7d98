import DeepLinear

/// How far simple answers are from entries held out: the mean of the column, and the means of row and column together.
///
/// A tenth of the entries is held out, in turn of several tenths; what is left predicts them.
struct Baselines {
  /// Root mean square errors.
  let columnMeans: Double
  let offsets: Double

  /// Of each column; NaN where no entry of it was held out.
  let columnMeansByColumn: [Double]
  let offsetsByColumn: [Double]

  /// - Complexity: O(*entries*) for each of at most five tenths.
  init?(_ entries: ObservedEntries, seed: UInt64) {
    guard entries.count >= 20 else { return nil }
    var generator = SeededGenerator(seed: seed)
    // Each entry falls into one of ten parts.
    let parts = (0..<entries.count).map { _ in UInt8.random(in: 0..<10, using: &generator) }
    var squares = (
      columns: [Double](repeating: 0, count: entries.columnCount),
      offsets: [Double](repeating: 0, count: entries.columnCount)
    )
    var counts = [Int](repeating: 0, count: entries.columnCount)
    for part in 0..<UInt8(entries.count > 200_000 ? 1 : 5) {
      let kept = entries.values.indices.filter { parts[$0] != part }
      guard !kept.isEmpty, kept.count < entries.count,
        let training = try? ObservedEntries(
          rowCount: entries.rowCount, columnCount: entries.columnCount,
          rows: kept.map { entries.rows[$0] }, columns: kept.map { entries.columns[$0] },
          values: kept.map { entries.values[$0] })
      else { continue }
      let offsets = AdditiveOffsets(fitting: training)
      let means = Self.columnMeans(training)
      for k in entries.values.indices where parts[k] == part {
        let (row, column) = (Int(entries.rows[k]), Int(entries.columns[k]))
        let byMean = entries.values[k] - means[column]
        let byOffsets = entries.values[k] - offsets.value(row: row, column: column)
        squares.columns[column] += byMean * byMean
        squares.offsets[column] += byOffsets * byOffsets
        counts[column] += 1
      }
    }
    let count = Double(counts.reduce(0, +))
    guard count > 0 else { return nil }
    columnMeans = (squares.columns.reduce(0, +) / count).squareRoot()
    offsets = (squares.offsets.reduce(0, +) / count).squareRoot()
    columnMeansByColumn = zip(squares.columns, counts).map {
      $1 > 0 ? ($0 / Double($1)).squareRoot() : .nan
    }
    offsetsByColumn = zip(squares.offsets, counts).map {
      $1 > 0 ? ($0 / Double($1)).squareRoot() : .nan
    }
  }

  /// The mean of each column; of one without entries the mean of all.
  private static func columnMeans(_ entries: ObservedEntries) -> [Double] {
    var sums = [Double](repeating: 0, count: entries.columnCount)
    var counts = [Int](repeating: 0, count: entries.columnCount)
    for k in entries.values.indices {
      sums[Int(entries.columns[k])] += entries.values[k]
      counts[Int(entries.columns[k])] += 1
    }
    let mean = sums.reduce(0, +) / Double(max(entries.count, 1))
    return zip(sums, counts).map { $1 > 0 ? $0 / Double($1) : mean }
  }
}
