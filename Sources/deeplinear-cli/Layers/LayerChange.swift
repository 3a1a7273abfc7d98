import DataFormats
import DeepLinear

/// One run of a `layers` command: read, change layer after layer, write.
struct LayerChange {
  let model: String
  let layers: [String]
  let results: LayersCommand.Results
  let shared: SharedOptions
  /// What is done: expanded, collapsed or compressed.
  let verb: String

  private struct Summary: Encodable {
    var layers: [LayerFile.Change]
    var output: String
    var report: String?
  }

  func run(_ change: (inout LayerFile, String) throws -> LayerFile.Change) throws {
    var outputs = OutputPaths(overwrite: shared.force)
    try outputs.file(results.output, option: "--output", among: [.safetensors])
    try outputs.report(results.report)
    var file = try LayerFile(reading: model)
    let changes = try layers.map { try change(&file, $0) }
    try file.contents.write(to: results.output, overwrite: shared.force)
    if let folder = results.report {
      try LayerReport(
        model: model, output: results.output, shared: shared, verb: verb, changes: changes
      ).write(to: folder)
    }
    if shared.json {
      try JSONOutput.write(Summary(layers: changes, output: results.output, report: results.report))
    } else {
      print(text(changes))
    }
  }

  private func text(_ changes: [LayerFile.Change]) -> String {
    let rows = changes.map { change in
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
    let written = [results.output, results.report.map { "\($0)/index.html" }].compactMap(\.self)
    return (lines + ["written: \(written.joined(separator: ", "))"]).joined(separator: "\n")
  }
}
