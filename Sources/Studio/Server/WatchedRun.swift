public import Jobs
import Records
import Synchronization

/// A run that goes on beside the server, and what there is to be seen of it.
public final class WatchedRun: Sendable {
  private struct State: Encodable {
    var name: String
    var stage = ""
    var fraction: Double?
    var ending: String?
    var figures: [Figure] = []
    /// Counts what was shown, so that a page sees whether there is something new.
    var number = 0
  }

  private let state: Mutex<State>

  /// A run by what people call it.
  public init(_ name: String) { state = Mutex(State(name: name)) }

  /// Hears of progress, beside whoever else does.
  public func hear(_ progress: JobProgress) {
    state.withLock { state in
      state.stage = progress.stage
      state.fraction = progress.fraction ?? state.fraction
      if !progress.figures.isEmpty { state.figures = progress.figures }
      state.number += 1
    }
  }

  /// The run has ended, with a sentence about it.
  public func end(_ sentence: String) {
    state.withLock { state in
      state.ending = sentence
      state.number += 1
    }
  }

  /// What there is to be seen, where it is more than a page has seen.
  func answer(after number: Int) -> [UInt8] {
    state.withLock { state in
      guard state.number > number else { return Array("{}".utf8) }
      return (try? Work.compact(state)) ?? Array("{}".utf8)
    }
  }
}
