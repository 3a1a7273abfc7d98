import Jobs
import LinearAlgebra

extension SensingSummary {
  private var answer: String {
    if outcome.exact { return "exact" }
    if let dualityGap {
      return "nuclear norm \(readable(nuclearNorm)), at most \(readable(dualityGap)) above "
        + "the smallest"
    }
    return holdoutError.value == nil
      ? "chosen without held-out measurements" : "chosen by held-out measurements"
  }

  var text: String {
    var lines = [
      "\(rows)×\(columns) from \(measurements) measurements: rank \(rank), "
        + answer,
      "error on the measurements: \(readable(trainingError))",
    ]
    if let error = holdoutError.value {
      lines.append("error on those held out: \(readable(error))")
    }
    if let error = relativeError {
      lines.append("relative error against the truth: \(readable(error))")
    }
    lines.append("determined: \(determinationSentence)")
    let files = [output, report.map { "\($0)/index.html" }].compactMap(\.self)
    lines.append(
      files.isEmpty
        ? "written: nothing; --output FILE keeps the matrix"
        : "written: \(files.joined(separator: ", "))")
    return lines.joined(separator: "\n")
  }
}
