public import DataFormats
import DeepLinear
public import Records

/// A simulated trajectory.
public struct SimulationResult: JobResult {
  let request: Simulation
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
    let isDescent = spec.dynamics.kind.isDescent
    return switch path.trajectory.outcome {
    case .diverged(let step):
      isDescent
        ? "the descent diverged at step \(step); make stepSize smaller than \(spec.dynamics.stepSize)."
        : "the flow becomes infinite after time \(path.trajectory.snapshots.last?.time ?? 0); record earlier times."
    default:
      "the loss did not reach targetLoss; record later times, or ask for less."
    }
  }
}
