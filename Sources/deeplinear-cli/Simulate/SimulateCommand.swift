import ArgumentParser
import Jobs
import Studio

struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract:
      "Follow the training of a deep linear network by descent, gradient flow or closed form.",
    usage: "deeplinear simulate <spec> --output <file> [<options>]",
    discussion: """
      SPEC is YAML or JSON with the keys objective, network, dynamics, recording and seed; paths in it are \
      relative to it. The trajectory is an .npz archive that numpy.load reads: times, loss, and each \
      quantity by its name, layers as layer1, layer2, ….

      objective: {kind: factorization, target: y.npy}
      network: {widths: [10, 10, 10], initial: {kind: balanced, scale: 1.0e-3}}
      dynamics: {kind: flow, relativeTolerance: 1.0e-10}
      recording: {times: [0, 1, 10], quantities: [loss, singularValues]}

      Every key with its values, default and an example stands in deeplinear simulate --reference. The method \
      of a flow is auto, dormandPrince, chebyshev, exponential or radau.

      A run with --checkpoint that was killed continues with --resume from the same file, to the same bits.

      Example: deeplinear simulate spec.yaml --output trajectory.npz
      """)

  @Argument(help: ArgumentHelp("What to simulate.", valueName: "spec"))
  var spec: String?

  @Flag(
    name: .long,
    help: "Where no closed form is exact, take that of the modes, with a bound of its error.")
  var approximate = false

  @Flag(name: .long, help: "Print every key of a specification and end.")
  var reference = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Set a value instead of the one written; may be repeated.", valueName: "key=value"))
  var set: [String] = []

  @OptionGroup(title: "Results")
  var results: SimulationResultArguments

  @OptionGroup(title: "Continuing")
  var checkpoints: CheckpointArguments

  @Flag(name: .long, help: "Follow the run in a browser while it goes on.")
  var watch = false

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func validate() throws {
    guard !reference else { return }
    guard spec != nil else { throw ValidationError("Missing expected argument '<spec>'") }
    guard results.output != nil else {
      throw ValidationError("Missing expected argument '--output <file>'")
    }
  }

  func run() throws {
    guard !reference, let spec else {
      return try StandardOutput.write(
        shared.json ? SpecificationText.referenceJSON() : SpecificationText.reference)
    }
    var request = Simulation(.file(spec))
    request.set = set.isEmpty ? nil : set
    request.output = results.output
    request.approximate = approximate ? true : nil
    request.report = results.report
    request.checkpoint = checkpoints.checkpoint
    request.checkpointInterval = checkpoints.checkpointInterval
    request.resume = checkpoints.resume
    request.force = shared.force
    request.seed = shared.seed
    guard watch else { return try carryOut(request, shared) { $0.text } }
    let watched = WatchedRun(spec)
    // The command waits while its copy works.
    let command = self
    let wanted = request
    try StudioDoor.open(watching: watched) {
      try command.carryOut(wanted, command.shared, watching: watched.hear) { $0.text }
    }
  }
}

/// What `simulate` writes.
struct SimulationResultArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Write the trajectory into this .npz archive.", valueName: "file"))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Write a report to open in a browser.", valueName: "folder"))
  var report: String?
}

/// How a long simulation survives being killed.
struct CheckpointArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Keep in this file what is needed to continue.", valueName: "file"))
  var checkpoint: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Seconds between two checkpoints.", valueName: "seconds"))
  var checkpointInterval = Simulation.defaultCheckpointInterval

  @Option(
    name: .long,
    help: ArgumentHelp("Continue from a checkpoint of the same specification.", valueName: "file"))
  var resume: String?
}
