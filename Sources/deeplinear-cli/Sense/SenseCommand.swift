import ArgumentParser
import DataFormats
import DeepLinear

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
    try Sensing(command: self).run()
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
  var depth = 3

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
      "The share of measurements held out when they are noisy.", valueName: "share"))
  var holdout = 0.1

  func validate() throws {
    if depth < 1 { throw ValidationError("--depth must be at least 1, not \(depth).") }
    if case .number(let width) = width, width < 1 {
      throw ValidationError("--width must be at least 1, not \(width).")
    }
    if case .number(let scale) = initialScale, !(scale > 0 && scale.isFinite) {
      throw ValidationError("--initial-scale must be a positive number, not \(scale).")
    }
    guard holdout > 0, holdout < 1 else {
      throw ValidationError("--holdout must lie between 0 and 1, not at \(holdout).")
    }
  }
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

  func validate() throws {
    for (name, count) in [("--rows", rows), ("--columns", columns)] {
      if let count, count < 1 { throw ValidationError("\(name) must be at least 1, not \(count).") }
    }
  }
}
