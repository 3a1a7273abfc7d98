import DeepLinear
import SweepStore

/// What `sweep` says, as JSON and as text.
public struct SweepSummary: Encodable {
  package struct PointSummary: Encodable {
    package var axes: [String: Cell]
    package var runs: Int
    package var failed: Int
    var measures: [String: SweepStatistics]
  }

  /// A value of an axis.
  package enum Cell: Encodable {
    case number(Double)
    case text(String)

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let number): try container.encode(number)
      case .text(let text): try container.encode(text)
      }
    }
  }

  /// Of more points than this the summary tells none; the tables do.
  private static let listedPoints = 2000

  package var sweeps: String
  package var axes: [String]
  package var measures: [String]
  package var points: Int
  /// What the sweep has in all, and how much of it is done.
  package var runs: Int
  package var done: Int
  /// What was done this time, and what was there before.
  package var ran: Int
  package var before: Int
  package var failed: Int
  package var failures: [SweepFailure]
  package var seconds: Double
  package var runsPerSecond: Double?
  package var threads: Int
  /// Where small descents were carried out, and why, where that was left open.
  package var device: String?
  package var seed: UInt64
  package var database: String
  package var output: String
  package var report: String
  package var statistics: [PointSummary]?

  init(
    _ plan: SweepPlan, _ table: SweepTable, _ ending: SweepRunner.Ending, request: Sweep,
    choice: String?, seconds: Double
  ) {
    sweeps = plan.subject.job
    axes = table.axes
    measures = table.measures
    points = table.points.count
    runs = ending.total
    done = ending.before + ending.ran
    ran = ending.ran
    before = ending.before
    failed = table.points.reduce(0) { $0 + $1.runs.count { $0.status == .failed } }
    failures = ending.failures
    self.seconds = seconds
    runsPerSecond = ending.ran > 0 && seconds > 0 ? Double(ending.ran) / seconds : nil
    threads = request.threads ?? RowBlocks.processorCount
    seed = plan.seed
    device = choice ?? request.device?.rawValue
    let folder = SweepFolder(request.output)
    (database, output, report) = (folder.database, request.output, folder.report)
    guard table.points.count <= Self.listedPoints else { return }
    statistics = table.points.map { point in
      PointSummary(
        axes: Dictionary(
          uniqueKeysWithValues: zip(
            table.axes,
            point.axes.map { value in
              switch value {
              case .number(let number): .number(number)
              case .text(let text): .text(text)
              }
            })),
        runs: point.runs.count, failed: point.runs.count { $0.status == .failed },
        measures: Dictionary(uniqueKeysWithValues: zip(table.measures, point.statistics)))
    }
  }
}

extension SweepSummary {
  /// What was done, in a line.
  public var runLine: String {
    "\(done) of \(runs) runs at \(points) points of \(axes.joined(separator: ", "))"
      + (before > 0 ? ", \(before) of them before" : "") + (failed > 0 ? ", \(failed) failed" : "")
  }
}
