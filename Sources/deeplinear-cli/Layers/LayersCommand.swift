import ArgumentParser
import Jobs

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

  /// What all three read.
  struct Model: ParsableArguments {
    @Argument(help: ArgumentHelp("The network, as .safetensors.", valueName: "model"))
    var path: String
  }

  /// What all three write.
  struct Results: ParsableArguments {
    @Option(
      name: .long, help: ArgumentHelp("Write the network as .safetensors.", valueName: "file"))
    var output: String

    @Option(
      name: .long, help: ArgumentHelp("Write a report to open in a browser.", valueName: "folder"))
    var report: String?
  }

  /// Which layers are changed.
  struct Names: ParsableArguments {
    @Option(
      name: .long,
      help: ArgumentHelp(
        "The name of a layer, such as fc1; may be given several times.", valueName: "name"))
    var layer: [String] = []

    func validate() throws {
      if layer.isEmpty { throw ValidationError("No layer is named; give --layer NAME.") }
    }
  }

  struct Expand: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Replace a layer by balanced factors whose product it is.",
      usage: "deeplinear layers expand <model> --layer <name> --output <file> [<options>]",
      discussion: """
        fc1.weight becomes fc1.0.weight, fc1.1.weight, … as torch.nn.Sequential names them; a bias goes \
        with the last. A convolution becomes one of the same kernel and 1×1 convolutions after it.

        Example: deeplinear layers expand model.safetensors --layer fc1 --depth 3 --output deep.safetensors
        """)

    @OptionGroup var model: Model

    @OptionGroup(title: "Results") var results: Results

    @OptionGroup(title: "Layers") var names: Names

    @OptionGroup(title: "Method") var method: Method

    @OptionGroup(title: "General") var shared: SharedOptions

    struct Method: ParsableArguments {
      @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("The number of factors.", valueName: "number"))
      var depth = LayerChange.defaultDepth

      @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("The width between the factors, or auto.", valueName: "number"))
      var width = AutomaticNumber<Int>.automatic
    }

    func run() throws {
      var request = LayersCommand.request(.expand, model, names, results, shared)
      request.depth = method.depth
      request.width = method.width.value
      try carryOut(request, shared) { $0.text }
    }
  }

  struct Collapse: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Replace consecutive factors by the one layer that they are.",
      usage: "deeplinear layers collapse <model> --layer <name> --output <file> [<options>]",
      discussion: """
        fc1.0.weight, fc1.1.weight, … become fc1.weight; biases on the way are carried to the end.

        Example: deeplinear layers collapse deep.safetensors --layer fc1 --output model.safetensors
        """)

    @OptionGroup var model: Model

    @OptionGroup(title: "Results") var results: Results

    @OptionGroup(title: "Layers") var names: Names

    @OptionGroup(title: "General") var shared: SharedOptions

    func run() throws {
      let request = LayersCommand.request(.collapse, model, names, results, shared)
      try carryOut(request, shared) { $0.text }
    }
  }

  struct Compress: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Replace a layer by factors of lower rank.",
      usage: "deeplinear layers compress <model> --layer <name> --output <file> [<options>]",
      discussion: """
        The rank is given, or the smallest that keeps a share of the energy Σσ² or stays within a \
        relative error of the weight.

        Example: deeplinear layers compress model.safetensors --layer fc1 --energy 0.99 --output small.safetensors
        """)

    @OptionGroup var model: Model

    @OptionGroup(title: "Results") var results: Results

    @OptionGroup(title: "Layers") var names: Names

    @OptionGroup(title: "Method") var method: Method

    @OptionGroup(title: "General") var shared: SharedOptions

    struct Method: ParsableArguments {
      @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("The rank to keep.", valueName: "number"))
      var rank: Int?

      @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("The share of the energy to keep, such as 0.99.", valueName: "share"))
      var energy: Double?

      @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("The relative error to allow, such as 0.05.", valueName: "share"))
      var error: Double?

      @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("The number of factors.", valueName: "number"))
      var depth = LayerChange.defaultDepth

      func validate() throws {
        guard [rank != nil, energy != nil, error != nil].count(where: { $0 }) == 1 else {
          throw ValidationError("Give one of --rank, --energy and --error.")
        }
      }
    }

    func run() throws {
      var request = LayersCommand.request(.compress, model, names, results, shared)
      request.depth = method.depth
      request.rank = method.rank
      request.energy = method.energy
      request.error = method.error
      try carryOut(request, shared) { $0.text }
    }
  }

  /// What all three ask for.
  private static func request(
    _ action: LayerChange.Action, _ model: Model, _ names: Names, _ results: Results,
    _ shared: SharedOptions
  ) -> LayerChange {
    var request = LayerChange(action, of: DataSource(model.path), layer: names.layer)
    request.output = results.output
    request.report = results.report
    request.force = shared.force
    request.seed = shared.seed
    return request
  }
}
