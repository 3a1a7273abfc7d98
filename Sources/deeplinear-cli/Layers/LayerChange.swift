import DataFormats
import DeepLinear

/// One run of a `layers` command: read, change layer after layer, write.
struct LayerChange {
  let files: LayersCommand.Files
  let shared: SharedOptions

  private struct Summary: Encodable {
    var layers: [LayerFile.Change]
    var output: String
  }

  func run(_ change: (inout LayerFile, String) throws -> LayerFile.Change) throws {
    var outputs = OutputPaths(overwrite: shared.force)
    try outputs.file(files.output, option: "--output", among: [.safetensors])
    var file = try LayerFile(reading: files.model)
    let changes = try files.layer.map { try change(&file, $0) }
    try file.contents.write(to: files.output, overwrite: shared.force)
    if shared.json {
      try JSONOutput.write(Summary(layers: changes, output: files.output))
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
    return (lines + ["network: \(files.output)"]).joined(separator: "\n")
  }
}
