public import LinearAlgebra

/// A number for the whole table, one for each row and one for each column; their sum predicts an entry.
public struct AdditiveOffsets: Equatable, Sendable {
  public var mean: Double
  public var rows: [Double]
  public var columns: [Double]

  /// The prediction μ + a_i + b_j.
  public func value(row: Int, column: Int) -> Double { mean + rows[row] + columns[column] }

  public init(mean: Double, rows: [Double], columns: [Double]) {
    self.mean = mean
    self.rows = rows
    self.columns = columns
  }

  /// Fits offsets by least squares, each shrunk towards zero in proportion to how little its row or column
  /// is known: with n entries by the factor n/(n + ν), ν the quotient of the variances within and between
  /// rows (columns), estimated from the residuals.
  ///
  /// Rows and columns without an entry get zero.
  /// - Complexity: O(*entries*) a sweep, 20 sweeps.
  public init(fitting entries: ObservedEntries) {
    // Squares of very large or small values leave the range of numbers; a power of two changes no bits.
    let largest = entries.values.reduce(0) { max($0, abs($1)) }
    let unit = largest > 0 ? Double(sign: .plus, exponent: largest.exponent, significand: 1) : 1
    self.init(fittingUnit: entries.replacingValues(entries.values.map { $0 / unit }))
    rescale(by: unit)
  }

  private init(fittingUnit entries: ObservedEntries) {
    let count = Double(max(entries.count, 1))
    mean = entries.values.reduce(0, +) / count
    rows = [Double](repeating: 0, count: entries.rowCount)
    columns = [Double](repeating: 0, count: entries.columnCount)
    var rowShrinkage = 0.0
    var columnShrinkage = 0.0
    for sweep in 0..<20 {
      Self.refit(
        &rows, entries.rows, entries.values, shrinkage: rowShrinkage,
        without: { [mean, columns] in mean + columns[Int(entries.columns[$0])] })
      Self.refit(
        &columns, entries.columns, entries.values, shrinkage: columnShrinkage,
        without: { [mean, rows] in mean + rows[Int(entries.rows[$0])] })
      var squared = 0.0
      for k in 0..<entries.count {
        let residual =
          entries.values[k] - value(row: Int(entries.rows[k]), column: Int(entries.columns[k]))
        squared += residual * residual
      }
      if sweep < 10 {
        let within = squared / count
        rowShrinkage = Self.quotient(within, rows)
        columnShrinkage = Self.quotient(within, columns)
      }
    }
  }

  private static func quotient(_ within: Double, _ offsets: [Double]) -> Double {
    let between = offsets.reduce(0) { $0 + $1 * $1 } / Double(max(offsets.count, 1))
    return between > 0 ? min(within / between, 1e6) : 1e6
  }

  private static func refit(
    _ offsets: inout [Double], _ groups: [Int32], _ values: [Double], shrinkage: Double,
    without: (Int) -> Double
  ) {
    var sums = [Double](repeating: 0, count: offsets.count)
    var counts = sums
    for k in values.indices {
      sums[Int(groups[k])] += values[k] - without(k)
      counts[Int(groups[k])] += 1
    }
    for k in offsets.indices where counts[k] > 0 { offsets[k] = sums[k] / (counts[k] + shrinkage) }
  }

  mutating func rescale(by unit: Double) { self = rescaled(by: unit) }

  /// The offsets of the table times a number.
  func rescaled(by unit: Double) -> AdditiveOffsets {
    AdditiveOffsets(
      mean: mean * unit, rows: rows.map { $0 * unit }, columns: columns.map { $0 * unit })
  }

  /// The entries less the prediction.
  func subtracted(from entries: ObservedEntries) -> ObservedEntries {
    entries.replacingValues(
      entries.values.indices.map {
        entries.values[$0] - value(row: Int(entries.rows[$0]), column: Int(entries.columns[$0]))
      })
  }
}
