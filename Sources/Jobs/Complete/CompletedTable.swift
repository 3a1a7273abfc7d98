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
  /// Cells, row after row, that hold something and stay as they are.
  private let held: Set<Int>

  /// How many cells that are not known stay empty.
  private(set) var openCount = 0

  init(
    fit: MatrixCompleter.Fit, completed: Matrix?, entries: ObservedEntries,
    held: Set<Int> = [], request: Completion
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
    self.held = held
    var open = 0
    if leavesOpen, isExact {
      open = fit.mask.undeterminedEntryCount
    } else if leavesOpen {
      open =
        emptyRows.count * entries.columnCount + emptyColumns.count * entries.rowCount
        - emptyRows.count * emptyColumns.count
    }
    // What is held counts once.
    let width = entries.columnCount
    if open > 0 {
      for place in held where isUndetermined(row: place / width, column: place % width) {
        open -= 1
      }
    }
    openCount = open
  }

  /// How many cells that are not known stay as they are because they hold something.
  var heldCount: Int { held.count }

  /// Whether a cell that is not known stays as it is.
  func isHeld(row: Int, column: Int) -> Bool {
    !held.isEmpty && held.contains(row * entries.columnCount + column)
  }

  /// How many unknown cells get a number.
  var filledCount: Int {
    entries.rowCount * entries.columnCount - entries.count - openCount - heldCount
  }

  /// Whether nothing known says anything about an unknown cell: exact data leave it free, or its row or column has no
  /// entry at all. A noisy row with few entries is predicted all the same, less surely.
  func isUndetermined(row: Int, column: Int) -> Bool {
    isExact
      ? !fit.mask.determines(row: row, column: column)
      : emptyRows.contains(row) || emptyColumns.contains(column)
  }

  /// Whether what is put into a cell is a guess: nothing determines it, or its row and column have too few entries for
  /// the patterns of the answer, so that averages speak.
  func isGuess(row: Int, column: Int) -> Bool {
    isUndetermined(row: row, column: column) || !fit.mask.determines(row: row, column: column)
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
    var result = fitted
    let width = entries.columnCount
    for place in held { result[place / width, place % width] = .nan }
    if isDenoised { return result }
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
      if isHeld(row: row, column: column) { return }
      if leavesOpen, isUndetermined(row: row, column: column) { return }
      let width = halfWidth(intervals, row: row, column: column)
      if width.isFinite { widths.append(width) }
    }
    widths.sort()
    return widths.isEmpty ? nil : widths[widths.count / 2]
  }

  /// Filled cells that lie beyond what is known of their column by more than its whole range.
  struct Extremes {
    var count = 0
    /// The one that lies farthest out: where, what, and what is known there.
    var column = 0
    var value = 0.0
    var range = 0.0...0.0
  }

  /// What lies far outside; in lists, and in columns with few known entries, the range of all entries counts.
  func extremes(isList: Bool) -> Extremes {
    let width = entries.columnCount
    var low = [Double](repeating: .infinity, count: width)
    var high = [Double](repeating: -.infinity, count: width)
    var counts = [Int](repeating: 0, count: width)
    for k in entries.values.indices {
      let column = Int(entries.columns[k])
      low[column] = min(low[column], entries.values[k])
      high[column] = max(high[column], entries.values[k])
      counts[column] += 1
    }
    let (least, most) = (low.min() ?? 0, high.max() ?? 0)
    let enough = min(10, max(3, (entries.rowCount + 1) / 2))
    var result = Extremes()
    var farthest = 0.0
    let filled = matrix
    forEachGap { row, column in
      let value = filled[row, column]
      guard !value.isNaN else { return }
      let isOwn = !isList && counts[column] >= enough
      let (from, to) = isOwn ? (low[column], high[column]) : (least, most)
      // A constant column has no range: its own size to rounding takes the place, and that of a column of zeros is the
      // rounding of the others.
      let allowed = max(
        to - from, 1e-6 * max(abs(from), abs(to)), 1e-12 * max(abs(least), abs(most)))
      let beyond = max(from - value, value - to)
      guard beyond > allowed else { return }
      result.count += 1
      if beyond / allowed > farthest {
        farthest = beyond / allowed
        (result.column, result.value, result.range) = (column, value, from...to)
      }
    }
    return result
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
