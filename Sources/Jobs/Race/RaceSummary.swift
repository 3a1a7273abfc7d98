import DeepLinear

/// What `race` says, as JSON and as text.
public struct RaceSummary: Encodable {
  package struct TrialSummary: Encodable {
    package var stepSize: Double
    package var steps: Nullable<Int>
  }

  package struct EntrySummary: Encodable {
    package var depth: Int
    /// `loss` for depth 1, `layers` or `endToEnd`.
    package var on: String
    package var bestStepSize: Nullable<Double>
    package var steps: Nullable<Int>
    /// The steps of depth 1 over these; above one where depth is faster.
    package var factor: Nullable<Double>
    /// The time at which gradient flow reaches the loss.
    package var flowTime: Nullable<Double>
    package var trials: [TrialSummary]
  }

  package var specification: String
  package var objective: String
  package var rows: Int
  package var columns: Int
  package var seed: UInt64
  package var initialLoss: Double
  package var targetLoss: Double
  package var minimumLoss: Nullable<Double>
  package var stepLimit: Int
  package var entries: [EntrySummary]
  package var seconds: Double
  package var output: String?
  package var report: String?

  init(
    _ entries: [RaceEntry], of spec: SimulationSpec, initialLoss: Double, targetLoss: Double,
    minimumLoss: Double?, request: DepthRace, seconds: Double
  ) {
    specification = spec.file.path
    objective = spec.objective.kind
    rows = spec.objective.objective.outputCount
    columns = spec.objective.objective.inputCount
    seed = spec.seed
    self.initialLoss = initialLoss
    self.targetLoss = targetLoss
    self.minimumLoss = Nullable(minimumLoss?.finite)
    stepLimit = request.settledStepLimit
    let plain = entries.first { $0.ground == .loss }?.search.best?.steps
    self.entries = entries.map { entry in
      let best = entry.search.best
      return EntrySummary(
        depth: entry.depth, on: entry.ground.rawValue, bestStepSize: Nullable(best?.stepSize),
        steps: Nullable(best?.steps),
        factor: Nullable(
          plain.flatMap { plain in best?.steps.map { Double(plain) / Double(max($0, 1)) } }),
        flowTime: Nullable(entry.flowTime),
        trials: entry.search.trials.map {
          TrialSummary(stepSize: $0.stepSize, steps: Nullable($0.steps))
        })
    }
    self.seconds = seconds
    output = request.output
    report = request.report
  }
}
