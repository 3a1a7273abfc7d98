import Jobs
import LinearAlgebra

extension LayerChangeSummary {
  /// A row for each layer, and what there is to be said about some.
  var text: String {
    var heads = ["layer", "rank", "parameters", "afterwards", "relative error", "energy kept"]
    let hasOutputs = layers.contains { $0.outputError != nil }
    if hasOutputs { heads.append("error of outputs") }
    var table = [heads]
    for change in layers {
      var row = [
        change.layer, change.rank.map { "\($0)" } ?? "", "\(change.parametersBefore)",
        "\(change.parametersAfter)", change.relativeError.map(readable) ?? "",
        change.keptEnergy.map(readable) ?? "",
      ]
      if hasOutputs { row.append(change.outputError.map(readable) ?? "") }
      table.append(row)
    }
    let widths = heads.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    var lines = table.map { row in
      var line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        .joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
    if layers.count > 1 {
      lines.append("together: \(parametersBefore) parameters, afterwards \(parametersAfter)")
    }
    for change in layers {
      if let left = change.left { lines.append("\(change.layer): left as it is; \(left)") }
      if let note = change.note { lines.append("\(change.layer): \(note)") }
      if let tied = change.tiedTo {
        lines.append("\(change.layer): tied to \(tied.joined(separator: ", ")), changed alike")
      }
    }
    for layer in skipped ?? [] { lines.append("\(layer.layer): not changed; \(layer.reason)") }
    let written = [output, report.map { "\($0)/index.html" }].compactMap(\.self)
    return (lines + ["written: \(written.joined(separator: ", "))"]).joined(separator: "\n")
  }
}
