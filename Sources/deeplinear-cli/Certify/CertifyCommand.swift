import ArgumentParser
import Jobs

struct CertifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certify",
    abstract: "Say what theory promises for a run, and whether a trajectory keeps to it.",
    discussion: """
      SPEC is a specification as for simulate. Every certificate is listed: its hypotheses with the numbers \
      measured for them, and its bounds, or why it does not apply. With --trajectory, what simulate recorded \
      for the same specification is checked against the bounds; the more quantities it recorded, the more \
      can be checked. The command ends with 1 when a certificate whose hypotheses hold is violated.

      Example: deeplinear certify spec.yaml --trajectory trajectory.npz
      """)

  @Argument(help: ArgumentHelp("The run to certify.", valueName: "spec"))
  var spec: String

  @Option(name: .long, help: "An .npz archive that simulate wrote for this specification.")
  var trajectory: String?

  @Option(name: .long, help: "Write a report into this folder.")
  var report: String?

  @OptionGroup(title: "General")
  var shared: SharedOptions

  func run() throws {
    var request = Certification(.file(spec))
    request.trajectory = trajectory.map { DataSource($0) }
    request.report = report
    request.force = shared.force
    request.seed = shared.seed
    try carryOut(request, shared) { $0.text }
  }
}
