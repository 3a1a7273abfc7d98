import ArgumentParser
import DataFormats
import DeepLinear

struct LayersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Replace linear layers of a trained network by factors, and factors by layers.",
    discussion: """
      Works on .safetensors files with PyTorch's names. Other tensors, their order and the types of all \
      stay as they are.

      Example: deeplinear layers expand model.safetensors --layer fc1 --depth 3 --output deep.safetensors
      """,
    subcommands: [Expand.self, Collapse.self, Compress.self])

  /// What all three have in common.
  struct Files: ParsableArguments {
    @Argument(help: ArgumentHelp("The network, as .safetensors.", valueName: "model"))
    var model: String

    @Option(name: .long, help: "The name of a layer, such as fc1; may be given several times.")
    var layer: [String] = []

    @Option(name: .long, help: "Write the network as .safetensors.")
    var output: String

    func validate() throws {
      if layer.isEmpty { throw ValidationError("No layer is named; give --layer NAME.") }
      if let name = layer.first(where: { name in layer.count { $0 == name } > 1 }) {
        throw ValidationError("--layer \(name) is given more than once; name each layer once.")
      }
    }
  }

  struct Expand: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Replace a layer by balanced factors whose product it is.",
      discussion: """
        fc1.weight becomes fc1.0.weight, fc1.1.weight, … as torch.nn.Sequential names them; a bias goes \
        with the last. A convolution becomes one of the same kernel and 1×1 convolutions after it.

        Example: deeplinear layers expand model.safetensors --layer fc1 --depth 3 --output deep.safetensors
        """)

    @OptionGroup var files: Files

    @Option(name: .long, help: "The number of factors.")
    var depth = 2

    @Option(name: .long, help: "The width between the factors: auto, or a number.")
    var width = AutomaticNumber<Int>.automatic

    @OptionGroup(title: "General") var shared: SharedOptions

    func validate() throws {
      if depth < 1 { throw ValidationError("--depth must be at least 1, not \(depth).") }
      if case .number(let width) = width, width < 1 {
        throw ValidationError("--width must be at least 1, not \(width).")
      }
    }

    func run() throws {
      let factorizer = LayerFactorizer(depth: depth, width: width.value)
      try LayerChange(files: files, shared: shared).run { try $0.factorize($1, by: factorizer) }
    }
  }

  struct Collapse: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Replace consecutive factors by the one layer that they are.",
      discussion: """
        fc1.0.weight, fc1.1.weight, … become fc1.weight; biases on the way are carried to the end.

        Example: deeplinear layers collapse deep.safetensors --layer fc1 --output model.safetensors
        """)

    @OptionGroup var files: Files

    @OptionGroup(title: "General") var shared: SharedOptions

    func run() throws {
      try LayerChange(files: files, shared: shared).run { try $0.collapse($1) }
    }
  }

  struct Compress: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Replace a layer by factors of lower rank.",
      discussion: """
        The rank is given, or the smallest that keeps a share of the energy Σσ² or stays within a \
        relative error of the weight.

        Example: deeplinear layers compress model.safetensors --layer fc1 --energy 0.99 --output small.safetensors
        """)

    @OptionGroup var files: Files

    @Option(name: .long, help: "The rank to keep.")
    var rank: Int?

    @Option(name: .long, help: "The share of the energy to keep, such as 0.99.")
    var energy: Double?

    @Option(name: .long, help: "The relative error to allow, such as 0.05.")
    var error: Double?

    @Option(name: .long, help: "The number of factors.")
    var depth = 2

    @OptionGroup(title: "General") var shared: SharedOptions

    func validate() throws {
      if depth < 2 { throw ValidationError("--depth must be at least 2, not \(depth).") }
      guard [rank != nil, energy != nil, error != nil].count(where: { $0 }) == 1 else {
        throw ValidationError("Give one of --rank, --energy and --error.")
      }
    }

    func run() throws {
      let kept: LayerFactorizer.Rank =
        rank.map { .fixed($0) } ?? energy.map { .energy($0) } ?? .relativeError(error ?? 0)
      let factorizer = LayerFactorizer(depth: depth, rank: kept)
      try LayerChange(files: files, shared: shared).run { try $0.factorize($1, by: factorizer) }
    }
  }
}
