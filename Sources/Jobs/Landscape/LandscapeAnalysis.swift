import DataFormats
import DeepLinear

/// Say what kind of point a network stands at: gradient, curvature, saddle or minimum, ranks nearby, and whether the field of
/// its end-to-end dynamics is a gradient.
public struct LandscapeAnalysis: Job {
  public static let name = "landscape"
  public static let givesWhatItHas = false

  /// The objective and the network, which stands where it begins; dynamics and recording are not needed.
  public var spec: SpecSource
  /// What ``Simulation`` wrote for this specification, with layers: the network stands at one of its times.
  public var trajectory: DataSource?
  /// Which recorded time; the last where nil.
  public var time: Double?
  /// The radius of the closed curve, relative to ‖W‖; one where nil.
  public var radius: Double?

  /// Where eigenvalues and directions are written, .npz.
  public var output: String?
  /// The folder of a report.
  public var report: String?
  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// Of the plane of the closed curve, and of a random start where the specification has one.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ spec: SpecSource) { self.spec = spec }

  /// ``radius`` where nil.
  public static let defaultRadius = 1.0

  package var settledRadius: Double { radius ?? Self.defaultRadius }

  public func validate() throws {
    guard settledRadius > 0, settledRadius.isFinite else {
      throw BadInput("--radius must be positive, not \(settledRadius).")
    }
    guard time == nil || trajectory != nil else {
      throw BadInput("--time goes with --trajectory; give both.")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> LandscapeResult {
    let clock = ContinuousClock()
    let began = clock.now
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    if case .file(let path) = spec { try outputs.input(path) }
    try outputs.input(trajectory)
    try outputs.file(output, option: "--output", among: [.npz])
    try outputs.report(report)
    let spec = try SimulationSpec(self.spec, seed: seed, needsDynamics: false, in: context)
    let point = try place(spec, context)
    let size = SimulatedSize(widths: spec.network.widths)
    let weights = size.weightCount
    var need = size.need
    // The directions from which the ends of the spectrum are found are all kept.
    need.add(numbers: weights, min(weights, 300), copies: 2)
    try need.check(
      "\(spec.file.path): the curvature of \(readable(weights)) weights", "narrow the network")
    observer.show("measuring curvature")
    let measures = try LandscapeMeasures(
      spec.objective.objective, at: point.layers, radius: settledRadius, seed: seed ?? spec.seed)
    return LandscapeResult(
      request: self, context: context, spec: spec, measures: measures,
      summary: LandscapeSummary(
        measures, of: spec, time: point.time, request: self, seconds: (clock.now - began).seconds))
  }

  /// The layers it stands at.
  private func place(
    _ spec: SimulationSpec, _ context: JobContext
  ) throws -> (layers: [Matrix], time: Double?) {
    guard case .layered(let network) = spec.network.start else {
      throw BadInput(
        "\(spec.file.path): the landscape is that of a network of layers, and this one is U Uᵀ; use kind: layered."
      )
    }
    guard let trajectory else { return (network.layers, nil) }
    let recorded = try TrajectoryFile(trajectory, of: spec, in: context).trajectory.snapshots
    let wanted = time ?? recorded.last?.time ?? 0
    guard let point = recorded.first(where: { abs($0.time - wanted) <= 1e-12 * abs(wanted) }) else {
      throw BadInput(
        "\(trajectory.name): the time \(readable(wanted)) was not recorded; choose one of the \(recorded.count) from \(readable(recorded.first?.time ?? 0)) to \(readable(recorded.last?.time ?? 0))."
      )
    }
    guard let layers = point.layers else {
      throw BadInput(
        "\(trajectory.name): the layers were not recorded; simulate with recording quantities: [layers]."
      )
    }
    return (layers, point.time)
  }
}
