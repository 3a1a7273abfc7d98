import ArgumentParser
import Jobs

struct LayersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Replace linear layers of a trained network by factors, and factors by layers.",
    discussion: """
      Works on .safetensors files with PyTorch's names, or on the index of several. Other tensors, their \
      order and the types of all stay as they are. How a weight acts is told by its shape, its bias and \
      its name; what they leave open is asked for by --kind and --groups.

      Example: deeplinear layers expand model.safetensors --layer fc1 --depth 3 --output deep.safetensors
      """,
    subcommands: [Expand.self, Collapse.self, Compress.self])

  /// What all three read.
  struct Model: ParsableArguments {
    @Argument(
      help: ArgumentHelp(
        "The network, as .safetensors or .safetensors.index.json.", valueName: "model"))
    var path: String
  }

  /// What all three write.
  struct Results: ParsableArguments {
    @Option(
      name: .long,
      help: ArgumentHelp(
        "Write the network as .safetensors, or in several with an index.", valueName: "file"))
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
        "The name of a layer, such as fc1, a pattern, such as 'encoder.*.fc?', or a list; may be given several times.",
        valueName: "name"))
    var layer: [String] = []

    @Flag(name: .long, help: "Every layer that is a linear map and can be told to be one.")
    var allLinear = false

    @Option(
      name: .long,
      help: ArgumentHelp(
        "How weights are stored: linear, conv, conv-transpose, gpt2; or NAME=KIND.",
        valueName: "kind"))
    var kind: [String] = []

    @Option(
      name: .long,
      help: ArgumentHelp(
        "The number of groups of convolutions; or NAME=NUMBER.", valueName: "number"))
    var groups: [String] = []

    @Flag(name: .long, help: "Add pairs of LoRA to the weights beside them.")
    var mergeLora = false

    @Option(
      name: .long, parsing: .unconditional,
      help: ArgumentHelp(
        "Their factor α/r, where no file says it; 1 unless told.", valueName: "number"))
    var loraScale: Double?

    func validate() throws {
      if layer.isEmpty, !allLinear {
        throw ValidationError("No layer is named; give --layer NAME.")
      }
    }
  }

  struct Expand: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Replace a layer by balanced factors whose product it is.",
      usage: "deeplinear layers expand <model> --layer <name> --output <file> [<options>]",
      discussion: """
        fc1.weight becomes fc1.0.weight, fc1.1.weight, … as torch.nn.Sequential names them; a bias goes \
        with the last. A convolution becomes one of the same kernel and 1×1 convolutions after it; a \
        transposed one 1×1 before the kernel.

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
        fc1.0.weight, fc1.1.weight, … become fc1.weight; biases on the way are carried to the end. So do \
        chains of convolutions, weight norm, and with --merge-lora a weight and its pair.

        Example: deeplinear layers collapse deep.safetensors --layer fc1 --output model.safetensors
        """)

    @OptionGroup var model: Model

    @OptionGroup(title: "Results") var results: Results

    @OptionGroup(title: "Layers") var names: Names

    @OptionGroup(title: "Method") var method: Method

    @OptionGroup(title: "General") var shared: SharedOptions

    struct Method: ParsableArguments {
      @Flag(
        name: .long,
        help: "The convolutions have stride 1 and pad nothing, so that several kernels are one.")
      var unpadded = false
    }

    func run() throws {
      var request = LayersCommand.request(.collapse, model, names, results, shared)
      if method.unpadded { request.unpadded = true }
      try carryOut(request, shared) { $0.text }
    }
  }

  struct Compress: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Replace a layer by factors of lower rank.",
      usage: "deeplinear layers compress <model> --layer <name> --output <file> [<options>]",
      discussion: """
        The rank is given, or the smallest that keeps a share of the energy Σσ². An error (the root mean \
        square of the layers' relative errors) or a budget (the share of their parameters to keep) is \
        shared out over all layers by what each rank is worth. With --activations errors are weighed by \
        what flows in, and biases refitted. A layer that would grow is left as it is.

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
        help: ArgumentHelp(
          "The share of the layers' parameters to keep, such as 0.5.", valueName: "share"))
      var budget: Double?

      @Option(
        name: .long,
        help: ArgumentHelp(
          "What flows into the layer, samples first (.npy); NAME=FILE for several layers, or an .npz with an array for each.",
          valueName: "file"))
      var activations: [String] = []

      @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("The number of factors.", valueName: "number"))
      var depth = LayerChange.defaultDepth

      func validate() throws {
        let measures = [rank != nil, energy != nil, error != nil, budget != nil]
        guard measures.count(where: { $0 }) == 1 else {
          throw ValidationError("Give one of --rank, --energy, --error and --budget.")
        }
      }
    }

    func run() throws {
      var request = LayersCommand.request(.compress, model, names, results, shared)
      request.depth = method.depth
      request.rank = method.rank
      request.energy = method.energy
      request.error = method.error
      request.budget = method.budget
      for text in method.activations {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.count == 2 ? String(parts[0]) : ""
        request.activations = (request.activations ?? [:])
          .merging([name: DataSource(String(parts[parts.count - 1]))]) { $1 }
      }
      try carryOut(request, shared) { $0.text }
    }
  }

  /// What all three ask for.
  private static func request(
    _ action: LayerChange.Action, _ model: Model, _ names: Names, _ results: Results,
    _ shared: SharedOptions
  ) -> LayerChange {
    var request = LayerChange(action, of: DataSource(model.path), layer: names.layer)
    if names.allLinear { request.allLinear = true }
    if !names.kind.isEmpty { request.kind = names.kind }
    if !names.groups.isEmpty { request.groups = names.groups }
    if names.mergeLora { request.mergeLora = true }
    request.loraScale = names.loraScale
    request.output = results.output
    request.report = results.report
    request.force = shared.force
    request.seed = shared.seed
    return request
  }
}
