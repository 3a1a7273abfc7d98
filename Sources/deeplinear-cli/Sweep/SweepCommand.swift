import ArgumentParser
import Jobs

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Repeat a job over values of its keys, thousands of times, and measure each run.",
    subcommands: [SweepRunCommand.self, SweepMergeCommand.self],
    defaultSubcommand: SweepRunCommand.self)
}

struct SweepRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Carry out a sweep, continue it, or extend it.",
    usage: "deeplinear sweep run <spec> --output <folder> [<options>]",
    discussion: """
      SPEC is a specification of simulate, or a request with the key job: complete, sense or regress, \
      whose data may come from a teacher. Any of its keys can be an axis, given here or under the key sweep:

      sweep:
      · axes: {network.initial.scale: {from: 1e-6, to: 0.1, count: 20, spacing: log}}
      · zip: [[axis, axis]]
      · sample: {kind: sobol, count: 200}
      · where: network.initial.scale < dynamics.stepSize
      · seeds: 100
      · measure: [finalLoss, {name: arrival, timeTo: 1e-6, of: loss}]

      Results go into sweep.sqlite in the folder as each run ends, then into runs.csv, points.csv, sweep.npz \
      and a report. What was killed goes on with --resume; so does a sweep with more seeds or values. \
      The word run may be left out.

      Example: deeplinear sweep spec.yaml --axis dynamics.stepSize=1e-3:1:20:log --seeds 10 --output steps
      """)

  @Argument(help: ArgumentHelp("What to repeat.", valueName: "spec"))
  var spec: String

  @Option(
    name: .long,
    help: ArgumentHelp("The folder of the results.", valueName: "folder"))
  var output: String

  @OptionGroup(title: "What is swept")
  var plan: SweepPlanArguments

  @OptionGroup(title: "How")
  var ways: SweepWayArguments

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var request = Sweep(.file(spec), output: output)
    request.set = plan.set.isEmpty ? nil : plan.set
    request.axis = plan.axis.isEmpty ? nil : plan.axis
    request.seeds = plan.seeds
    request.limit = plan.limit
    request.resume = ways.resume ? true : nil
    request.threads = ways.threads
    request.part = ways.part
    request.device = ways.device
    request.keepTrajectories = ways.keepTrajectories ? true : nil
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }
}

/// What a sweep goes over.
struct SweepPlanArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "An axis: key=from:to:count, key=from:to:count:log or key=a,b,c; may be repeated.",
      valueName: "axis"))
  var axis: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Set a value instead of the one written; may be repeated.", valueName: "key=value"))
  var set: [String] = []

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("How many runs every point has.", valueName: "number"))
  var seeds: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The largest number of runs. (default: 100000)", valueName: "number"))
  var limit: Int?
}

/// How a sweep is carried out.
struct SweepWayArguments: ParsableArguments {
  @Flag(name: .long, help: "Continue or extend the sweep in the folder.")
  var resume = false

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "How many runs go on at once; the results do not depend on it. (default: one a processor)",
      valueName: "number"))
  var threads: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where small descents are carried out: cpu, gpu (NVIDIA), or auto. (default: cpu)",
      valueName: "device"))
  var device: SweepDevice?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Do one of several parts, as 3/16; sweep merge puts them together.", valueName: "part"))
  var part: String?

  @Flag(name: .long, help: "Keep the trajectory of every run, under its seed.")
  var keepTrajectories = false
}

struct SweepMergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Put the parts of a sweep together that were done apart.",
    usage: "deeplinear sweep merge <folder> ... --output <folder> [<options>]",
    discussion: """
      Each part is the output of a sweep with --part, or of another rank or machine.

      Example: deeplinear sweep merge part-1 part-2 --output whole
      """)

  @Argument(help: ArgumentHelp("The folders of the parts.", valueName: "folder"))
  var parts: [String]

  @Option(name: .long, help: ArgumentHelp("The folder of the whole.", valueName: "folder"))
  var output: String

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var request = SweepMerge(parts, output: output)
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }
}
