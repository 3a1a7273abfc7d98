import Jobs
import LinearAlgebra

extension RegressionSummary {
  var text: String {
    var lines: [String] = [
      "\(samples) samples, \(inputs) inputs, \(outputs) outputs: rank \(rank)",
      "error on the samples: \(readable(trainingError))"
        + (validationError.value.map { ", on samples left out: \(readable($0))" } ?? ""),
      intercept.contains { $0 != 0 } && intercept.count <= 8
        ? "intercept: \(intercept.map(readable).joined(separator: ", "))" : nil,
      "", "rank   loss         left out     standard error",
    ].compactMap(\.self)
    for point in ranks {
      let cells = [
        point.rank == rank ? "\(point.rank) *" : "\(point.rank)", readable(point.loss),
        point.validationLoss.map(readable) ?? "", point.standardError.map(readable) ?? "",
      ]
      var line = ""
      for (cell, width) in zip(cells, [7, 13, 13, 0]) {
        line += cell + String(repeating: " ", count: max(width - cell.count, 0))
      }
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    let files = [output, pathOutput, predictions, report.map { "\($0)/index.html" }]
      .compactMap(\.self)
    lines += [
      "",
      files.isEmpty
        ? "written: nothing; --output FILE keeps the coefficients"
        : "written: \(files.joined(separator: ", "))",
    ]
    return lines.joined(separator: "\n")
  }
}
