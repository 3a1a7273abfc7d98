import ArgumentParser
import Foundation
import Jobs
import MessagePassing
import Synchronization

// Goals: 1. No rank waits for another but for its next runs.  2. One writer: what ranks have done travels to rank 0, which
// writes it down before it deals out more.  3. Rank 0 computes as well: its messages take a thread that sleeps.

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Repeat a job over values of its keys, the runs dealt out among the ranks.",
    usage: "mpirun -n <ranks> deeplinear-mpi sweep <spec> --output <folder> [<options>]",
    discussion: """
      As deeplinear sweep, whose specifications it reads. A rank that dies ends the others; what has run is \
      kept, and --resume does the rest.

      Example: mpirun -n 64 deeplinear-mpi sweep spec.yaml --seeds 100 --output results
      """)

  @Argument(help: ArgumentHelp("What to repeat.", valueName: "spec"))
  var spec: String

  @Option(help: ArgumentHelp("The folder of the results.", valueName: "folder"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "An axis: key=from:to:count, key=from:to:count:log or key=a,b,c; may be repeated.",
      valueName: "axis"))
  var axis: [String] = []

  @Option(
    help: ArgumentHelp(
      "Set a value instead of the one written; may be repeated.", valueName: "key=value"))
  var set: [String] = []

  @Option(help: ArgumentHelp("How many runs every point has.", valueName: "number"))
  var seeds: Int?

  @Option(help: ArgumentHelp("The largest number of runs.", valueName: "number"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "Do one of several parts, as 3/16; deeplinear sweep merge puts them together.",
      valueName: "part"))
  var part: String?

  @Flag(help: "Continue or extend the sweep in the folder.")
  var resume = false

  @Flag(help: "Keep the trajectory of every run, under its seed.")
  var keepTrajectories = false

  @Flag(help: "Print exactly one JSON object on standard output.")
  var json = false

  @Flag(help: "Replace the sweep in the folder.")
  var force = false

  @Option(help: ArgumentHelp("The seed that every run's own follows from.", valueName: "number"))
  var seed: UInt64?

  private var request: Sweep {
    var request = Sweep(.file(spec), output: output)
    request.axis = axis.isEmpty ? nil : axis
    request.set = set.isEmpty ? nil : set
    request.seeds = seeds
    request.limit = limit
    request.part = part
    request.resume = resume ? true : nil
    request.keepTrajectories = keepTrajectories ? true : nil
    request.force = force ? true : nil
    request.seed = seed
    return request
  }

  func run() throws {
    let ranks = Ranks()
    do {
      let worker = try SweepWorker(request)
      if ranks.own == 0 {
        try deal(ranks, worker)
      } else {
        try work(ranks, worker)
      }
    } catch {
      // The sentence is rank 0's to say; every rank finds the same faults.
      ClusterCommand.say((error as? BadInput)?.sentence ?? "\(error)")
      ranks.abort(status: 2)
    }
    ranks.leave()
  }

  /// A rank's part: asks rank 0 for runs until there are none.
  private func work(_ ranks: Ranks, _ worker: SweepWorker) throws {
    var ended: [UInt8] = []
    while true {
      ranks.send(ended, to: 0)
      let tasks = ranks.receive(from: 0)
      if tasks.isEmpty { return }
      ended = try worker.perform(tasks)
    }
  }

  /// Rank 0's part: deals out runs, and does some itself.
  private func deal(_ ranks: Ranks, _ worker: SweepWorker) throws {
    let screen = Screen()
    let host = try SweepHost(
      request, workers: ranks.count,
      in: JobContext(arguments: Array(CommandLine.arguments.dropFirst())),
      observing: JobObserver(screen.show))
    // The host may be asked from several threads, and nothing of the worker changes.
    nonisolated(unsafe) let shared = (host: host, worker: worker)
    let ownEnd = Mutex<Result<Void, any Error>?>(nil)
    Thread.detachNewThread {
      let result = Result {
        var ended: [UInt8] = []
        while let tasks = try shared.host.tasks(after: ended) {
          ended = try shared.worker.perform(tasks)
        }
      }
      ownEnd.withLock { $0 = result }
    }
    var others = ranks.count - 1
    while others > 0 || ownEnd.withLock({ $0 == nil }) {
      guard let (rank, ended) = ranks.receiveWaiting() else {
        usleep(200)
        continue
      }
      let tasks = try host.tasks(after: ended)
      ranks.send(tasks ?? [], to: rank)
      if tasks == nil { others -= 1 }
    }
    try ownEnd.withLock { try $0?.get() }
    screen.finish()
    let result = try host.result()
    try result.write()
    let words =
      json
      ? String(decoding: try result.summaryJSON(), as: UTF8.self)
      : "\(result.summary.runLine)\nresults in \(output)"
    print(words)
  }
}

/// One line of progress on a terminal.
private final class Screen: Sendable {
  private let hasDrawn = Mutex(false)
  private let isOn = isatty(2) != 0

  func show(_ progress: JobProgress) -> Bool {
    guard isOn, let note = progress.note else { return true }
    hasDrawn.withLock { $0 = true }
    FileHandle.standardError.write(Data("\r\(progress.stage) \(note)\u{1B}[K".utf8))
    return true
  }

  func finish() {
    if hasDrawn.withLock({ $0 }) { FileHandle.standardError.write(Data("\r\u{1B}[2K".utf8)) }
  }
}
