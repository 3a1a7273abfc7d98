import ArgumentParser
import Jobs

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
    var request = Prediction(model: DataSource(model), observed: reading.source(observed))
    request.output = results.output
    request.keepObserved = results.keepObserved
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text(observed: observed) }
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
