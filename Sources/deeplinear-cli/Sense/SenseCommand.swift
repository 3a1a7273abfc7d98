import ArgumentParser
import Jobs

struct SenseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sense",
    abstract: "Find a matrix from linear measurements of it.",
    usage: "deeplinear sense <measurements> <values> [<options>]",
    discussion: """
      VALUES holds b_i = ⟨A_i, W⟩. MEASUREMENTS holds the A_i in one of three forms: an .npy of \
      m × rows × columns; with --right, the left vectors of A_i = a_i b_iᵀ, one per row; or a .csv of \
      four columns under a header line (measurement, row, column, coefficient, counted from 0) with \
      --rows and --columns. No rank has to be chosen: a deep linear network is trained on the \
      measurements from near zero, and its path suggests the ranks.

      Example: deeplinear sense a.npy b.npy --output w.npy --report report
      """)

  @Argument(help: ArgumentHelp("The measurements.", valueName: "measurements"))
  var measurements: String

  @Argument(help: ArgumentHelp("The measured values.", valueName: "values"))
  var values: String

  @OptionGroup(title: "Results")
  var results: SensingResultArguments

  @OptionGroup(title: "Method")
  var fitting: SensingFittingArguments

  @OptionGroup(title: "Reading")
  var reading: MeasurementArguments

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var request = Sensing(measurements: DataSource(measurements), values: DataSource(values))
    request.output = results.output
    request.report = results.report
    request.truth = results.truth.map { DataSource($0) }
    request.depth = fitting.depth
    request.width = fitting.width.value
    request.initialScale = fitting.initialScale.value
    request.holdout = fitting.holdout
    request.method = fitting.method
    request.right = reading.right.map { DataSource($0) }
    request.rows = reading.rows
    request.columns = reading.columns
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }
}

/// What `sense` writes and says.
struct SensingResultArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Write the matrix; the extension gives the format.", valueName: "file"))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Write a report to open in a browser.", valueName: "folder"))
  var report: String?

  @Option(
    name: .long, help: ArgumentHelp("The true matrix, to measure the error.", valueName: "file"))
  var truth: String?
}

/// How `sense` finds its answer.
struct SensingFittingArguments: ParsableArguments {
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The number of layers of the network.", valueName: "number"))
  var depth = Sensing.defaultDepth

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
    help: ArgumentHelp(
      "The share of measurements held out when they are noisy; 0 for none.", valueName: "share"))
  var holdout = Sensing.defaultHoldout

  @Option(
    name: .long,
    help: ArgumentHelp(
      "By the path of a deep network, or by the smallest nuclear norm.", valueName: "method"))
  var method = Sensing.Method.deep
}

/// What the file of measurements does not say itself.
struct MeasurementArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The right vectors of rank-one measurements, one per row.", valueName: "file"))
  var right: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The number of rows of the matrix, for a list of elements.", valueName: "number"))
  var rows: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The number of columns of the matrix, for a list of elements.", valueName: "number"))
  var columns: Int?
}
