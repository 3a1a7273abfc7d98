import ArgumentParser
import DataFormats
import Jobs

/// `datasets`: what data sets are like.
struct DatasetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "datasets",
    abstract: "Measure what theory assumes of data sets.",
    subcommands: [MeasureCommand.self])
}

struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Measure how nearly inputs and targets are decomposed jointly.",
    discussion: """
      INPUTS are IDX files, CIFAR binary files (.bin, which hold labels too), .npy with one sample per row, \
      or CSV tables; several files of one kind are strung together, and all may be gzip files. They are read \
      in blocks, so that memory does not grow with the number of samples. Targets are one-hot vectors of \
      class labels, unless --targets gives their numbers.

      With X scaled to norm 1, Y too, Sx = X'X and Sxy = X'Y = U S V', the measures are of the part B of \
      U'Sx U outside the diagonal, of the commutator of Sxy Sxy' and Sx, and of Sx minus the identity scaled \
      to norm 1. Raw inputs are those of the paper; scaling all of them by one number changes nothing.

      Example: deeplinear datasets measure train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz
      """)

  @Argument(help: ArgumentHelp("The samples.", valueName: "inputs"))
  var inputs: [String]

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file of class labels from 0: IDX, .npy or CSV; once for each file of inputs, or for all of them.",
      valueName: "file"))
  var labels: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file of targets with one row per sample: .npy, IDX or CSV.", valueName: "file"))
  var targets: [String] = []

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The column of labels in CSV inputs: its heading, or its position from 0, or from the end with -1. Labels in it may be words.",
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
      "What is done to the samples first: center subtracts means, standardize divides by deviations too.",
      valueName: "how"))
  var centering = DataSetMeasurement.Centering.none

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var request = DataSetMeasurement(inputs.map { DataSource($0) })
    request.labels = labels.map { DataSource($0) }
    request.targets = targets.map { DataSource($0) }
    request.labelColumn = labelColumn
    request.classes = classes
    request.records = records
    request.centering = centering
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }
}
