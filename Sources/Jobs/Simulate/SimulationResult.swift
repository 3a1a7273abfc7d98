public import DataFormats
import DeepLinear
public import Records

/// A simulated trajectory.
public struct SimulationResult: JobResult {
  let request: Simulation
  /// Places that an earlier run filled, which a run that diverged leaves alone.
  let kept: [String]
  let context: JobContext
  let spec: SimulationSpec
  let path: SimulatedPath
  public let summary: SimulationSummary

  public var ending: JobEnding {
    if path.trajectory.outcome.wasInterrupted { return .interrupted }
    return path.isComplete ? .done : .incomplete(sentence: sentence)
  }

  /// `times`, `loss`, and each recorded quantity by its name, layers as `layer1`, `layer2`, ….
  public func arrays() throws -> NPZArchive { TrajectoryArchive(path, spec: spec).archive }

  /// The same start, followed to the same times by the closed form of gradient flow.
  ///
  /// - Throws: ``BadInput`` where none applies.
  package func closedForm() throws -> SimulationResult {
    var spec = spec
    spec.dynamics = try DynamicsSpec(SpecNode(standard: "{kind: exact}", file: spec.file.path))
    return try Simulation(request.spec).result(of: spec, in: context, observing: .none)
  }

  public func record() throws -> Record {
    SimulationReport(result: path, spec: spec, summary: summary, context: context).record
  }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output { try arrays().write(to: output, overwrite: force) }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }

  private var sentence: String {
    if case .stiff(let step) = path.trajectory.outcome {
      return
        "the flow is stiff: after \(step) steps \(path.method) would need millions more, for stability alone; use method auto or radau, or record earlier times."
    }
    guard let divergence = path.divergence(spec) else {
      return "the loss did not reach targetLoss; record later times, or ask for less."
    }
    guard !kept.isEmpty else { return divergence }
    return "\(divergence) \(kept.joined(separator: " and ")) of an earlier run "
      + "\(kept.count == 1 ? "is" : "are") kept."
  }
}
