import Foundation
import Jobs

/// Jobs that pages have asked for and do not wait for: each has a folder, a page that hears of it, and an end.
actor JobDesk {
  struct Entry {
    enum State: String, Encodable {
      case running, done, refused, failed, cancelled
    }

    var page: String
    var folder: String
    var state = State.running
    var progress: JobProgress?
    /// JSON where it is done, a sentence where it was refused or failed.
    var answer: [UInt8] = []
    var task: Task<Void, Never>?
    var number: Int
  }

  struct Event: Encodable {
    var event = "job"
    var job: String
    var state: Entry.State
    var stage: String?
    var fraction: Double?
    var sentence: String?
  }

  /// The oldest finished ones beyond this are forgotten.
  static let mostKept = 64
  /// So many may run or wait at once.
  static let mostRunning = 32

  private let runner: any WorkRunner
  private var entries: [String: Entry] = [:]
  private var count = 0
  private var hub: EventHub?

  init(_ runner: any WorkRunner) { self.runner = runner }

  func report(to hub: EventHub) { self.hub = hub }

  subscript(id: String) -> Entry? { entries[id] }

  var runningCount: Int { entries.values.count { $0.state == .running } }

  /// Takes a job on; nil where too many run.
  func take(
    _ work: Work, for page: String, in folder: String, _ request: [UInt8]
  ) -> String? {
    guard runningCount < Self.mostRunning else { return nil }
    let id = UUID().uuidString
    count += 1
    entries[id] = Entry(page: page, folder: folder, number: count)
    entries[id]?.task = Task {
      let outcome = await runner.perform(work, request, isLong: true) { progress in
        Task { await self.heard(id, progress) }
      }
      await finish(id, outcome)
    }
    return id
  }

  /// Calls a job off, or forgets one that has ended; whether there was one.
  func cancel(_ id: String) -> Bool {
    guard let entry = entries[id] else { return false }
    if entry.state == .running { entry.task?.cancel() } else { forget(id) }
    return true
  }

  /// Calls off what a page that has gone has left behind.
  func cancelAll(of page: String) {
    for (id, entry) in entries where entry.page == page { _ = cancel(id) }
  }

  func cancelAll() {
    for entry in entries.values { entry.task?.cancel() }
  }

  private func heard(_ id: String, _ progress: JobProgress) async {
    guard entries[id]?.state == .running else { return }
    entries[id]?.progress = progress
    await tell(id, sentence: progress.sentence)
  }

  private func finish(_ id: String, _ outcome: WorkOutcome) async {
    var sentence: String?
    switch outcome {
    case .done(let body):
      entries[id]?.state = .done
      entries[id]?.answer = body
    case .refused(let words):
      sentence = words
      entries[id]?.state = .refused
      entries[id]?.answer = Array(words.utf8)
    case .failed(let words):
      sentence = words
      entries[id]?.state = .failed
      entries[id]?.answer = Array(words.utf8)
    case .interrupted: entries[id]?.state = .cancelled
    }
    await tell(id, sentence: sentence)
    let finished = entries.filter { $0.value.state != .running }
      .sorted { $0.value.number < $1.value.number }
    for (id, _) in finished.dropLast(Self.mostKept) { forget(id) }
  }

  private func forget(_ id: String) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    try? FileManager.default.removeItem(atPath: entry.folder)
  }

  private func tell(_ id: String, sentence: String?) async {
    guard let entry = entries[id] else { return }
    await hub?.tell(
      entry.page,
      Event(
        job: id, state: entry.state, stage: entry.progress?.stage,
        fraction: entry.progress?.fraction, sentence: sentence))
  }
}
