import Dispatch
import Jobs
import Synchronization

/// Who carries work out.
protocol WorkRunner: Sendable {
  /// Carries work out; a cancelled task stops it.
  ///
  /// - Parameter isLong: whether it may take long, and must not keep short work waiting.
  func perform(
    _ work: Work, _ request: [UInt8], isLong: Bool,
    reporting report: @escaping @Sendable (JobProgress) -> Void
  ) async -> WorkOutcome

  /// Ends what it holds.
  func close()
}

/// Whether something has been called off, and whether it has ended.
final class StopFlag: Sendable {
  private let state = Mutex((isSet: false, hasEnded: false))
  func set() { state.withLock { $0.isSet = true } }
  func end() { state.withLock { $0.hasEnded = true } }
  var wasSet: Bool { state.withLock { $0.isSet } }
  var hasEnded: Bool { state.withLock { $0.hasEnded } }
}

/// Carries work out in this process: for tests, and where no other process can be had.
struct LocalRunner: WorkRunner {
  private let queue = DispatchQueue(label: "studio.work", attributes: .concurrent)

  func perform(
    _ work: Work, _ request: [UInt8], isLong: Bool,
    reporting report: @escaping @Sendable (JobProgress) -> Void
  ) async -> WorkOutcome {
    let flag = StopFlag()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.async {
          continuation.resume(
            returning: work.carryOut(
              request,
              observing: JobObserver { progress in
                report(progress)
                return !flag.wasSet
              }))
        }
      }
    } onCancel: {
      flag.set()
    }
  }

  func close() {}
}
