import DataFormats
import DeepLinear

/// Let networks of several depths race to a loss on a problem of one's own, each with its best step size.
///
/// All begin at the end-to-end matrix of the specification's network, as balanced layers. Descent runs on the layers and, for
/// Claim 1 of Cohen and Razin, on the end-to-end matrix with the preconditioner that the depth gives it; depth 1 is gradient
/// descent on the loss itself.
public struct DepthRace: Job {
  public static let name = "race"
  public static let givesWhatItHas = false

  /// The objective, and the network whose end-to-end matrix all begin at; dynamics and recording are not needed.
  public var spec: SpecSource
  /// The depths; 1, 2 and 3 where nil.
  public var depths: [Int]?
  /// The loss to reach; where nil a thousandth of the way from the start's loss is left to the least one.
  public var targetLoss: Double?
  /// The largest number of steps of one descent.
  public var stepLimit: Int?

  /// Where all trials are written, .csv.
  public var output: String?
  /// The folder of a report.
  public var report: String?
  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// Of a random start where the specification has one.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ spec: SpecSource) { self.spec = spec }

  /// ``depths`` where nil.
  public static let defaultDepths = [1, 2, 3]
  /// ``stepLimit`` where nil.
  public static let defaultStepLimit = 10_000
  /// What is left of the excess at the loss to reach where ``targetLoss`` is nil.
  package static let share = 1e-3

  package var settledDepths: [Int] { depths ?? Self.defaultDepths }
  package var settledStepLimit: Int { stepLimit ?? Self.defaultStepLimit }

  public func validate() throws {
    guard !settledDepths.isEmpty, settledDepths.allSatisfy({ $0 >= 1 && $0 <= 100 }) else {
      throw BadInput("--depths must lie between 1 and 100, like 1,2,3.")
    }
    guard Set(settledDepths).count == settledDepths.count else {
      throw BadInput("--depths names a depth twice; name each once.")
    }
    guard settledStepLimit >= 1 else {
      throw BadInput("--step-limit must be at least 1, not \(settledStepLimit).")
    }
    if let targetLoss, !targetLoss.isFinite {
      throw BadInput("--target-loss must be finite, not \(targetLoss).")
    }
  }

  /// The deepest network, with square layers of the smaller side.
  private func checkMemory(_ spec: SimulationSpec) throws {
    guard let first = spec.network.widths.first, let last = spec.network.widths.last else { return }
    let deepest = settledDepths.max() ?? 1
    let inner = [Int](repeating: min(first, last), count: deepest - 1)
    try SimulatedSize(widths: [first] + inner + [last]).need.check(
      "\(spec.file.path): \(deepest) layers between \(first) inputs and \(last) outputs",
      "give smaller --depths")
  }

  public func run(in context: JobContext, observing observer: JobObserver) throws -> RaceResult {
    let clock = ContinuousClock()
    let began = clock.now
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    if case .file(let path) = spec { try outputs.input(path) }
    try outputs.file(output, option: "--output", among: [.csv])
    try outputs.report(report)
    let spec = try SimulationSpec(self.spec, seed: seed, needsDynamics: false, in: context)
    guard case .layered(let network) = spec.network.start else {
      throw BadInput(
        "\(spec.file.path): networks of layers race, and this one is U Uᵀ; use kind: layered.")
    }
    try checkMemory(spec)
    let objective = spec.objective.objective
    let start = network.endToEnd()
    let least = try objective.minimum(
      over: .layered(narrowestWidth: min(start.rowCount, start.columnCount)))?.value
    let initial = objective.value(at: start)
    guard let target = targetLoss ?? least.map({ $0 + Self.share * (initial - $0) }) else {
      throw BadInput(
        "\(spec.file.path): the least loss of this objective is not known; give --target-loss.")
    }
    guard target < initial else {
      throw BadInput(
        "the loss \(readable(target)) to reach is not below that of the start, \(readable(initial)); give a smaller --target-loss."
      )
    }
    if let least, target <= least {
      throw BadInput(
        "no matrix has a loss below \(readable(least)), and \(readable(target)) is to be reached; give a larger --target-loss."
      )
    }
    var entries: [RaceEntry] = []
    var runs: [(depth: Int, ground: RaceEntry.Ground)] = []
    for depth in settledDepths {
      let grounds: [RaceEntry.Ground] = depth == 1 ? [.loss] : [.layers, .endToEnd]
      runs += grounds.map { (depth, $0) }
    }
    for (number, run) in runs.enumerated() {
      entries.append(
        try RaceEntry(
          objective, from: start, depth: run.depth, on: run.ground, target: target,
          stepLimit: settledStepLimit
        ) { fraction in
          let share = (Double(number) + fraction) / Double(runs.count)
          guard observer.show("racing", share) else { throw JobInterrupted() }
        })
    }
    return RaceResult(
      request: self, context: context, spec: spec, entries: entries,
      summary: RaceSummary(
        entries, of: spec, initialLoss: initial, targetLoss: target, minimumLoss: least,
        request: self, seconds: (clock.now - began).seconds))
  }
}
