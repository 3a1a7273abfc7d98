import Dispatch
import Synchronization

/// The networks of a batch that threads take in turn, and the trajectories they put in their places.
///
/// Taken rather than allotted: a thread whose networks end early takes others.
final class BatchQueue: Sendable {
  private struct State {
    var next = 0
    var finished = 0
    var isInterrupted = false
    var results: [Trajectory?]
  }

  private let state: Mutex<State>
  private let count: Int

  init(count: Int) {
    self.count = count
    state = Mutex(State(results: [Trajectory?](repeating: nil, count: count)))
  }

  /// The next network that nobody has taken.
  func take() -> Int? {
    state.withLock { state in
      guard state.next < count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  /// Puts a trajectory in its place, and returns how many there are.
  func put(_ trajectory: Trajectory, at index: Int) -> Int {
    state.withLock { state in
      state.results[index] = trajectory
      state.finished += 1
      return state.finished
    }
  }

  var finishedCount: Int { state.withLock { $0.finished } }

  /// Whether somebody wants all to end where they are.
  var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

  func heed(_ verdict: Verdict) {
    guard verdict == .interrupt else { return }
    state.withLock { $0.isInterrupted = true }
  }

  /// Works on several threads until nothing is left, and gives all trajectories.
  func drain(threadCount: Int, _ work: @Sendable () -> Void) -> [Trajectory] {
    if threadCount == 1 {
      work()
    } else {
      DispatchQueue.concurrentPerform(iterations: threadCount) { _ in work() }
    }
    return state.withLock { $0.results.map { $0! } }
  }
}
