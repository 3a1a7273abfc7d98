import ArgumentParser
import Jobs

struct CompleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "complete",
    abstract: "Fill in a matrix of which some entries are known.",
    usage: "deeplinear complete <observed> [<options>]",
    discussion: """
      No rank and no penalty has to be chosen: a deep linear network is trained on the known entries \
      from near zero, and its path is the regulariser. Data that some low rank fits to rounding are \
      completed exactly; otherwise entries held out decide what is kept.

      The file of known entries is a CSV table with empty or NaN cells, a CSV of triplets (row, column, \
      value under a header line, counted from 0), a Matrix Market .mtx file, a .npy with NaN, or a .pgm \
      image with --mask. All but .npz may be compressed with gzip.

      Examples:
        deeplinear complete ratings.csv --output filled.csv --report report
        deeplinear complete photo.pgm --mask known.pgm --output restored.pgm
        deeplinear complete sensors.npy --intervals 0.9 --interval-output widths.npy --json
      """)

  @Argument(help: ArgumentHelp("The file of known entries.", valueName: "observed"))
  var observed: String

  @OptionGroup(title: "Results")
  var results: ResultArguments

  @OptionGroup(title: "Method")
  var fitting: FittingArguments

  @OptionGroup(title: "Reading")
  var reading: ReadingArguments

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var request = Completion(reading.source(observed))
    request.output = results.output
    request.report = results.report
    request.model = results.model
    request.truth = results.truth.map { DataSource($0) }
    request.intervals = results.intervals
    request.intervalOutput = results.intervalOutput
    request.keepObserved = results.keepObserved
    request.clip = results.clip
    request.depth = fitting.depth
    request.width = fitting.width.value
    request.initialScale = fitting.initialScale.value
    request.rank = fitting.rank.value
    request.threads = fitting.threads.value
    request.holdout = fitting.holdout
    request.method = fitting.method
    request.penalty = fitting.penalty
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text(observed: observed) }
  }
}

/// What `complete` writes and says.
struct ResultArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write the completed matrix: .csv, .tsv, .mtx, .npy, .npz or .pgm.", valueName: "file"))
  var output: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Write a report to open in a browser.", valueName: "folder"))
  var report: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Save the fit as .safetensors, for predict.", valueName: "file"))
  var model: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The whole true matrix, to measure the error.", valueName: "file"))
  var truth: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "Give prediction intervals of this coverage, such as 0.9, when entries are missing at random.",
      valueName: "share"))
  var intervals: Double?

  @Option(
    name: .long,
    help: ArgumentHelp("Write the half-widths of the intervals.", valueName: "file"))
  var intervalOutput: String?

  @Flag(
    name: .long,
    help: "Write known entries as they are, instead of the fit with its noise removed.")
  var keepObserved = false

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Limit what is written to a range, such as 1,5.", valueName: "low,high"))
  var clip: ValueRange?
}

/// How `complete` finds its answer.
struct FittingArguments: ParsableArguments {
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The number of layers of the network.", valueName: "number"))
  var depth = Completion.defaultDepth

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The width of its hidden layers, or auto.", valueName: "number"))
  var width = AutomaticNumber<Int>.automatic

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The size of its first end-to-end matrix relative to the data, or auto.",
      valueName: "number"))
  var initialScale = AutomaticNumber<Double>.automatic

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The largest rank of the answer, or auto.", valueName: "number"))
  var rank = AutomaticNumber<Int>.automatic

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "How many threads to use, or auto; the answer does not depend on it.", valueName: "number"))
  var threads = AutomaticNumber<Int>.automatic

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The share of entries held out when the data are noisy; 0 for none.", valueName: "share"))
  var holdout = Completion.defaultHoldout

  @Option(
    name: .long,
    help: ArgumentHelp(
      "By the path of a deep network, or by the smallest nuclear norm.", valueName: "method"))
  var method = Completion.Method.deep

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      """
      What the nuclear norm is weighed with against the fit: none meets every known entry exactly; \
      auto lets entries held out decide.
      """, valueName: "number"))
  var penalty = NuclearPenalty.none
}
