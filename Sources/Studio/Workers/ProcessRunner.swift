import Jobs
import Synchronization

/// Carries work out in processes: some for short work, others for long work, so that neither waits for the other.
final class ProcessRunner: WorkRunner {
  private let short: WorkerLane
  private let long: WorkerLane
  private let deadlines = Deadlines()
  /// Short work that takes longer is ended: not everything that a request can ask for asks whether to go on.
  private static let longestSeconds = 30

  /// - Parameters:
  ///   - executable: the program, which runs ``Worker/run()`` when it is given the arguments.
  ///   - count: how many processes there are of each kind.
  init(executable: String, arguments: [String], count: Int) {
    func lane() -> WorkerLane {
      WorkerLane(
        (0..<count).map { _ in WorkerProcess(executable: executable, arguments: arguments) })
    }
    short = lane()
    long = lane()
  }

  func perform(
    _ work: Work, _ request: [UInt8], isLong: Bool,
    reporting report: @escaping @Sendable (JobProgress) -> Void
  ) async -> WorkOutcome {
    let lane = isLong ? long : short
    guard let worker = await lane.take() else { return .interrupted }
    let flag = StopFlag()
    let lateness = StopFlag()
    let deadline =
      isLong
      ? nil
      : deadlines.add(after: .seconds(Self.longestSeconds)) {
        lateness.set()
        worker.stop(flag)
      }
    let outcome = await withTaskCancellationHandler {
      await worker.perform(work, request, flag: flag, reporting: report)
    } onCancel: {
      worker.stop(flag)
    }
    if let deadline { deadlines.remove(deadline) }
    await lane.give(worker)
    if outcome == .interrupted, lateness.wasSet {
      return .refused(
        "This takes longer than the \(Self.longestSeconds) s that a page waits; the command has no such limit."
      )
    }
    return outcome
  }

  func close() {
    deadlines.close()
    short.end()
    long.end()
  }
}

/// Workers of one kind, and who waits for one.
actor WorkerLane {
  private let all: [WorkerProcess]
  private var free: [WorkerProcess]
  private var waiting: [(Int, CheckedContinuation<WorkerProcess?, Never>)] = []
  private var nextTicket = 0

  init(_ workers: [WorkerProcess]) {
    all = workers
    free = workers
  }

  /// A worker, as soon as one is free; nil for who no longer wants one.
  func take() async -> WorkerProcess? {
    if Task.isCancelled { return nil }
    if let worker = free.popLast() { return worker }
    nextTicket += 1
    let ticket = nextTicket
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiting.append((ticket, $0)) }
    } onCancel: {
      Task { await self.leave(ticket) }
    }
  }

  /// Gives a worker back.
  func give(_ worker: WorkerProcess) {
    if waiting.isEmpty {
      free.append(worker)
    } else {
      waiting.removeFirst().1.resume(returning: worker)
    }
  }

  private func leave(_ ticket: Int) {
    guard let place = waiting.firstIndex(where: { $0.0 == ticket }) else { return }
    waiting.remove(at: place).1.resume(returning: nil)
  }

  nonisolated func end() { all.forEach { $0.terminate() } }
}
