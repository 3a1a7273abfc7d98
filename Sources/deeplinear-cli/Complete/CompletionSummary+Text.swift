extension CompletionSummary {
  /// A short readable result.
  func text(command: CompleteCommand) -> String {
    let share = Double(observed) / Double(rows * columns)
    var lines = [
      "\(command.observed): \(rows)×\(columns), \(observed) entries known (\(readable(100 * share)) %)"
    ]
    if outcome.exact {
      lines.append("exact: rank \(rank) agrees with every entry to rounding")
    } else {
      lines.append(
        "noisy: rank \(rank)\(offsets ? " and row and column offsets" : ""), chosen by held-out entries"
      )
    }
    lines.append(
      "error on known entries \(readable(trainingError.value ?? .nan))"
        + (holdoutError.value.map { ", on held-out entries \(readable($0))" } ?? ""))
    if let relativeError, let meanSquaredError {
      lines.append(
        "against the truth: relative error \(readable(relativeError)), mean squared error "
          + readable(meanSquaredError)
          + (peakSignalToNoiseRatio.map { ", PSNR \(readable($0)) dB" } ?? ""))
    }
    if let intervals {
      lines.append(
        "intervals of \(readable(100 * intervals.coverage)) % coverage: median half-width "
          + (intervals.medianHalfWidth.map(readable) ?? "unknown"))
    }
    lines.append(maskSentence)
    lines.append("\(iterations) iterations, \(readable(seconds)) s, outcome \(outcome.kind)")
    if let output { lines.append("completed matrix: \(output)") }
    if let model { lines.append("model: \(model)") }
    if let report { lines.append("report: \(report)/index.html") }
    if output == nil, model == nil, report == nil {
      lines.append("nothing was written; --output FILE keeps the completed matrix")
    }
    return lines.joined(separator: "\n")
  }

  private var maskSentence: String {
    guard mask.undeterminedEntries > 0 else {
      return "mask: the known entries determine every other at rank \(rank)"
        + (mask.method == "counting" ? ", by counting" : "")
    }
    var parts: [String] = []
    if mask.components > 1 { parts.append("\(mask.components) parts share no entry") }
    if !mask.undeterminedRows.isEmpty { parts.append("rows \(listed(mask.undeterminedRows))") }
    if !mask.undeterminedColumns.isEmpty {
      parts.append("columns \(listed(mask.undeterminedColumns))")
    }
    let reasons = parts.isEmpty ? "" : " (\(parts.joined(separator: "; ")))"
    return "mask: \(mask.undeterminedEntries) entries are not determined at rank \(rank)\(reasons)"
  }

  private func listed(_ indices: [Int]) -> String {
    let shown = indices.prefix(8).map(String.init).joined(separator: ", ")
    return indices.count > 8 ? "\(shown) and \(indices.count - 8) more" : shown
  }
}
