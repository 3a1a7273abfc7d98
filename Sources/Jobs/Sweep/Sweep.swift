import DeepLinear
import FoundationEssentials
import SweepStore

/// Repeat a job over values of its keys, thousands of times, and measure each run.
///
/// Results are written to a database in the output folder as each run ends.
public struct Sweep: Job {
  public static let name = "sweep"

  /// What is swept: a specification of a simulation, or a request with the key `job`; with the key `sweep` or without.
  public var spec: SpecSource
  /// The folder of the results.
  public var output: String
  /// Values that stand instead of those written, each as `key=value`.
  public var set: [String]?
  /// Axes beside those written, each as `key=from:to:count`, `key=from:to:count:log` or `key=a,b,c`.
  public var axis: [String]?
  /// How many runs every point has.
  public var seeds: Int?
  /// Whether a sweep in the folder is continued, or extended.
  public var resume: Bool?
  /// The largest number of runs.
  public var limit: Int?
  /// How many runs go on at once; as many as there are processors where nil.
  public var threads: Int?
  /// Where small descents are carried out; on the processor where nil. Results differ by rounding.
  public var device: SweepDevice?
  /// Which part of the runs is done, as `3/16`.
  public var part: String?
  /// Whether the trajectory of every run is kept.
  public var keepTrajectories: Bool?

  /// Whether another sweep in the folder is replaced.
  public var force: Bool?
  /// The seed that every run's own follows from; that of the specification where nil.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ spec: SpecSource, output: String) {
    self.spec = spec
    self.output = output
  }

  public func validate() throws {
    if let threads, threads < 1 {
      throw BadInput("--threads must be at least 1, not \(threads).")
    }
    if let limit, limit < 1 { throw BadInput("--limit must be at least 1, not \(limit).") }
    _ = try part.map { try SweepPart($0) }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> SweepResult {
    let host = try SweepHost(self, workers: threads, in: context, observing: observer)
    return try host.result(of: host.runner.run())
  }
}

extension SweepPlan {
  /// What makes another sweep an extension of this one: the same job, axes, measures and seed, whatever their values.
  var identity: SweepStore.Identity {
    get throws {
      let kinds = measures.map { "\($0.name): \($0.kind)" }.joined(separator: "\n")
      return SweepStore.Identity(
        digest: Digest(
          "\(try subject.digest(without: names + ["seed"]))\n\(seed)\n\(kinds)".utf8
        ).text, axes: names, measures: measures.map(\.name))
    }
  }
}
