import ArgumentParser
import DataFormats
import DeepLinear

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Fill in new rows from a saved fit, without refitting.",
    discussion: """
      MODEL was written by complete --model. OBSERVED holds the known entries of new rows over the same \
      columns, in any format that complete reads. Each row is filled by least squares of its entries on \
      the column factors, with the ridge of the fit when the data were noisy.

      Example: deeplinear predict fit.safetensors new-rows.csv --output filled.csv
      """)

  @Argument(help: ArgumentHelp("The saved fit.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("The known entries of the new rows.", valueName: "observed"))
  var observed: String

  @Option(name: .long, help: "Write the filled rows; the extension gives the format.")
  var output: String?

  @Flag(name: .long, help: "Keep the known entries as they are in the output.")
  var keepObserved = false

  @OptionGroup(title: "Reading")
  var reading: ReadingArguments

  @OptionGroup
  var shared: SharedOptions

  func run() throws {
    if let output { try DataFile.checkOutput(output, overwrite: shared.force) }
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
    if keepObserved {
      for k in data.entries.values.indices {
        rows[Int(data.entries.rows[k]), Int(data.entries.columns[k])] = data.entries.values[k]
      }
    }
    if let output {
      try DataFile.writeMatrix(
        rows, to: output, overwrite: shared.force, columnNames: data.columnNames)
    }
    let summary = Summary(
      rows: rows.rowCount, columns: rows.columnCount, observed: data.entries.count,
      rank: model.rank,
      undeterminedRows: determined.indices.filter { determined[$0] < model.rank }, output: output)
    if shared.json {
      try JSONOutput.write(summary)
    } else {
      print(
        "\(observed): \(summary.rows) rows filled over \(summary.columns) columns at rank \(summary.rank)"
      )
      if !summary.undeterminedRows.isEmpty {
        print(
          "\(summary.undeterminedRows.count) rows have fewer entries than the rank and rest on the ridge or smallest norm"
        )
      }
      print(
        output.map { "filled rows: \($0)" } ?? "nothing was written; --output FILE keeps the rows")
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
  }
}
