import Synchronization

/// What is done when work takes too long, to a second.
///
/// One clock serves all work: a timer of its own would outlive each piece by far, and thousands come in a second.
final class Deadlines: Sendable {
  private struct Entry: Sendable {
    var end: ContinuousClock.Instant
    var pass: @Sendable () -> Void
  }

  private struct State {
    var entries: [Int: Entry] = [:]
    var next = 0
    var clock: Task<Void, Never>?
  }

  private let state = Mutex(State())

  /// Has something done in a while.
  ///
  /// - Returns: its number, to have it not done.
  func add(after delay: Duration, _ pass: @escaping @Sendable () -> Void) -> Int {
    let end = ContinuousClock.now + delay
    return state.withLock { state in
      state.next += 1
      state.entries[state.next] = Entry(end: end, pass: pass)
      if state.clock == nil { state.clock = newClock() }
      return state.next
    }
  }

  func remove(_ number: Int) { _ = state.withLock { $0.entries.removeValue(forKey: number) } }

  func close() {
    state.withLock { state in
      state.clock?.cancel()
      state.entries = [:]
    }
  }

  private func newClock() -> Task<Void, Never> {
    Task { [weak self] in
      while (try? await Task.sleep(for: .seconds(1))) != nil, let self { self.passDue() }
    }
  }

  private func passDue() {
    let now = ContinuousClock.now
    let due = state.withLock { state in
      let due = state.entries.filter { $0.value.end <= now }
      for number in due.keys { state.entries[number] = nil }
      return due.values
    }
    for entry in due { entry.pass() }
  }
}
