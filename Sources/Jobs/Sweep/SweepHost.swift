import DeepLinear
import FoundationEssentials
import SweepStore

/// Who deals out the runs of a sweep and writes down what comes back: to the threads of its own process, or as bytes to
/// processes elsewhere, each with a ``SweepWorker``.
public final class SweepHost {
  let runner: SweepRunner
  private let request: Sweep
  private let context: JobContext
  private let plan: SweepPlan
  private let folder: SweepFolder
  private let store: SweepStore
  private let choice: String?
  private let start = ContinuousClock.now

  /// Makes the folder, or goes on with the sweep in it.
  ///
  /// - Parameters:
  ///   - request: the sweep.
  ///   - workers: how many take runs; the processors' number where nil.
  ///   - context: arrays and uploads that the request names.
  ///   - observer: hears of progress and can end the sweep.
  /// - Throws: ``BadInput``.
  public init(
    _ request: Sweep, workers: Int?, in context: JobContext = JobContext(),
    observing observer: JobObserver = .none
  ) throws {
    try request.validate()
    self.request = request
    self.context = context
    plan = try SweepPlan(request, in: context)
    let place = try plan.place(request.device ?? .processor)
    choice = place.choice
    folder = SweepFolder(request.output)
    try folder.prepare(resume: request.resume ?? false, force: request.force ?? false)
    store = try folder.open(try plan.identity)
    runner = try SweepRunner(
      plan, into: store, on: place,
      threads: place.workers ?? workers ?? RowBlocks.processorCount,
      part: request.part.map { try SweepPart($0) },
      trajectories: plan.keepsTrajectories ? try folder.trajectories() : nil, observing: observer)
  }

  deinit { try? store.leave() }

  /// Takes what a worker has done, and gives it more; nil at the end.
  ///
  /// May be called from several threads.
  ///
  /// - Parameter ended: what ``SweepWorker/perform(_:)`` gave; empty the first time.
  public func tasks(after ended: [UInt8]) throws -> [UInt8]? {
    let runs =
      ended.isEmpty ? [] : try JSONDecoder().decode([StoredRun].self, from: Data(ended))
    for run in runs { runner.note(run) }
    return try runner.take(runs).map { Array(try JSONEncoder().encode($0)) }
  }

  /// What came of it, when every worker is at its end.
  public func result() throws -> SweepResult { try result(of: runner.ending()) }

  func result(of ending: SweepRunner.Ending) throws -> SweepResult {
    let table = SweepTable(
      try store.runs(), axes: plan.names, measures: plan.measures.map(\.name),
      isShare: plan.measures.map(\.isShare))
    return SweepResult(
      request: request, context: context, plan: plan, folder: folder, table: table, ending: ending,
      choice: choice,
      seconds: (ContinuousClock.now - start).seconds)
  }
}

/// Carries out runs that a ``SweepHost`` elsewhere deals out.
public struct SweepWorker {
  private let plan: SweepPlan
  private let trajectories: String?

  /// A worker on the host's request.
  ///
  /// - Throws: ``BadInput``.
  public init(_ request: Sweep, in context: JobContext = JobContext()) throws {
    plan = try SweepPlan(request, in: context)
    trajectories = plan.keepsTrajectories ? "\(request.output)/runs" : nil
  }

  /// Carries out what ``SweepHost/tasks(after:)`` gave.
  public func perform(_ tasks: [UInt8]) throws -> [UInt8] {
    let tasks = try JSONDecoder().decode([SweepTask].self, from: Data(tasks))
    let runs = plan.perform(tasks, keeping: trajectories) { true }
    return Array(try JSONEncoder().encode(runs))
  }
}
