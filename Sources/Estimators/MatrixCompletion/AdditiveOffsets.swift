import CSparseKernels
public import LinearAlgebra

/// A number for the whole table, one for each row and one for each column; their sum predicts an entry.
public struct AdditiveOffsets: Equatable, Sendable {
  /// The mean of all.
  public var mean: Double
  /// What is added in each row.
  public var rows: [Double]
  /// What is added in each column.
  public var columns: [Double]

  /// The prediction μ + a_i + b_j.
  public func value(row: Int, column: Int) -> Double { mean + rows[row] + columns[column] }

  /// Offsets that are known.
  public init(mean: Double, rows: [Double], columns: [Double]) {
    self.mean = mean
    self.rows = rows
    self.columns = columns
  }

  /// Fits offsets by least squares, each shrunk towards zero in proportion to how little its row or column
  /// is known: with n entries by the factor n/(n + ν), ν the quotient of the variances s² within and τ² between
  /// rows (columns). Both are estimated from the entries: τ² is the mean, over rows with entries, of the squared
  /// offset and its posterior variance s²/(n + ν). Without that variance τ² would be estimated from what was
  /// already shrunk, and fall to zero where rows have few entries. s² is the mean, over entries, of the squared residual
  /// and the posterior variances of both offsets: without those it would be what the offsets have left over, and offsets
  /// of rows with few entries would be shrunk too little.
  ///
  /// Rows and columns without an entry get zero, and so do all rows where none has two entries: what is common to the
  /// entries of a row cannot be told from what is not.
  /// - Complexity: O(*entries*) a sweep, at most 60 sweeps.
  public init(fitting entries: ObservedEntries) {
    self.init(fitting: entries.values, pattern: ObservedPattern(of: entries))
  }

  /// The same for values at the positions of a pattern, in row order.
  init(fitting values: [Double], pattern: ObservedPattern) {
    // Squares of very large or small values leave the range of numbers; a power of two changes no bits.
    let largest = values.reduce(0) { max($0, abs($1)) }
    let unit = largest > 0 ? Double(sign: .plus, exponent: largest.exponent, significand: 1) : 1
    self.init(fittingUnit: values.map { $0 / unit }, pattern)
    rescale(by: unit)
  }

  private init(fittingUnit values: [Double], _ pattern: ObservedPattern) {
    let count = Double(max(values.count, 1))
    mean = values.reduce(0, +) / count
    rows = [Double](repeating: 0, count: pattern.rowCount)
    columns = [Double](repeating: 0, count: pattern.columnCount)
    let columnOrderValues = pattern.columnOrdered(values)
    let (rowsTell, columnsTell) = (Self.tell(pattern.rowStarts), Self.tell(pattern.columnStarts))
    var rowShrinkage = rowsTell ? 0 : Double.infinity
    var columnShrinkage = columnsTell ? 0 : Double.infinity
    var within: Double?
    for sweep in 0..<2 * Self.shrinkageSweeps {
      let before = columns
      _ = Self.refit(
        &rows, values, less: columns, at: pattern.columns, mean: mean, shrinkage: rowShrinkage,
        starts: pattern.rowStarts, blocks: pattern.rowBlocks, threadCount: pattern.threadCount)
      let squared = Self.refit(
        &columns, columnOrderValues, less: rows, at: pattern.columnOrderRows, mean: mean,
        shrinkage: columnShrinkage, starts: pattern.columnStarts, blocks: pattern.columnBlocks,
        threadCount: pattern.threadCount)
      if sweep < Self.shrinkageSweeps {
        let freedom =
          Self.freedom(pattern.rowStarts, rowShrinkage)
          + Self.freedom(pattern.columnStarts, columnShrinkage)
        let noise = within.map { (squared + min(freedom, count) * $0) / count } ?? squared / count
        within = noise
        if rowsTell {
          rowShrinkage = Self.quotient(noise, rows, pattern.rowStarts, rowShrinkage)
        }
        if columnsTell {
          columnShrinkage = Self.quotient(noise, columns, pattern.columnStarts, columnShrinkage)
        }
      } else if zip(before, columns).allSatisfy({ abs($0 - $1) <= 1e-15 }) {
        // Values are at most two in size.
        return
      }
    }
  }

  /// Whether some line has two entries.
  private static func tell(_ starts: [Int]) -> Bool {
    zip(starts, starts.dropFirst()).contains { $1 - $0 > 1 }
  }

  /// The variances settle within so many sweeps to a few per cent, which is more than the offsets ask for.
  private static let shrinkageSweeps = 30

  /// Σ n · (1/(n + ν)): the posterior variances of the offsets, in units of s², summed over the entries.
  private static func freedom(_ starts: [Int], _ shrinkage: Double) -> Double {
    guard shrinkage.isFinite else { return 0 }
    var sum = 0.0
    for line in 0..<starts.count - 1 where starts[line + 1] > starts[line] {
      let count = Double(starts[line + 1] - starts[line])
      sum += count / (count + shrinkage)
    }
    return sum
  }

  /// ν = s²/τ² by one step of expectation–maximisation; rows without entries say nothing about τ².
  private static func quotient(
    _ within: Double, _ offsets: [Double], _ starts: [Int], _ shrinkage: Double
  ) -> Double {
    var sum = 0.0
    var occupied = 0
    for line in offsets.indices where starts[line + 1] > starts[line] {
      let count = Double(starts[line + 1] - starts[line])
      sum += offsets[line] * offsets[line] + within / (count + shrinkage)
      occupied += 1
    }
    let between = sum / Double(max(occupied, 1))
    return between > 0 ? min(within / between, 1e6) : 1e6
  }

  /// Fits the offsets of one side, given those of the other; returns the sum of the squared residuals.
  private static func refit(
    _ offsets: inout [Double], _ values: [Double], less others: [Double], at places: [Int32],
    mean: Double, shrinkage: Double, starts: [Int], blocks: RowBlocks, threadCount: Int
  ) -> Double {
    offsets.withUnsafeMutableBufferPointer { offsets in
      values.withUnsafeBufferPointer { values in
        places.withUnsafeBufferPointer { places in
          starts.withUnsafeBufferPointer { starts in
            blocks.sum(threadCount: threadCount) { _, lines in
              sparse_offsets(
                lines.count, starts.baseAddress! + lines.lowerBound, places.baseAddress,
                values.baseAddress, others, mean, shrinkage,
                offsets.baseAddress! + lines.lowerBound)
            }
          }
        }
      }
    }
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
