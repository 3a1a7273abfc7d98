import DeepLinear

/// What `simulate` says about a run, as JSON and as text.
public struct SimulationSummary: Encodable {
  package struct OutcomeSummary: Encodable {
    package var kind: String
    package var step: Int?
  }

  package var objective: String
  package var dynamics: String
  package var method: String
  package var widths: [Int]
  package var seed: UInt64
  package var outcome: OutcomeSummary
  /// Flow time, or the number of steps of a descent.
  package var endTime: Double
  package var finalLoss: Double?
  package var minimumLoss: Double?
  package var recordedTimes: Int
  package var steps: Int
  package var stepsByMethod: [String: Int]?
  package var refusedSteps: Int?
  package var evaluations: Int?
  package var jacobianProducts: Int?
  package var invariantDrift: Double?
  package var halfRiseTimes: [Double?]?
  package var seconds: Double
  package var output: String?
  package var checkpoint: String?
  package var report: String?

  /// How it ended, for people: only what reached something it looked for has converged.
  package var ending: String {
    let place =
      dynamics.hasSuffix("escent") ? "step \(Int(endTime))" : "t = \(readable(endTime))"
    return switch outcome.kind {
    case "ended", "stepLimit": "ended at \(place)"
    default: "\(outcome.kind) at \(place)"
    }
  }

  init(
    _ result: SimulatedPath, spec: SimulationSpec, request: Simulation, seconds: Double
  ) {
    let trajectory = result.trajectory
    objective = spec.objective.kind
    dynamics = spec.dynamics.kind.rawValue
    method = result.method
    widths = spec.network.widths
    seed = spec.seed
    outcome = OutcomeSummary(kind: trajectory.outcome.kind, step: trajectory.outcome.step)
    endTime = trajectory.snapshots.last?.time ?? 0
    finalLoss = trajectory.snapshots.last?.loss.finite
    minimumLoss = spec.objective.objective.minimum?.value.finite
    recordedTimes = trajectory.snapshots.count
    steps = trajectory.stepCount
    stepsByMethod = result.cost?.stepsByMethod
    refusedSteps = result.cost?.refusedSteps
    evaluations = result.cost?.evaluations
    jacobianProducts = result.cost?.jacobianProducts
    invariantDrift = result.invariantDrift?.finite
    halfRiseTimes = result.halfRiseTimes
    self.seconds = seconds
    output = request.output
    checkpoint = request.checkpoint
    report = request.report
  }
}
