import ArgumentParser
import Jobs

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Fill in new rows or columns from a saved fit, without refitting.",
    usage: "deeplinear predict <model> <observed> [<options>]",
    discussion: """
      The model was written by complete --model. The file holds the known entries of new rows over the \
      same columns, in any format that complete reads; with --new columns, of new columns over the same \
      rows. Columns are matched by name where both have names. Each row is filled by least squares of its \
      entries on the column factors, with the ridge of the fit when the data were noisy. Cells that nothing \
      known determines stay empty.

      Examples:
        deeplinear predict fit.safetensors new-rows.csv --output filled.csv
        deeplinear predict fit.safetensors new-films.csv --new columns --intervals 0.9 --report report
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
    request.new = results.new
    request.intervals = results.intervals
    request.intervalOutput = results.intervalOutput
    request.report = results.report
    request.denoise = results.denoise
    request.fillUndetermined = results.fillUndetermined
    request.clip = results.clip
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
      "Write the file as it came with its gaps filled, or the rows as .csv, .tsv, .mtx, .npy, .npz or .pgm.",
      valueName: "file"))
  var output: String?

  @Option(name: .long, help: ArgumentHelp("What the file holds anew.", valueName: "axis"))
  var new = Prediction.Axis.rows

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Give prediction intervals of this coverage, such as 0.9.", valueName: "share"))
  var intervals: Double?

  @Option(
    name: .long, help: ArgumentHelp("Write the half-widths of the intervals.", valueName: "file"))
  var intervalOutput: String?

  @Option(
    name: .long, help: ArgumentHelp("Write a report to open in a browser.", valueName: "folder"))
  var report: String?

  @Flag(name: .long, help: "Write the fit everywhere, with the noise of known entries removed.")
  var denoise = false

  @Flag(
    name: .long,
    help: "Fill cells that nothing known determines with a guess, instead of leaving them empty.")
  var fillUndetermined = false

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Limit what is written to a range, such as 1,5.", valueName: "low,high"),
    transform: ValueRange.parsed)
  var clip: ValueRange?

  // What is now always so.
  @Flag(name: .long, help: .hidden)
  var keepObserved = false
}
