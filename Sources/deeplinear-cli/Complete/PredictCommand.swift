import ArgumentParser
import DataFormats
import DeepLinear

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Fill in new rows from a saved fit, without refitting.",
    usage: "deeplinear predict <model> <observed> [<options>]",
    discussion: """
      The model was written by complete --model. The file holds the known entries of new rows over the \
      same columns, in any format that complete reads. Each row is filled by least squares of its entries \
      on the column factors, with the ridge of the fit when the data were noisy.

      Example:
        deeplinear predict fit.safetensors new-rows.csv --output filled.csv
      """)

  @Argument(help: ArgumentHelp("The saved fit.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("The known entries of the new rows.", valueName: "observed"))
  var observed: String

  @OptionGroup(title: "Results")
  var results: PredictionArguments

  @OptionGroup(title: "Reading")
  var reading: ReadingArguments

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var outputs = OutputPaths(overwrite: shared.force)
    try outputs.file(results.output, option: "--output")
    let model = try ModelFile.read(self.model)
    var options = reading.options
    // Triplets and coordinates need not reach the last column.
    if options.columnCount == nil { options.columnCount = model.columnCount }
    let data = try DataFile.readObservedEntries(from: observed, options: options)
    guard data.entries.columnCount == model.columnCount else {
      throw BadInput(
        """
        \(observed): its rows have \(data.entries.columnCount) columns but \(self.model) was fitted to \
        \(model.columnCount); give rows over the same columns.
        """)
    }
    var (rows, determined) = try model.fillingNewRows(data.entries)
    if results.keepObserved {
      for k in data.entries.values.indices {
        rows[Int(data.entries.rows[k]), Int(data.entries.columns[k])] = data.entries.values[k]
      }
    }
    if let output = results.output {
      try DataFile.writeMatrix(
        rows, to: output, overwrite: shared.force, names: data.names)
    }
    let summary = Summary(
      rows: rows.rowCount, columns: rows.columnCount, observed: data.entries.count,
      rank: model.rank,
      undeterminedRows: determined.indices.filter { determined[$0] < model.rank },
      output: results.output)
    if shared.json {
      try JSONOutput.write(summary)
    } else {
      print(summary.text(observed: observed))
    }
  }

  private struct Summary: Encodable {
    var rows: Int
    var columns: Int
    var observed: Int
    var rank: Int
    /// Rows whose own entries do not determine all coordinates.
    var undeterminedRows: [Int]
    var output: String?

    func text(observed: String) -> String {
      var lines = [
        "\(observed): \(rows) × \(columns), \(self.observed) entries known",
        "  answer          rows filled at rank \(rank), without refitting",
      ]
      if !undeterminedRows.isEmpty {
        let count = undeterminedRows.count
        lines.append(
          "  mask            \(count) \(count == 1 ? "row has" : "rows have") too few entries for "
            + "rank \(rank) and rest on the ridge or the smallest norm")
      }
      lines.append(
        "  written         " + (output ?? "nothing; --output FILE keeps the filled rows"))
      return lines.joined(separator: "\n")
    }
  }
}

/// What `predict` writes.
struct PredictionArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write the filled rows: .csv, .tsv, .mtx, .npy, .npz or .pgm.", valueName: "file"))
  var output: String?

  @Flag(name: .long, help: "Write known entries as they are, instead of their fit.")
  var keepObserved = false
}
