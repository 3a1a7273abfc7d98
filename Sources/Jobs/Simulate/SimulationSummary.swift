import DeepLinear

/// What `simulate` says about a run, as JSON and as text.
public struct SimulationSummary: Encodable {
  package struct OutcomeSummary: Encodable {
    package var kind: String
    package var step: Int?
    /// The time from which the smallest singular value of the end-to-end matrix is below rounding of the layers.
    package var roundingFrom: Double?
    /// What that puts in doubt.
    package var doubt: String?
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
  /// The least loss that a network of this kind and these widths can have, where it is known.
  package var minimumLoss: Double?
  package var recordedTimes: Int
  package var steps: Int
  package var stepsByMethod: [String: Int]?
  package var refusedSteps: Int?
  package var evaluations: Int?
  package var jacobianProducts: Int?
  package var invariantDrift: Double?
  package var halfRiseTimes: [Double?]?
  /// By component, whether it has not come to its final value by the end.
  package var isStillRising: [Bool]?
  /// The most that W can be off by, in the Frobenius norm, at any recorded time; null where no bound is finite.
  package var errorBound: Nullable<Double>?
  package var seconds: Double
  package var output: String?
  package var checkpoint: String?
  package var report: String?

  /// How it ended, for people: only what reached something it looked for has converged.
  package var ending: String {
    let place =
      dynamics.hasSuffix("escent") || method == "linearDescent"
      ? "step \(Int(endTime))" : "t = \(readable(endTime))"
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
    outcome = OutcomeSummary(
      kind: trajectory.outcome.kind, step: trajectory.outcome.step,
      roundingFrom: result.roundingTime,
      doubt: result.roundingTime.map { _ in
        "from then on the smallest singular value, the rank and the sign of the determinant are those of rounding"
      })
    endTime = trajectory.snapshots.last?.time ?? 0
    finalLoss = trajectory.snapshots.last?.loss.finite
    let least = try? spec.objective.objective.minimum(over: spec.network.endToEndClass)
    minimumLoss = least?.value.finite
    recordedTimes = trajectory.snapshots.count
    steps = trajectory.stepCount
    stepsByMethod = result.cost?.stepsByMethod
    refusedSteps = result.cost?.refusedSteps
    evaluations = result.cost?.evaluations
    jacobianProducts = result.cost?.jacobianProducts
    invariantDrift = result.invariantDrift?.finite
    halfRiseTimes = result.halfRiseTimes
    isStillRising = result.isStillRising
    errorBound = result.errorBounds.map { Nullable($0.max()?.finite) }
    self.seconds = seconds
    output = request.output
    checkpoint = request.checkpoint
    report = request.report
  }
}
