import DeepLinear
import Glibc

/// The completed matrix as it is written: fitted, clipped where asked, known entries kept where asked. It is made
/// when it is first needed, so that a large fit saved as a model alone never becomes dense.
final class CompletedTable {
  private let fit: MatrixCompleter.Fit
  /// The whole completed matrix, where it is more than the product of the fit's factors.
  private let completed: Matrix?
  private let entries: ObservedEntries
  private let clip: ClosedRange<Double>?
  private let keepsObserved: Bool

  init(
    fit: MatrixCompleter.Fit, completed: Matrix?, entries: ObservedEntries,
    request: Completion
  ) {
    self.fit = fit
    self.completed = completed
    self.entries = entries
    clip = request.clip?.range
    keepsObserved = request.keepObserved ?? false
  }

  private(set) lazy var matrix: Matrix = {
    var result = completed ?? fit.completion()
    result.withUnsafeMutableElements { elements in
      if let clip {
        for k in elements.indices {
          elements[k] = min(max(elements[k], clip.lowerBound), clip.upperBound)
        }
      }
      if keepsObserved {
        for k in entries.values.indices {
          elements[Int(entries.rows[k]) * entries.columnCount + Int(entries.columns[k])] =
            entries.values[k]
        }
      }
    }
    return result
  }()

  /// Half-widths of the intervals in every place; zero where an entry is known and kept.
  func halfWidths(_ intervals: CompletionIntervals) -> Matrix {
    var result = Matrix(rowCount: entries.rowCount, columnCount: entries.columnCount)
    for i in 0..<entries.rowCount {
      for j in 0..<entries.columnCount {
        result[i, j] =
          fit.isExact && !fit.mask.determines(row: i, column: j)
          ? .infinity : intervals.halfWidth(row: i, column: j)
      }
    }
    for k in entries.values.indices where keepsObserved || fit.isExact {
      result[Int(entries.rows[k]), Int(entries.columns[k])] = 0
    }
    return result
  }

  struct Errors {
    var relative: Double
    var meanSquared: Double
    /// Peak signal-to-noise ratio in decibels for a peak of 255.
    var peakSignalToNoise: Double
  }

  func errors(against truth: Matrix) -> Errors {
    let difference = (matrix - truth).frobeniusNorm
    let norm = truth.frobeniusNorm
    let meanSquared = difference * difference / Double(max(truth.count, 1))
    return Errors(
      relative: norm > 0 ? difference / norm : (difference == 0 ? 0 : .infinity),
      meanSquared: meanSquared, peakSignalToNoise: 10 * log10(255 * 255 / meanSquared))
  }
}
