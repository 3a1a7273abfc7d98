import LinearAlgebra

/// Whether columns are brought to one unit before a fit.
public enum CompletionScaling: String, Codable, CaseIterable, Equatable, Sendable {
  /// Where their deviations differ more than chance and one unit would explain.
  case auto
  case none
  case columns
}

/// A centre and a deviation for each column: a table of mixed units becomes one of numbers about one.
struct ColumnScaling: Equatable {
  var centres: [Double]
  var scales: [Double]

  /// Columns whose logarithmic variances scatter by less than this squared differ too little for the unit to matter: it
  /// is a factor of 1.3 between deviations.
  private static let leastSpread = 0.28

  /// Nil where the columns are to be left as they are.
  ///
  /// Centres and deviations of columns with few entries are drawn towards those of the table, in proportion to how
  /// much columns differ.
  init?(of entries: ObservedEntries, pattern: ObservedPattern, scaling: CompletionScaling) {
    guard scaling != .none else { return nil }
    let offsets = AdditiveOffsets(fitting: entries.values, pattern: pattern)
    let count = entries.columnCount
    var counts = [Double](repeating: 0, count: count)
    var means = counts
    for k in entries.values.indices {
      let column = Int(entries.columns[k])
      counts[column] += 1
      means[column] += (entries.values[k] - means[column]) / counts[column]
    }
    var squares = [Double](repeating: 0, count: count)
    for k in entries.values.indices {
      let column = Int(entries.columns[k])
      let deviation = entries.values[k] - means[column]
      squares[column] += deviation * deviation
    }
    let freedom = counts.map { max($0 - 1, 0) }
    let pool = VariancePool(sums: squares, counts: freedom)
    guard scaling == .columns || pool.spread >= Self.leastSpread else { return nil }
    // A row's offset is no number of one unit; the columns' own are the means, drawn together where they are alike.
    centres = (0..<count).map { counts[$0] > 1 ? means[$0] : offsets.mean + offsets.columns[$0] }
    scales = (0..<count).map {
      pool.variance(sum: squares[$0], count: freedom[$0]).squareRoot()
    }
    // A column of one value has no deviation; any positive one leaves it where it is.
    let largest = scales.max() ?? 1
    for column in 0..<count {
      let floor = 1e-9 * max(abs(centres[column]), 1e-9 * largest)
      if !(scales[column] > floor) { scales[column] = max(floor, .leastNormalMagnitude) }
    }
  }

  func applied(to entries: ObservedEntries) -> ObservedEntries {
    entries.replacingValues(
      entries.values.indices.map {
        let column = Int(entries.columns[$0])
        return (entries.values[$0] - centres[column]) / scales[column]
      })
  }

  /// A model of scaled entries as one of the entries: offsets of rows, which have a different size in each column,
  /// become a component.
  func undone(_ model: CompletionModel) -> CompletionModel {
    var left = model.rowFactor
    var right = model.columnFactor
    var ridge = model.ridge
    var shifts = [Double](repeating: 0, count: centres.count)
    let offsetRidge = CompletionModel.noRowOffsets
    if let offsets = model.offsets {
      shifts = offsets.columns.map { $0 + offsets.mean }
      if offsets.rows.contains(where: { $0 != 0 }) {
        left = .horizontallyStacked([
          left, Matrix(rowCount: left.rowCount, columnCount: 1, elements: offsets.rows),
        ])
        right = .horizontallyStacked([
          right, Matrix(rowCount: right.rowCount, columnCount: 1, repeating: 1),
        ])
        ridge.append(model.offsetRidge)
      }
    }
    let columns = shifts.indices.map { centres[$0] + scales[$0] * shifts[$0] }
    let mean = columns.reduce(0) { $0 + $1 / Double(columns.count) }
    let noise = zip(model.columnNoise ?? scales.map { _ in 1 }, scales).map { $0 * $1 }
    return CompletionModel(
      rowFactor: left, columnFactor: right.scalingRows(by: scales),
      offsets: AdditiveOffsets(
        mean: mean, rows: [Double](repeating: 0, count: left.rowCount),
        columns: columns.map { $0 - mean }),
      ridge: ridge, offsetRidge: offsetRidge, columnNoise: noise)
  }
}
