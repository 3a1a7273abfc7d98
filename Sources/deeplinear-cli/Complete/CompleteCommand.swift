import ArgumentParser
import Jobs

struct CompleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "complete",
    abstract: "Fill in a matrix of which some entries are known.",
    usage: "deeplinear complete <observed> ... [<options>]",
    discussion: """
      No rank and no penalty has to be chosen: a deep linear network is trained on the known entries \
      from near zero, and its path is the regulariser. Data that some low rank fits to rounding are \
      completed exactly; otherwise entries held out decide what is kept.

      A table may be text as any program writes it (header, row names, delimiter, decimal mark and marks \
      for missing values are found out), a workbook .xlsx, or .npy, .mat or .mtx. Lines of single entries \
      are told by their header (row,column,value; userId,movieId,rating). Pictures are .png, .jpg, .pgm \
      or .ppm with --mask, or with transparent pixels. - is standard input.

      The output is the file as it came, with its gaps filled and all else as it was. A list of single \
      entries comes out as a table: a line for each row, a column for each column, numbers as the list has \
      them. Cells that nothing known determines stay empty; so do, as they are, limits such as <0.05 and \
      formulas.

      Examples:
        deeplinear complete ratings.csv --output filled.csv --report report
        deeplinear complete sensors.xlsx --output filled.xlsx --mark filled-cells.csv
        deeplinear complete photo.png --mask known.png --output restored.png
        deeplinear complete sensors.npy --depth 2 --polish none --truth whole.npy
        deeplinear complete sensors.npy --intervals 0.9 --interval-output widths.npy --json
      """)

  @Argument(
    help: ArgumentHelp(
      "The file of known entries; several with --output and a folder.", valueName: "observed"))
  var observed: [String]

  @OptionGroup(title: "Results")
  var results: ResultArguments

  @OptionGroup(title: "Method")
  var fitting: FittingArguments

  @OptionGroup(title: "Reading")
  var reading: ReadingArguments

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    if observed.count > 1 { return try runAll() }
    let name = observed[0]
    if shared.json, results.output == "-" {
      throw BadInput(
        "--json and --output - both want standard output; name a file for one of them.")
    }
    try carryOut(
      request(name, output: results.output), shared, isOutputTaken: results.output == "-"
    ) {
      $0.text(observed: name == "-" ? "standard input" : name)
    }
  }

  /// Several files, each written under its own name into the folder that is the output.
  private func runAll() throws {
    guard let folder = results.output else {
      throw BadInput(
        "\(observed.count) files are given; add --output FOLDER for what comes of them.")
    }
    let single = [
      results.report, results.model, results.truth, results.intervalOutput, results.mark,
      results.outliers,
    ]
    guard single.allSatisfy({ $0 == nil }) else {
      throw BadInput(
        "--report, --model, --truth, --interval-output, --mark and --outliers go with one file; give each file a call of its own."
      )
    }
    let names = observed.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    guard Set(names).count == names.count, !observed.contains("-") else {
      throw BadInput("two of the files have the same name, which they cannot have in \(folder).")
    }
    try OutputFolder.make(folder)
    try carryOutAll(
      zip(observed, names).map { (request($0, output: "\(folder)/\($1)"), $0) }, shared
    ) { $0.text(observed: $1) }
  }

  private func request(_ name: String, output: String?) -> Completion {
    var request = Completion(reading.source(name))
    request.output = output
    request.report = results.report
    request.model = results.model
    request.truth = results.truth.map { DataSource($0) }
    request.intervals = results.intervals
    request.intervalOutput = results.intervalOutput
    request.mark = results.mark
    request.outliers = results.outliers
    request.denoise = results.denoise
    request.keepObserved = results.keepObserved
    request.fillUndetermined = results.fillUndetermined
    request.outputFormat = output == "-" ? reading.format : nil
    request.clip = results.clip
    request.ratings = results.ratings
    request.depth = fitting.depth
    request.width = fitting.width.value
    request.initialScale = fitting.initialScale.value
    request.rank = fitting.rank.value
    request.threads = fitting.threads.value
    request.holdout = fitting.holdout
    request.method = fitting.method
    request.penalty = fitting.penalty
    request.polish = fitting.polish
    request.scaling = fitting.scaling
    request.effort = fitting.effort
    request.rowOrder = fitting.rowOrder ? true : nil
    request.force = shared.force
    request.seed = shared.seed
    return request
  }
}

/// What `complete` writes and says.
struct ResultArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write the file as it came with its gaps filled, or the matrix as .csv, .tsv, .mtx, .npy, .npz, .pgm or .png (.xlsx, .jpg and .ppm for what came so); - is standard output.",
      valueName: "file"))
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

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write which cells were filled, how sure, and which are guesses, as .csv: its kind is filled, guess, open or kept.",
      valueName: "file"))
  var mark: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write known entries that the others contradict, with what is predicted, as .csv.",
      valueName: "file"))
  var outliers: String?

  @Flag(name: .long, help: "Write the fit everywhere, with the noise of known entries removed.")
  var denoise = false

  @Flag(
    name: .long,
    help: "Fill cells that nothing known determines with a guess, instead of leaving them empty.")
  var fillUndetermined = false

  // What is now always so.
  @Flag(name: .long, help: .hidden)
  var keepObserved = false

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Limit what is written to a range, such as 1,5.", valueName: "low,high"),
    transform: ValueRange.parsed)
  var clip: ValueRange?

  @Flag(
    name: .long,
    help: "The values are ratings: limit what is written to the lowest and highest known one.")
  var ratings = false
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
    name: .long,
    help: ArgumentHelp(
      "What follows the path: a fit in factored form, or none, so that the network itself is the answer and depth shows.",
      valueName: "polish"))
  var polish: Completion.Polish?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Bring columns of different units to one: auto where it helps.", valueName: "scaling"))
  var scaling: Completion.Scaling?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The work for noisy data: quick for one fit, thorough for many draws.", valueName: "effort"))
  var effort: Completion.Effort?

  @Flag(
    name: .long,
    help:
      "Rows follow each other, as where dates name them: let smooth paths along them take part.")
  var rowOrder = false

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      """
      What the nuclear norm is weighed with against the fit: none meets every known entry exactly; \
      auto lets entries held out decide.
      """, valueName: "number"))
  var penalty = NuclearPenalty.none
}
