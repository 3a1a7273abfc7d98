import ArgumentParser
import DataFormats
import DeepLinear

struct SenseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sense",
    abstract: "Find a matrix from linear measurements of it.",
    discussion: """
      VALUES holds b_i = ⟨A_i, W⟩. MEASUREMENTS holds the A_i in one of three forms: an .npy of \
      m × rows × columns; with --right, the left vectors of A_i = a_i b_iᵀ, one per row; or a .csv of \
      four columns under a header line (measurement, row, column, coefficient, counted from 0) with \
      --rows and --columns. No rank has to be chosen: a deep linear network is trained on the \
      measurements from near zero, and its path suggests the ranks.

      Example: deeplinear sense a.npy b.npy --output w.npy
      """)

  @Argument(help: ArgumentHelp("The measurements.", valueName: "measurements"))
  var measurements: String

  @Argument(help: ArgumentHelp("The measured values.", valueName: "values"))
  var values: String

  @Option(name: .long, help: "The right vectors of rank-one measurements, one per row.")
  var right: String?

  @Option(name: .long, help: "The number of rows of the matrix, for a list of elements.")
  var rows: Int?

  @Option(name: .long, help: "The number of columns of the matrix, for a list of elements.")
  var columns: Int?

  @Option(name: .long, help: "Write the matrix; the extension gives the format.")
  var output: String?

  @Option(name: .long, help: "The number of layers of the network.")
  var depth = 3

  @Option(name: .long, help: "The width of its hidden layers: auto, or a number.")
  var width = AutomaticNumber<Int>.automatic

  @Option(
    name: .long,
    help: "The size of its first end-to-end matrix relative to the data: auto, or a number.")
  var initialScale = AutomaticNumber<Double>.automatic

  @Option(name: .long, help: "The share of measurements held out when they are noisy.")
  var holdout = 0.1

  @Option(name: .long, help: "A file with the true matrix, to print the error.")
  var truth: String?

  @OptionGroup(title: "General")
  var shared: SharedOptions

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
    for (name, count) in [("--rows", rows), ("--columns", columns)] {
      if let count, count < 1 { throw ValidationError("\(name) must be at least 1, not \(count).") }
    }
  }

  func run() throws {
    try Sensing(command: self).run()
  }
}
