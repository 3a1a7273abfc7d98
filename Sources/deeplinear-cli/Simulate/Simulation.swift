import DataFormats
import DeepLinear

/// One run of `simulate`: read, run, write, report.
struct Simulation {
  let command: SimulateCommand

  func run() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let force = command.shared.force
    try DataFile.checkOutput(command.results.output, among: [.npz], overwrite: force)
    if let folder = command.results.report { try ReportFolder.check(folder, overwrite: force) }
    let spec = try SimulationSpec(command.spec, seed: command.shared.seed)
    Interrupt.watch()
    let result = try result(of: spec)
    let seconds = (clock.now - start).seconds
    try TrajectoryArchive(result, spec: spec).archive.write(
      to: command.results.output, overwrite: force)
    let summary = SimulationSummary(
      result, spec: spec, command: command, seconds: seconds)
    if let folder = command.results.report {
      try SimulationReport(result: result, spec: spec, summary: summary, command: command)
        .write(to: folder)
    }
    if command.shared.json {
      try JSONOutput.write(summary)
    } else {
      print(summary.text)
    }
    if case .interrupted = result.trajectory.outcome { throw Ended.interrupted }
    guard result.isComplete else {
      StandardError.write("deeplinear: \(sentence(about: result, spec: spec))\n")
      throw Ended.withoutResult
    }
  }

  private func sentence(about result: SimulationResult, spec: SimulationSpec) -> String {
    let isDescent = spec.dynamics.kind.isDescent
    return switch result.trajectory.outcome {
    case .diverged(let step):
      isDescent
        ? "the descent diverged at step \(step); make stepSize smaller than \(spec.dynamics.stepSize)."
        : "the flow becomes infinite after time \(result.trajectory.snapshots.last?.time ?? 0); record earlier times."
    default:
      "the loss did not reach targetLoss; record later times, or ask for less."
    }
  }

  private func result(of spec: SimulationSpec) throws -> SimulationResult {
    switch spec.dynamics.kind {
    case .exact:
      return try ExactSimulation.result(of: spec)
    case .descent, .endToEndDescent:
      let equation = try SimulatedEquation.equation(of: spec)
      return try DescentSimulation(command: command, spec: spec).run(equation)
    case .flow, .endToEndFlow, .regularizedFlow:
      let equation = try SimulatedEquation.equation(of: spec)
      return try FlowSimulation(command: command, spec: spec).run(equation)
    }
  }
}

/// What a simulation found, whatever made it.
struct SimulationResult {
  var trajectory: Trajectory
  /// The integrator, the descent rule or the closed form.
  var method: String
  /// Whether everything asked for was reached.
  var isComplete: Bool
  var cost: FlowCost?
  var invariantDrift: Double?
  var halfRiseTimes: [Double?]?
}
