import Jobs
import LinearAlgebra

extension CompletionSummary {
  /// A short readable result: what was given, then a line for each thing that is known about the answer.
  func text(observed name: String) -> String {
    let share = Double(observed) / (Double(rows) * Double(columns))
    var lines = [
      understood.map { "\(name): \($0)" }
        ?? "\(name): \(rows) × \(columns), \(observed) entries known (\(readable(100 * share)) %)"
    ]
    func say(_ label: String, _ text: String) {
      lines.append("  " + label + String(repeating: " ", count: 16 - label.count) + text)
    }
    for warning in warnings { say("note", warning) }
    say("answer", answer)
    if let dualityGap, let relativeGap {
      say("duality gap", "\(readable(dualityGap)), relative \(readable(relativeGap))")
    }
    say("known entries", "root mean square error \(readable(trainingError.value ?? .nan))")
    if let error = holdoutError.value {
      say("held out", "root mean square error \(readable(error))")
    }
    if let average { say("average", average) }
    if scaling == "columns" {
      say("scaling", "columns of different units, each fitted in its own deviations")
    }
    if rowOrder ?? false { say("rows", "in order, as in time: paths along them took part") }
    if let ratings {
      say(
        "ratings",
        "kept from \(readable(ratings.range.lowerBound)) to \(readable(ratings.range.upperBound))")
    }
    for sentence in judgements { say("note", sentence) }
    if let outliers { say("outliers", Self.sentence(about: outliers)) }
    if let relativeError, let meanSquaredError {
      say(
        "truth",
        "relative error \(readable(relativeError)), mean squared error \(readable(meanSquaredError))"
          + (peakSignalToNoiseRatio.map { ", PSNR \(readable($0)) dB" } ?? ""))
    }
    if let intervals {
      say(
        "intervals",
        "\(readable(100 * intervals.coverage)) % coverage, "
          + (intervals.medianHalfWidth.map { "median half-width \(readable($0))" }
            ?? "too few held-out entries for finite widths"))
    }
    say("filled", filledSentence)
    say("mask", maskSentence)
    say(
      "work",
      "\(iterations) iteration\(iterations == 1 ? "" : "s"), \(readable(seconds)) s, \(ending)")
    let files = [
      output == "-" ? "standard output" : output, intervalOutput, mark, outlierOutput, model,
      report.map { "\($0)/index.html" },
    ]
    .compactMap(\.self)
    say(
      "written",
      files.isEmpty
        ? "nothing; --output FILE keeps the completed matrix" : files.joined(separator: ", "))
    return lines.joined(separator: "\n")
  }

  /// The first known entries that the others contradict.
  private static func sentence(about outliers: [OutlierSummary]) -> String {
    let shown = outliers.prefix(3).map { entry in
      let row = entry.rowName ?? "row \(entry.row)"
      let column = entry.columnName ?? "column \(entry.column)"
      return
        "\(row), \(column): \(readable(entry.value)) where \(readable(entry.predicted)) is predicted"
    }
    let rest =
      outliers.count > 3 ? "; and \(outliers.count - 3) more (--outliers FILE lists them)" : ""
    let noun = outliers.count == 1 ? "entry" : "entries"
    return
      "\(outliers.count) known \(noun) left out of the fit: \(shown.joined(separator: "; "))\(rest)"
  }

  /// What the answer is an average of, the heaviest first.
  private var average: String? {
    guard let candidates else { return nil }
    let parts = candidates.filter { $0.weight > 0 }.sorted { $0.weight > $1.weight }
      .map { "\($0.kind) \(readable(100 * $0.weight)) %" }
    return parts.joined(separator: ", ") + " (effort \(effort ?? "normal"))"
  }

  private var answer: String {
    if outcome.exact { return "rank \(rank), exact: it agrees with every known entry to rounding" }
    if let dualityGap {
      let norm = "rank \(rank): nuclear norm \(readable(nuclearNorm.value ?? .nan))"
      guard let penalty else {
        return "\(norm), at most \(readable(dualityGap)) above the smallest that agrees with the "
          + "known entries"
      }
      return "\(norm) at penalty \(readable(penalty))"
        + (holdoutError.value == nil ? "" : ", chosen by held-out entries")
    }
    if polish != nil {
      return "the network of depth \(depth) itself, without the polish: effective rank "
        + readable(effectiveRank)
    }
    let offsets = offsets ? " with row and column offsets" : ""
    if outcome.kind == "interrupted" { return "rank \(rank)\(offsets), the best so far" }
    let judge = holdoutError.value == nil ? "without held-out entries" : "by held-out entries"
    return "rank \(rank)\(offsets), noisy: chosen \(judge)"
  }

  private var ending: String {
    let step = outcome.step.map { " at step \($0)" } ?? ""
    return switch outcome.kind {
    case "stepLimit": "not converged: the step limit was reached\(step)"
    case "stalled": "not converged: no step lowers the loss any more\(step)"
    case "diverged": "not converged: the loss diverged\(step)"
    case "interrupted": "interrupted\(step)"
    default: outcome.kind
    }
  }

  private var filledSentence: String {
    let gaps = filled + leftEmpty
    let stays =
      kept == 0
      ? ""
      : "; \(kept) cell\(kept == 1 ? "" : "s") with a limit or formula stay\(kept == 1 ? "s" : "")"
    if gaps == 0 { return "nothing: no cell is empty" + stays }
    let cells = "\(gaps) empty cell\(gaps == 1 ? "" : "s")"
    if leftEmpty == 0 { return (gaps == 1 ? "the one empty cell" : "all of \(cells)") + stays }
    if filled == 0 {
      return
        "none of \(cells): nothing determines \(gaps == 1 ? "it" : "them") (--fill-undetermined gives a guess)"
        + stays
    }
    return
      "\(filled) of \(cells)\(stays); nothing determines the other\(leftEmpty == 1 ? "" : "s") "
      + "(--fill-undetermined gives a guess)"
  }

  private var maskSentence: String {
    let judge = mask.method == "counting" ? " (judged by counting)" : ""
    guard mask.undeterminedEntries > 0 else {
      return "the known entries determine all others at rank \(maskRank)\(judge)"
    }
    var parts: [String] = []
    if mask.components > 1 { parts.append("\(mask.components) parts share no entry") }
    if !mask.undeterminedRows.isEmpty {
      parts.append(listed("row", mask.undeterminedRows, mask.undeterminedRowNames))
    }
    if !mask.undeterminedColumns.isEmpty {
      parts.append(listed("column", mask.undeterminedColumns, mask.undeterminedColumnNames))
    }
    let reasons = parts.isEmpty ? "" : ": \(parts.joined(separator: "; "))"
    let count = mask.undeterminedEntries
    // Noisy cells of short rows are filled all the same, from averages.
    let isGuessed = !outcome.exact && count > leftEmpty && filled > 0
    return "\(count) \(count == 1 ? "entry is" : "entries are") not determined at rank "
      + "\(maskRank)\(judge)\(reasons)"
      + (isGuessed ? "; what is filled in there is a guess from averages" : "")
  }

  private func listed(_ axis: String, _ indices: [Int], _ names: [String]?) -> String {
    let labels = names ?? indices.map(String.init)
    let shown = labels.prefix(8).joined(separator: ", ")
    let rest = indices.count > 8 ? " and \(indices.count - 8) more" : ""
    return "\(axis)\(indices.count == 1 ? "" : "s") \(shown)\(rest)"
      + (names == nil ? " (counted from 0)" : "")
  }
}
