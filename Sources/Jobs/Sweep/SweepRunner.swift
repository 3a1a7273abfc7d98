import DeepLinear
import Dispatch
import FoundationEssentials
import SweepStore
import Synchronization

/// Carries out what is left of a plan on some threads, and writes each run down when it ends.
final class SweepRunner: Sendable {
  private struct State {
    var schedule: SweepSchedule
    var ended = 0
    var failures: [SweepFailure] = []
    var failureCount = 0
    var problem: (any Error)?
    var lastShown = ContinuousClock.now
  }

  // Threads only read it.
  nonisolated(unsafe) private let plan: SweepPlan
  private let store: SweepStore
  private let place: SweepPlace
  private let threads: Int
  private let trajectories: String?
  private let observer: JobObserver
  private let state: Mutex<State>
  private let isStopped = Atomic<Bool>(false)
  private let start = ContinuousClock.now
  private let places: [String: Int]
  /// How many runs are best carried out together.
  private let least: Int
  private let before: Int
  private let total: Int

  /// - Parameters:
  ///   - part: which of how many parts of the runs is done; nil for all.
  ///   - trajectories: the folder in which trajectories are kept; nil for none.
  init(
    _ plan: SweepPlan, into store: SweepStore, on place: SweepPlace = .processor, threads: Int,
    part: SweepPart?,
    trajectories: String?, observing observer: JobObserver
  ) throws {
    self.plan = plan
    self.store = store
    self.place = place
    self.threads = threads
    self.trajectories = trajectories
    self.observer = observer
    places = Dictionary(uniqueKeysWithValues: plan.points.enumerated().map { ($1.key, $0) })
    var done: Set<RunKey> = []
    var known: [Int: (seconds: Double, count: Double)] = [:]
    for run in try store.runs() {
      done.insert(RunKey(point: run.point, replicate: run.replicate))
      guard let place = places[run.point] else { continue }
      let time = known[place] ?? (0, 0)
      known[place] = (time.seconds + run.seconds, time.count + 1)
    }
    func isAsked(_ point: Int, _ replicate: Int) -> Bool {
      let seed = plan.points[point].seed(base: plan.seed, replicate: replicate)
      return part?.holds(seed) ?? true
    }
    var asked = 0
    let schedule = SweepSchedule(
      pointCount: plan.points.count, replicates: plan.replicates, known: known
    ) { point, replicate in
      guard isAsked(point, replicate) else { return false }
      asked += 1
      return !done.contains(RunKey(point: plan.points[point].key, replicate: replicate))
    }
    least = plan.isOfDescents(for: place.backend) ? place.size : 1
    total = asked
    before = asked - schedule.count
    state = Mutex(State(schedule: schedule))
  }

  struct Ending {
    var ran: Int
    var before: Int
    var total: Int
    var failureCount: Int
    var failures: [SweepFailure]
    var isInterrupted: Bool
  }

  /// Runs to the end, or until the observer has enough.
  func run() throws -> Ending {
    show(force: true)
    if state.withLock({ $0.schedule.count }) > 0 {
      DispatchQueue.concurrentPerform(iterations: threads) { _ in work() }
    }
    return try ending()
  }

  /// How it went.
  ///
  /// - Throws: what kept results from being written.
  func ending() throws -> Ending {
    if let problem = state.withLock({ $0.problem }) { throw problem }
    return state.withLock {
      Ending(
        ran: $0.ended, before: before, total: total, failureCount: $0.failureCount,
        failures: $0.failures, isInterrupted: isStopped.load(ordering: .relaxed))
    }
  }

  private func work() {
    var ended: [StoredRun] = []
    while let tasks = take(ended) {
      ended = perform(tasks)
      for run in ended { note(run) }
    }
  }

  /// Writes down what has ended, and takes what is to be done next; nil at the end.
  ///
  /// May be called from several threads. An error is kept for the end, and stops the others.
  func take(_ ended: [StoredRun]) -> [SweepTask]? {
    var ended = ended
    do {
      while true {
        let wanted =
          isStopped.load(ordering: .relaxed)
          ? [] : state.withLock { $0.schedule.take(workers: threads, least: least) }
        if wanted.isEmpty {
          if !ended.isEmpty { _ = try store.exchange(ended: ended, for: []) }
          return nil
        }
        let keys = wanted.map { RunKey(point: plan.points[$0.point].key, replicate: $0.replicate) }
        let taken = Set(try store.exchange(ended: ended, for: keys))
        ended = []
        // Another process may have all of them.
        if !taken.isEmpty { return zip(wanted, keys).filter { taken.contains($1) }.map(\.0) }
      }
    } catch {
      state.withLock { $0.problem = $0.problem ?? error }
      isStopped.store(true, ordering: .relaxed)
      return nil
    }
  }

  /// Some runs; fewer when they were stopped.
  func perform(_ tasks: [SweepTask]) -> [StoredRun] {
    if isStopped.load(ordering: .relaxed) { return [] }
    return plan.perform(tasks, on: place, keeping: trajectories) {
      !self.isStopped.load(ordering: .relaxed) && self.show()
    }
  }

  /// Learns of a run that has ended.
  func note(_ run: StoredRun) {
    state.withLock { state in
      state.ended += 1
      if let point = places[run.point] { state.schedule.note(run.seconds, for: point) }
      guard run.status == .failed else { return }
      state.failureCount += 1
      if state.failures.count < SweepFailure.listed {
        state.failures.append(SweepFailure(run))
      }
    }
    show(force: true)
  }

  /// Tells how far it is, and hears whether to go on.
  @discardableResult
  private func show(force: Bool = false) -> Bool {
    let now = ContinuousClock.now
    let progress = state.withLock { state -> (ended: Int, failed: Int)? in
      guard force || now - state.lastShown > .milliseconds(100) else { return nil }
      state.lastShown = now
      return (state.ended, state.failureCount)
    }
    guard let progress else { return true }
    let (ended, failed) = progress
    let seconds = (now - start).seconds
    var words = [
      "\(SweepPlan.grouped(Double(before + ended))) of \(SweepPlan.grouped(Double(total))) runs"
    ]
    if ended > 0, seconds > 0 {
      let rate = Double(ended) / seconds
      words.append("\(readable(rate)) a second")
      words.append("\(Self.span(Double(total - before - ended) / rate)) left")
    }
    if failed > 0 { words.append("\(failed) failed") }
    let goesOn = observer.report(
      JobProgress(
        stage: "sweeping", fraction: total == 0 ? 1 : Double(before + ended) / Double(total),
        note: words.joined(separator: ", ")))
    if !goesOn { isStopped.store(true, ordering: .relaxed) }
    return goesOn
  }

  /// Seconds in words: `45 s`, `3 min`, `2.5 h`.
  static func span(_ seconds: Double) -> String {
    if seconds < 100 { return "\(Int(seconds.rounded(.up))) s" }
    if seconds < 6000 { return "\(Int((seconds / 60).rounded(.up))) min" }
    return "\(readable((seconds / 360).rounded() / 10)) h"
  }
}

/// A run to be done: which point, and which of its runs.
struct SweepTask: Codable, Equatable {
  let point: Int
  let replicate: Int
}

/// A run that failed, and why.
public struct SweepFailure: Codable, Equatable, Sendable {
  /// How many are listed.
  static let listed = 20

  /// The values of its point.
  public var point: String
  /// Which of the point's runs.
  public var replicate: Int
  /// The sentence about it.
  public var problem: String

  init(_ run: StoredRun) {
    point = run.point
    replicate = run.replicate
    problem = run.problem ?? ""
  }
}

/// One of several equal parts of a sweep's runs: `3/16`.
struct SweepPart {
  let number: Int
  let count: Int

  init(_ text: String) throws {
    let words = text.split(separator: "/", omittingEmptySubsequences: false)
    guard words.count == 2, let number = Int(words[0]), let count = Int(words[1]), count >= 1,
      (1...count).contains(number)
    else { throw BadInput("--part takes a number and how many parts, as 3/16, not '\(text)'.") }
    self.number = number
    self.count = count
  }

  /// Whether a run is in it: seeds are as good as random numbers.
  func holds(_ seed: UInt64) -> Bool { seed % UInt64(count) == UInt64(number - 1) }
}
