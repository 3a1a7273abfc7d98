import ArgumentParser

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

  func validate() throws {
    if results.intervals != nil, fitting.holdout == 0 {
      throw ValidationError(
        "--intervals needs entries held out; give --holdout a share above 0.")
    }
    if results.intervals != nil, fitting.method == .nuclear {
      throw ValidationError("--intervals goes with --method deep; leave one of them out.")
    }
    if fitting.method == .deep, fitting.penalty != .none {
      throw ValidationError("--penalty goes with --method nuclear; add it or leave --penalty out.")
    }
    if fitting.penalty == .automatic, fitting.holdout == 0 {
      throw ValidationError(
        "--penalty auto needs entries held out; give --holdout a share above 0.")
    }
  }

  func run() throws {
    try Completion(command: self).run()
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
  var clip: ClosedInterval?

  func validate() throws {
    if let intervals, !(intervals > 0 && intervals < 1) {
      throw ValidationError("--intervals must lie between 0 and 1, not \(intervals).")
    }
    if intervalOutput != nil, intervals == nil {
      throw ValidationError("--interval-output needs a coverage; add --intervals 0.9.")
    }
  }
}

/// How `complete` finds its answer.
struct FittingArguments: ParsableArguments {
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
  var holdout = 0.1

  @Option(
    name: .long,
    help: ArgumentHelp(
      "By the path of a deep network, or by the smallest nuclear norm.", valueName: "method"))
  var method = Method.deep

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      """
      What the nuclear norm is weighed with against the fit: none meets every known entry exactly; \
      auto lets entries held out decide.
      """, valueName: "number"))
  var penalty = NuclearPenalty.none

  enum Method: String, ExpressibleByArgument, CaseIterable {
    case deep
    /// The smallest nuclear norm, of all that agree with every known entry or weighed against the fit.
    case nuclear
  }

  /// `none`, `auto`, or a positive number.
  enum NuclearPenalty: ExpressibleByArgument, Equatable, Sendable {
    case none
    case automatic
    case fixed(Double)

    init?(argument: String) {
      switch argument {
      case "none": self = .none
      case "auto": self = .automatic
      default:
        guard let number = Double(argument), number > 0, number.isFinite else { return nil }
        self = .fixed(number)
      }
    }

    var defaultValueDescription: String {
      switch self {
      case .none: "none"
      case .automatic: "auto"
      case .fixed(let number): "\(number)"
      }
    }
  }

  func validate() throws {
    func check(_ holds: Bool, _ sentence: String) throws {
      if !holds { throw ValidationError(sentence) }
    }
    try check(depth >= 1, "--depth must be at least 1, not \(depth).")
    if let width = width.value {
      try check(width >= 1, "--width must be at least 1, not \(width).")
    }
    if let rank = rank.value {
      try check(rank >= 1, "--rank must be at least 1, not \(rank).")
    }
    if let threads = threads.value {
      try check(threads >= 1, "--threads must be at least 1, not \(threads).")
    }
    if let scale = initialScale.value {
      try check(
        scale > 0 && scale.isFinite, "--initial-scale must be a positive number, not \(scale).")
    }
    try check(
      holdout >= 0 && holdout < 1, "--holdout must be at least 0 and below 1, not \(holdout).")
  }
}
