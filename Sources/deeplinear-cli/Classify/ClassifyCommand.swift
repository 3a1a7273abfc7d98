import ArgumentParser
import Jobs
import LinearAlgebra

struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Train a small convolutional network whose dense layers may be deep.",
    usage: "deeplinear classify <images> <labels> [<options>]",
    discussion: """
      IMAGES are IDX or .npy, images × height × width, and LABELS one class from 0 for each. Convolutions, \
      rectified and pooled, are followed by dense layers, any of which may be a product of several matrices: \
      the same functions, often learned faster, and collapsed to one matrix afterwards.

      Example: deeplinear classify train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz --depths 2,1 --report report
      """)

  @Argument(help: ArgumentHelp("The images.", valueName: "images"))
  var images: String

  @Argument(help: ArgumentHelp("Their classes.", valueName: "labels"))
  var labels: String

  @OptionGroup(title: "Data")
  var data: ClassifyDataArguments

  @OptionGroup(title: "Network and training")
  var network: ClassifyNetworkArguments

  @OptionGroup(title: "Results")
  var results: ClassifyResultArguments

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var request = ImageClassification(images: DataSource(images), labels: DataSource(labels))
    request.testImages = data.testImages.map { DataSource($0) }
    request.testLabels = data.testLabels.map { DataSource($0) }
    request.imageShape = try data.imageShape.map { try Self.numbers($0, "--image-shape") }
    request.channels = try network.channels.map { try Self.numbers($0, "--channels") }
    request.kernel = network.kernel
    request.hidden = try network.hidden.map { try Self.numbers($0, "--hidden") }
    request.depths = try network.depths.map { try Self.numbers($0, "--depths") }
    request.step = network.step
    request.momentum = network.momentum
    request.batch = network.batch
    request.epochs = network.epochs
    request.output = results.output
    request.report = results.report
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }

  private static func numbers(_ text: String, _ option: String) throws -> [Int] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let number = Int($0.filter { $0 != " " }) else {
        throw BadInput("\(option) must be whole numbers with commas between, not '\(text)'.")
      }
      return number
    }
  }
}

/// What else `classify` reads.
struct ClassifyDataArguments: ParsableArguments {
  @Option(
    name: .long, help: ArgumentHelp("Images that training does not see.", valueName: "file"))
  var testImages: String?

  @Option(name: .long, help: ArgumentHelp("Their classes.", valueName: "file"))
  var testLabels: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Height and width, then channels if more than one, where rows of numbers do not show it.",
      valueName: "numbers"))
  var imageShape: String?
}

/// What `classify` trains, and how.
struct ClassifyNetworkArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("The channels of each convolution. (default: 20,50)", valueName: "numbers"))
  var channels: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The side of every kernel. (default: 5)", valueName: "number"))
  var kernel: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The units of each dense layer but the last. (default: 500)", valueName: "numbers"))
  var hidden: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The number of factors of each dense layer. (default: ones)", valueName: "numbers"))
  var depths: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The step size. (default: 0.01)", valueName: "size"))
  var step: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The momentum. (default: 0.9)", valueName: "share"))
  var momentum: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The images of one step. (default: 64)", valueName: "number"))
  var batch: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("How often every image is seen. (default: 1)", valueName: "number"))
  var epochs: Int?
}

/// What `classify` writes.
struct ClassifyResultArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write the classes found for the test images, or for the images where there are none.",
      valueName: "file"))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Write a report to open in a browser.", valueName: "folder"))
  var report: String?
}

extension ClassificationSummary {
  var text: String {
    let shape = imageShape.map(String.init).joined(separator: "×")
    var lines = [
      "\(images) images of \(shape), \(classes) classes: \(steps) steps, \(readable(seconds)) s",
      "weights: \(parameters), collapsed \(collapsedParameters)",
      "accuracy in training: \(readable(trainingAccuracy))",
    ]
    if let accuracy = testAccuracy.value, let count = testImages.value {
      lines.append("accuracy on \(count) test images: \(readable(accuracy))")
    }
    let files = [output, report.map { "\($0)/index.html" }].compactMap(\.self)
    if !files.isEmpty { lines.append("written: \(files.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }
}
