import DeepLinear
import Glibc

/// The completed matrix as it is written: known entries as they are, or their fit where asked; cells that nothing known
/// determines left open, or guessed where asked. It is made when it is first needed, so that a large fit saved as a
/// model alone never becomes dense.
final class CompletedTable {
  private let fit: MatrixCompleter.Fit
  /// The whole completed matrix, where it is more than the product of the fit's factors.
  private let completed: Matrix?
  private let entries: ObservedEntries
  /// What is given stays in this range.
  let clip: ClosedRange<Double>?
  private let isDenoised: Bool
  private let leavesOpen: Bool
  private let isExact: Bool
  private let emptyRows: Set<Int>
  private let emptyColumns: Set<Int>

  /// How many cells that are not known stay empty.
  let openCount: Int

  init(
    fit: MatrixCompleter.Fit, completed: Matrix?, entries: ObservedEntries,
    request: Completion
  ) {
    self.fit = fit
    self.completed = completed
    self.entries = entries
    clip = request.clip?.range ?? (request.ratings ?? false ? entries.valueRange : nil)
    isDenoised = request.denoise ?? false
    leavesOpen = !isDenoised && !(request.fillUndetermined ?? false)
    isExact = fit.isExact && completed == nil
    emptyRows = Set(fit.isExact ? fit.mask.emptyRows : fit.model.emptyRows)
    emptyColumns = Set(fit.isExact ? fit.mask.emptyColumns : fit.model.emptyColumns)
    if !leavesOpen {
      openCount = 0
    } else if isExact {
      openCount = fit.mask.undeterminedEntryCount
    } else {
      openCount =
        emptyRows.count * entries.columnCount + emptyColumns.count * entries.rowCount
        - emptyRows.count * emptyColumns.count
    }
  }

  /// How many unknown cells get a number.
  var filledCount: Int { entries.rowCount * entries.columnCount - entries.count - openCount }

  /// Whether nothing known says anything about an unknown cell: exact data leave it free, or its row or column has no
  /// entry at all. A noisy row with few entries is predicted all the same, less surely.
  func isUndetermined(row: Int, column: Int) -> Bool {
    isExact
      ? !fit.mask.determines(row: row, column: column)
      : emptyRows.contains(row) || emptyColumns.contains(column)
  }

  /// The fit in every place, clipped where asked.
  private(set) lazy var fitted: Matrix = {
    var result = completed ?? fit.completion()
    if let clip {
      result.withUnsafeMutableElements { elements in
        for k in elements.indices {
          elements[k] = min(max(elements[k], clip.lowerBound), clip.upperBound)
        }
      }
    }
    return result
  }()

  /// What is written; NaN in cells that stay open.
  private(set) lazy var matrix: Matrix = {
    if isDenoised { return fitted }
    var result = fitted
    if openCount > 0 {
      for row in 0..<entries.rowCount {
        for column in 0..<entries.columnCount where isUndetermined(row: row, column: column) {
          result[row, column] = .nan
        }
      }
    }
    result.withUnsafeMutableElements { elements in
      for k in entries.values.indices {
        elements[Int(entries.rows[k]) * entries.columnCount + Int(entries.columns[k])] =
          entries.values[k]
      }
    }
    return result
  }()

  /// Half-widths of the intervals in every place; zero where an entry is known and kept.
  func halfWidths(_ intervals: CompletionIntervals) -> Matrix {
    var result = Matrix(rowCount: entries.rowCount, columnCount: entries.columnCount)
    for i in 0..<entries.rowCount {
      for j in 0..<entries.columnCount {
        result[i, j] = halfWidth(intervals, row: i, column: j)
      }
    }
    for k in entries.values.indices where !isDenoised || fit.isExact {
      result[Int(entries.rows[k]), Int(entries.columns[k])] = 0
    }
    return result
  }

  /// The half-width of an unknown cell.
  func halfWidth(_ intervals: CompletionIntervals, row: Int, column: Int) -> Double {
    fit.isExact && !fit.mask.determines(row: row, column: column)
      ? .infinity : intervals.halfWidth(row: row, column: column)
  }

  /// Calls a closure for every unknown cell, row after row.
  func forEachGap(_ body: (_ row: Int, _ column: Int) -> Void) {
    for row in 0..<entries.rowCount {
      var known = entries.rowStarts[row]
      let end = entries.rowStarts[row + 1]
      for column in 0..<entries.columnCount {
        if known < end, Int(entries.columns[known]) == column {
          known += 1
        } else {
          body(row, column)
        }
      }
    }
  }

  /// The median half-width of the cells that are filled; nil if none is finite.
  func medianHalfWidth(_ intervals: CompletionIntervals) -> Double? {
    var widths: [Double] = []
    forEachGap { row, column in
      if leavesOpen, isUndetermined(row: row, column: column) { return }
      let width = halfWidth(intervals, row: row, column: column)
      if width.isFinite { widths.append(width) }
    }
    widths.sort()
    return widths.isEmpty ? nil : widths[widths.count / 2]
  }

  struct Errors {
    var relative: Double
    var meanSquared: Double
    /// Peak signal-to-noise ratio in decibels.
    var peakSignalToNoise: Double
  }

  /// The errors of the fit in every place, for a peak as of a picture.
  func errors(against truth: Matrix, peak: Double = 255) -> Errors {
    let difference = (fitted - truth).frobeniusNorm
    let norm = truth.frobeniusNorm
    let meanSquared = difference * difference / Double(max(truth.count, 1))
    return Errors(
      relative: norm > 0 ? difference / norm : (difference == 0 ? 0 : .infinity),
      meanSquared: meanSquared, peakSignalToNoise: 10 * log10(peak * peak / meanSquared))
  }
}

extension ObservedEntries {
  /// The lowest and the highest value; nil without entries.
  fileprivate var valueRange: ClosedRange<Double>? {
    guard let lowest = values.min(), let highest = values.max() else { return nil }
    return lowest...highest
  }
}
