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

  /// Simulates a specification whose values are given as such, not as a text.
  package static func run(
    _ values: JSONTree, in context: JobContext, observing observer: JobObserver
  ) throws -> SimulationResult {
    let request = Simulation(.text(""))
    let file = try SpecFile(values, in: context)
    let start = ContinuousClock.now
    let spec = try SimulationSpec(request.spec, read: file, in: context)
    return try request.result(of: spec, from: start, in: context, observing: observer)
  }

  /// Simulates a specification that was read.
  func result(
    of spec: SimulationSpec, from start: ContinuousClock.Instant = .now, in context: JobContext,
    observing observer: JobObserver
  ) throws -> SimulationResult {
    try checkMemory(spec)
    try checkEnd(spec)
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

  /// What would go on for years, long after nothing changes, is asked to say when it may end.
  private func checkEnd(_ spec: SimulationSpec) throws {
    let last = spec.recording.times.last ?? 0
    let isDescent = spec.dynamics.kind.isDescent
    guard last > (isDescent ? 1e12 : 1e15), spec.dynamics.kind != .exact,
      spec.dynamics.targetLoss == nil, spec.dynamics.restSpeed == nil
    else { return }
    throw BadInput(
      "\(self.spec.name): \(isDescent ? "\(readable(last)) steps take longer than anybody waits" : "a flow until time \(readable(last)) goes on long after it has come to rest"); record earlier, or give dynamics.\(isDescent ? "targetLoss" : "restSpeed"), which ends it."
    )
  }

  private func checkMemory(_ spec: SimulationSpec) throws {
    let widths = spec.network.widths
    let quantities = spec.recording.quantities
    var size = SimulatedSize(widths: widths)
    let ends = (Double(widths[0]), Double(widths[widths.count - 1]))
    size.points = spec.recording.times.count
    size.numbersPerPoint = 8
    size.isFlow = !spec.dynamics.kind.isDescent && spec.dynamics.kind != .exact
    if quantities.contains(.singularValues) { size.numbersPerPoint += min(ends.0, ends.1) }
    if quantities.contains(.endToEnd) { size.numbersPerPoint += ends.0 * ends.1 }
    if quantities.contains(.layers) { size.numbersPerPoint += size.weightCount }
    try size.need.check(
      "\(self.spec.name): recording \(size.points) points of a network of \(readable(size.weightCount)) weights",
      "record fewer points or quantities, or narrow the network")
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
