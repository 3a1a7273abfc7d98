import ArgumentParser
import DataFormats
import DeepLinear

struct CompleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "complete",
    abstract: "Fill in a matrix of which some entries are known.",
    discussion: """
      No rank and no penalty has to be chosen: a deep linear network is trained on the known entries \
      from near zero, and its path is the regulariser. Data that some low rank fits to rounding are \
      completed exactly; otherwise entries held out decide what is kept.

      OBSERVED is a CSV table with empty or NaN cells, a CSV of triplets (row, column, value under a \
      header line), a Matrix Market .mtx file, a .npy with NaN, or a .pgm image with --mask.

      The output holds the fitted matrix in every place, noise removed; --keep-observed puts the known \
      entries back.

      Example: deeplinear complete ratings.csv --output filled.csv --report report
      """)

  @Argument(help: ArgumentHelp("The file of known entries.", valueName: "observed"))
  var observed: String

  @Option(name: .long, help: "Write the completed matrix; the extension gives the format.")
  var output: String?

  @Option(name: .long, help: "The number of layers of the network.")
  var depth = 3

  @Option(name: .long, help: "The width of its hidden layers: auto, or a number.")
  var width = AutomaticNumber<Int>.automatic

  @Option(
    name: .long,
    help: "The size of its first end-to-end matrix relative to the data: auto, or a number.")
  var initialScale = AutomaticNumber<Double>.automatic

  @Option(name: .long, help: "The share of entries held out when the data are noisy; 0 for none.")
  var holdout = 0.1

  @Option(name: .long, help: "A file with the whole true matrix, to print the error.")
  var truth: String?

  @Option(
    name: .long, help: "The coverage of prediction intervals for unknown entries, such as 0.9.")
  var intervals: Double?

  @Option(name: .long, help: "Write the half-widths of the intervals.")
  var intervalOutput: String?

  @Option(name: .long, help: "Save the fit as .safetensors, for predict.")
  var model: String?

  @Option(name: .long, help: "Write a report into this folder.")
  var report: String?

  @Option(name: .long, help: "How the matrix is completed: deep, or nuclear.")
  var method = Method.deep

  @Flag(name: .long, help: "Keep the known entries as they are in the output.")
  var keepObserved = false

  @Option(name: .long, help: "Limit the output to a range, such as 1,5.")
  var clip: ClosedInterval?

  @OptionGroup(title: "Reading")
  var reading: ReadingArguments

  @OptionGroup
  var shared: SharedOptions

  enum Method: String, ExpressibleByArgument, CaseIterable {
    case deep, nuclear
  }

  func validate() throws {
    func check(_ holds: Bool, _ sentence: String) throws {
      if !holds { throw ValidationError(sentence) }
    }
    try check(depth >= 1, "--depth must be at least 1, not \(depth).")
    if case .number(let width) = width {
      try check(width >= 1, "--width must be at least 1, not \(width).")
    }
    if case .number(let scale) = initialScale {
      try check(
        scale > 0 && scale.isFinite, "--initial-scale must be a positive number, not \(scale).")
    }
    try check(
      holdout >= 0 && holdout < 1, "--holdout must be at least 0 and below 1, not \(holdout).")
    if let intervals {
      try check(
        intervals > 0 && intervals < 1, "--intervals must lie between 0 and 1, not \(intervals).")
      try check(holdout > 0, "--intervals needs entries held out; give --holdout a share above 0.")
    }
    try check(
      intervalOutput == nil || intervals != nil,
      "--interval-output needs a coverage; add --intervals 0.9.")
  }

  func run() throws {
    try Completion(command: self).run()
  }
}
