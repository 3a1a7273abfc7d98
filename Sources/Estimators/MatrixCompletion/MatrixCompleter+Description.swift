import Analysis
import Dynamics
import LinearAlgebra

extension MatrixCompleter.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noEntries: "there is not a single entry: give at least one"
    case .depthNotPositive(let depth): "the depth must be at least 1, not \(depth)"
    case .widthNotPositive(let width): "the width must be at least 1, not \(width)"
    case .initialScaleNotPositive(let scale):
      "the initial scale must be a positive number, not \(scale)"
    case .rankNotPositive(let rank): "the rank must be at least 1, not \(rank)"
    case .threadCountNotPositive(let count):
      "the number of threads must be at least 1, not \(count)"
    case .holdoutOutOfRange(let share):
      "the share of entries held out must be at least 0 and below 1, not \(share)"
    case .coverageOutOfRange(let coverage):
      "the coverage of intervals must lie between 0 and 1, not at \(coverage)"
    case .intervalsNeedPolish:
      "intervals need entries held out, and a path without the polish is trained on all"
    case .intervalsNeedHoldout: "intervals need entries held out: give a share above 0"
    }
  }
}

extension MatrixCompleter.Fit: CustomStringConvertible {
  /// What is known about the answer, a line for each thing.
  public var description: String {
    var lines = [
      "\(model.rowCount)×\(model.columnCount) matrix of rank \(rank)"
        + (model.offsets == nil ? "" : " with row and column offsets"),
      isExact
        ? "exact: it agrees with every known entry to rounding"
        : "noisy: it comes near the entries",
      "error on known entries  \(readable(trainingError)) (root mean square)",
    ]
    if let holdoutError {
      lines.append("error held out          \(readable(holdoutError)) (root mean square)")
    }
    let strongest = singularValues.prefix(5).map { readable($0) }.joined(separator: ", ")
    lines += [
      "singular values         \(strongest)\(singularValues.count > 5 ? ", …" : "")",
      "effective rank          \(readable(spectrum.effectiveRank))",
      "undetermined            \(mask.undeterminedEntryCount) entries, "
        + "\(mask.undeterminedRows.count) rows, \(mask.undeterminedColumns.count) columns",
    ]
    if let intervals {
      lines.append(
        "intervals               \(readable(100 * intervals.coverage)) % coverage, "
          + "from \(intervals.calibrationCount) entries")
    }
    if let dualityGap { lines.append("duality gap             \(readable(dualityGap))") }
    lines.append("work                    \(iterations) iterations, \(outcome.kind)")
    return lines.joined(separator: "\n")
  }
}
