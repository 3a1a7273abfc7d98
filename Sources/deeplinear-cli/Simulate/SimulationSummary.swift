import DeepLinear

/// What `simulate` says about a run, as JSON and as text.
struct SimulationSummary: Encodable {
  struct OutcomeSummary: Encodable {
    var kind: String
    var step: Int?
  }

  var objective: String
  var dynamics: String
  var method: String
  var widths: [Int]
  var seed: UInt64
  var outcome: OutcomeSummary
  /// Flow time, or the number of steps of a descent.
  var endTime: Double
  var finalLoss: Double?
  var minimumLoss: Double?
  var recordedTimes: Int
  var steps: Int
  var stepsByMethod: [String: Int]?
  var refusedSteps: Int?
  var evaluations: Int?
  var jacobianProducts: Int?
  var invariantDrift: Double?
  var halfRiseTimes: [Double?]?
  var seconds: Double
  var output: String
  var checkpoint: String?
  var report: String?

  init(
    _ result: SimulationResult, spec: SimulationSpec, command: SimulateCommand, seconds: Double
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
    output = command.results.output
    checkpoint = command.checkpoints.checkpoint
    report = command.results.report
  }

  var text: String {
    var lines = [
      "\(dynamics) of a \(objective) network of widths \(widths.map(String.init).joined(separator: "–")): "
        + "\(recordedTimes) points up to time \(readable(endTime)), final loss \(readable(finalLoss ?? .nan))"
    ]
    var work = "\(steps) steps by \(method)"
    if let stepsByMethod, stepsByMethod.count > 1 {
      work +=
        " (\(stepsByMethod.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")))"
    }
    if let evaluations { work += ", \(evaluations) evaluations" }
    lines.append("\(work), \(readable(seconds)) s, outcome \(outcome.kind)")
    if let invariantDrift {
      lines.append(
        "balance invariants changed by \(readable(invariantDrift)) of the largest ‖W_j‖²")
    }
    if let halfRiseTimes {
      lines.append(
        "half-rise times: "
          + halfRiseTimes.map { $0.map(readable) ?? "–" }.joined(separator: ", "))
    }
    lines.append("trajectory: \(output)")
    if let checkpoint { lines.append("checkpoint: \(checkpoint)") }
    if let report { lines.append("report: \(report)/index.html") }
    return lines.joined(separator: "\n")
  }
}
