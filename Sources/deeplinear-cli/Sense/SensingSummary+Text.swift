import Jobs
import LinearAlgebra

extension SensingSummary {
  var text: String {
    var lines = [
      "\(rows)×\(columns) from \(measurements) measurements: rank \(rank), "
        + (outcome.exact ? "exact" : "chosen by held-out measurements"),
      "error on the measurements: \(readable(trainingError))",
    ]
    if let error = holdoutError.value {
      lines.append("error on those held out: \(readable(error))")
    }
    if let error = relativeError {
      lines.append("relative error against the truth: \(readable(error))")
    }
    let files = [output, report.map { "\($0)/index.html" }].compactMap(\.self)
    lines.append(
      files.isEmpty
        ? "written: nothing; --output FILE keeps the matrix"
        : "written: \(files.joined(separator: ", "))")
    return lines.joined(separator: "\n")
  }
}
