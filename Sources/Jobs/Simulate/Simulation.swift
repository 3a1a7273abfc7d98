import DataFormats
import DeepLinear
import FoundationEssentials

/// Follow the training of a deep linear network by descent, gradient flow or closed form.
///
/// A checkpoint is written while it runs, where one is asked for.
public struct Simulation: Job {
  public static let name = "simulate"

  /// What is simulated.
  public var spec: SpecSource
  /// Values that stand instead of those in the specification, each as `key=value`.
  public var set: [String]?
  /// Where the trajectory is written, as `.npz`.
  public var output: String?
  /// The folder of a report.
  public var report: String?

  /// Where what is needed to continue is kept.
  public var checkpoint: String?
  /// Seconds between two checkpoints.
  public var checkpointInterval: Double?
  /// A checkpoint of the same specification to continue from.
  public var resume: String?

  /// Whether a closed form with a bound of its error is taken where none is exact.
  public var approximate: Bool?

  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// Taken instead of the specification's where it is given.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ spec: SpecSource) { self.spec = spec }

  /// ``checkpointInterval`` where nil.
  public static let defaultCheckpointInterval = 30.0

  package var settledCheckpointInterval: Double {
    checkpointInterval ?? Self.defaultCheckpointInterval
  }

  public func validate() throws {
    let interval = settledCheckpointInterval
    guard interval >= 0, interval.isFinite else {
      throw BadInput("--checkpoint-interval must be a number of seconds, not \(interval).")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> SimulationResult {
    let start = ContinuousClock.now
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    if case .file(let path) = self.spec { try outputs.input(path) }
    try outputs.file(output, option: "--output", among: [.npz])
    try outputs.report(report)
    try outputs.checkpoint(checkpoint, resuming: resume)
    let spec = try SimulationSpec(
      self.spec, seed: seed, settings: (set ?? []).map { try SpecSetting($0) }, in: context)
    for source in spec.file.data { try outputs.input(source) }
    return try result(of: spec, from: start, in: context, observing: observer)
  }

  /// Simulates a specification that was read.
  func result(
    of spec: SimulationSpec, from start: ContinuousClock.Instant = .now, in context: JobContext,
    observing observer: JobObserver
  ) throws -> SimulationResult {
    observer.show("simulating")
    let path = try path(of: spec, observer)
    return try result(of: spec, path: path, from: start, in: context)
  }

  /// The result of a path that was made already.
  func result(
    of spec: SimulationSpec, path: SimulatedPath, from start: ContinuousClock.Instant = .now,
    in context: JobContext
  ) throws -> SimulationResult {
    var path = path
    if !spec.recording.derived.isEmpty {
      path.derived = try DerivedArrays(path.trajectory.snapshots, of: spec).members
    }
    // What diverged does not take the place of what an earlier run left.
    var written = self
    var kept: [String] = []
    if path.divergence(spec) != nil {
      kept = [output, report].compactMap(\.self)
        .filter { FileManager.default.fileExists(atPath: $0) }
      written.output = kept.contains(output ?? "") ? nil : output
      written.report = kept.contains(report ?? "") ? nil : report
    }
    return SimulationResult(
      request: written, kept: kept, context: context, spec: spec, path: path,
      summary: SimulationSummary(
        path, spec: spec, request: written, seconds: (ContinuousClock.now - start).seconds))
  }

  private func path(of spec: SimulationSpec, _ observer: JobObserver) throws -> SimulatedPath {
    switch spec.dynamics.kind {
    case .exact:
      return try ExactSimulation.result(of: spec, approximate: approximate ?? false)
    case .descent, .endToEndDescent, .regularizedDescent:
      let equation = try SimulatedEquation.equation(of: spec)
      return try DescentSimulation(request: self, spec: spec, observer: observer).run(equation)
    case .flow, .endToEndFlow, .regularizedFlow:
      let equation = try SimulatedEquation.equation(of: spec)
      return try FlowSimulation(request: self, spec: spec, observer: observer).run(equation)
    }
  }
}

/// What a simulation found, whatever made it.
struct SimulatedPath {
  var trajectory: Trajectory
  /// The integrator, the descent rule or the closed form.
  var method: String
  /// Whether everything asked for was reached.
  var isComplete: Bool
  var cost: FlowCost?
  var invariantDrift: Double?
  var halfRiseTimes: [Double?]?
  var isStillRising: [Bool]?
  /// The time from which the smallest singular value is below rounding of the layers.
  var roundingTime: Double?
  /// The most that ‖W‖ can be off by, at each time, for a closed form that is not exact.
  var errorBounds: [Double]?
  /// Quantities computed from those recorded.
  var derived: [DerivedArrays.Member] = []

  /// The sentence about a path that diverged; nil for others.
  func divergence(_ spec: SimulationSpec) -> String? {
    guard case .diverged(let step) = trajectory.outcome else { return nil }
    return spec.dynamics.countsSteps
      ? "the descent diverged at step \(step); make stepSize smaller than \(spec.dynamics.stepSize)."
      : "the flow becomes infinite after time \(trajectory.snapshots.last?.time ?? 0); record earlier times."
  }
}
