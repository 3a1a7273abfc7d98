import Jobs
import LinearAlgebra

extension LayerChangeSummary {
  /// A row for each layer.
  var text: String {
    let rows = layers.map { change in
      [
        change.layer, change.rank.map { "\($0)" } ?? "", "\(change.parametersBefore)",
        "\(change.parametersAfter)", change.relativeError.map(readable) ?? "",
        change.keptEnergy.map(readable) ?? "",
      ]
    }
    let table =
      [["layer", "rank", "parameters", "afterwards", "relative error", "energy kept"]] + rows
    let widths = table[0].indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    let lines = table.map { row in
      var line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        .joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
    let written = [output, report.map { "\($0)/index.html" }].compactMap(\.self)
    return (lines + ["written: \(written.joined(separator: ", "))"]).joined(separator: "\n")
  }
}
