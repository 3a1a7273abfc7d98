import ArgumentParser
import Jobs
import LinearAlgebra

struct TensorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tensor",
    abstract: "Fill in a tensor of which some entries are known.",
    usage: "deeplinear tensor <observed> [<options>]",
    discussion: """
      OBSERVED is an .npy array with NaN where it is unknown, or a .csv whose rows hold a position and a \
      value. A network of products is trained from near zero; few of its components rise, and these are \
      fitted to the entries: no rank is asked for.

      Example: deeplinear tensor ratings.csv --shape 50,40,12 --output filled.npy --report report
      """)

  @Argument(help: ArgumentHelp("The known entries.", valueName: "observed"))
  var observed: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The extent of each dimension, with commas; the largest indices by default.",
      valueName: "numbers"))
  var shape: String?

  @Flag(name: .long, help: "Positions count from one.")
  var oneBased = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A sum of products, or a tree over four dimensions.", valueName: "structure"))
  var structure = TensorCompletion.Structure.canonical

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The largest number of components.", valueName: "number"))
  var components: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The share held out where data are not exact.", valueName: "share"))
  var holdout = TensorCompletion.defaultHoldout

  @Option(
    name: .long,
    help: ArgumentHelp("A whole .npy array to compare with.", valueName: "file"))
  var truth: String?

  @Option(name: .long, help: ArgumentHelp("Write the whole array as .npy.", valueName: "file"))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Write a report to open in a browser.", valueName: "folder"))
  var report: String?

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var source = DataSource(observed)
    source.reading.oneBased = oneBased ? true : nil
    var request = TensorCompletion(source)
    request.shape = try shape.map { text in
      try text.split(separator: ",", omittingEmptySubsequences: false).map {
        guard let extent = Int($0.filter { $0 != " " }) else {
          throw BadInput("--shape must be whole numbers with commas between, not '\(text)'.")
        }
        return extent
      }
    }
    request.structure = structure
    request.components = components
    request.holdout = holdout
    request.truth = truth.map { DataSource($0) }
    request.output = output
    request.report = report
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }
}

extension TensorSummary {
  var text: String {
    var lines = [
      "\(shape.map(String.init).joined(separator: "×")) from \(observed) entries: rank \(ranks.map(String.init).joined(separator: ", ")), "
        + (outcome.exact ? "exact" : "chosen by held-out entries"),
      "error on the known entries: \(readable(trainingError))",
    ]
    if let error = holdoutError.value {
      lines.append("error on those held out: \(readable(error))")
    }
    if let error = relativeError {
      lines.append("relative error against the truth: \(readable(error))")
    }
    let files = [output, report.map { "\($0)/index.html" }].compactMap(\.self)
    lines.append(
      files.isEmpty
        ? "written: nothing; --output FILE keeps the array"
        : "written: \(files.joined(separator: ", "))")
    return lines.joined(separator: "\n")
  }
}
