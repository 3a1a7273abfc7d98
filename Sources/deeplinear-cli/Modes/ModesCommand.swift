import ArgumentParser
import DataFormats
import Jobs

struct ModesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modes",
    abstract: "Say which modes a data set has, and when training learns them.",
    usage: "deeplinear modes <x> <y> [<options>]",
    discussion: """
      X and Y hold one sample per row: IDX files, CIFAR binary files (.bin, which hold labels too), .npy or \
      CSV; they are read in blocks, so that memory does not grow with the number of samples. With --labels \
      or --label-column Y is left out, and several files of samples may be given. With --covariances the two \
      files are the covariance of the inputs and the cross-covariance, outputs × inputs.

      For each mode of the cross-covariance stand its correlation σ and the variance λ of the inputs along \
      it, the time and the number of steps at which a network from a small balanced start has learned half of \
      it, and what the loss is on each plateau. Training takes modes by σ, the best matrices of each rank by \
      σ²/λ; where the two orders differ training does not pass by these. All this is exact if the inputs are \
      uncorrelated in the modes' vectors; how far they are from that is said too.

      Example: deeplinear modes x.npy y.npy --start 1e-6 --report report
      """)

  @Argument(help: ArgumentHelp("The samples, then their targets.", valueName: "files"))
  var files: [String]

  @OptionGroup(title: "Data")
  var data: ModeDataArguments

  @OptionGroup(title: "Training")
  var training: ModeTrainingArguments

  @OptionGroup(title: "Results")
  var results: ModeResultArguments

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    let holdsAnswers =
      !data.labels.isEmpty || data.labelColumn != nil || data.records != nil
      || files.allSatisfy { $0.hasSuffix(".bin") || $0.hasSuffix(".bin.gz") }
    let hasTargets = !holdsAnswers && files.count > 1
    var request = ModeAnalysis((hasTargets ? files.dropLast() : files[...]).map { DataSource($0) })
    if hasTargets, let last = files.last { request.targets = [DataSource(last)] }
    request.labels = data.labels.isEmpty ? nil : data.labels.map { DataSource($0) }
    request.labelColumn = data.labelColumn
    request.classes = data.classes
    request.records = data.records
    request.centering = data.centering
    request.covariances = data.covariances ? true : nil
    request.depth = training.depth
    request.start = training.start
    request.step = training.step
    request.output = results.output
    request.report = results.report
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }
}

/// What `modes` reads.
struct ModeDataArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file of class labels from 0: IDX, .npy or CSV; once for each file of samples, or for all of them.",
      valueName: "file"))
  var labels: [String] = []

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The column of labels in CSV samples: its heading, or its position from 0, or from the end with -1.",
      valueName: "column"))
  var labelColumn: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How many classes there are; as many as the largest label needs by default.",
      valueName: "number"))
  var classes: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("The kind of .bin files whose size does not tell it.", valueName: "kind"))
  var records: CIFARRecord?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What is done to the samples first: center subtracts means, standardize divides by deviations too. (default: none)",
      valueName: "how"))
  var centering: DataSetMeasurement.Centering?

  @Flag(name: .long, help: "The files hold the covariance of the inputs and the cross-covariance.")
  var covariances = false
}

/// What training `modes` speaks of.
struct ModeTrainingArguments: ParsableArguments {
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The number of layers.", valueName: "number"))
  var depth = ModeAnalysis.defaultDepth

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The size of every mode of the end-to-end matrix at the start.", valueName: "size"))
  var start = ModeAnalysis.defaultStart

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The step of descent; half of the largest stable one by default.", valueName: "size"))
  var step: Double?
}

/// What `modes` writes.
struct ModeResultArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Write bases and numbers into this .npz archive.", valueName: "file"))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Write a report to open in a browser.", valueName: "folder"))
  var report: String?
}
