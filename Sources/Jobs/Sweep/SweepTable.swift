import DataFormats
import FoundationEssentials
import SweepStore

/// All runs of a sweep in order, and what they say point by point.
struct SweepTable {
  struct Point {
    let axes: [StoredRun.Value]
    let runs: [StoredRun]
    /// By measure.
    let statistics: [SweepStatistics]
  }

  let axes: [String]
  let measures: [String]
  let points: [Point]

  /// - Parameter isShare: by measure, whether it is 1 or 0.
  init(_ runs: [StoredRun], axes: [String], measures: [String], isShare: [Bool]) {
    self.axes = axes
    self.measures = measures
    points = Dictionary(grouping: runs, by: \.point).values.map { runs in
      let done = runs.filter { $0.status == .done }
      return Point(
        axes: runs[0].axes, runs: runs.sorted { $0.replicate < $1.replicate },
        statistics: measures.indices.map { k in
          SweepStatistics(
            of: done.compactMap { $0.measures[k] }, runs: done.count, isShare: isShare[k])
        })
    }.sorted { Self.comesBefore($0.axes, $1.axes) }
  }

  /// Numbers by size, words by letters, numbers first.
  private static func comesBefore(_ left: [StoredRun.Value], _ right: [StoredRun.Value]) -> Bool {
    for (a, b) in zip(left, right) where a != b {
      switch (a, b) {
      case (.number(let x), .number(let y)): return x < y
      case (.text(let x), .text(let y)): return x < y
      case (.number, .text): return true
      case (.text, .number): return false
      }
    }
    return false
  }

  /// One line a run: axes, replicate, seed, status, measures, problem. Times are not in it: the same sweep gives the same
  /// bytes.
  var runsCSV: String {
    let head = axes + ["replicate", "seed", "status"] + measures + ["problem"]
    var text = Self.line(head)
    for run in points.flatMap(\.runs) {
      let cells =
        run.axes.map(Self.text) + ["\(run.replicate)", "\(run.seed)", run.status.rawValue]
        + run.measures.map { $0.map { "\($0)" } ?? "" } + [run.problem ?? ""]
      text += Self.line(cells)
    }
    return text
  }

  /// One line a point: axes, runs, failures, and the statistics of each measure.
  var pointsCSV: String {
    let kinds: [(String, (SweepStatistics) -> Double?)] = [
      ("count", { Double($0.count) }), ("mean", { $0.mean }), ("median", { $0.median }),
      ("lowerDecile", { $0.lowerDecile }), ("upperDecile", { $0.upperDecile }),
      ("share", { $0.share }), ("shareLower", { $0.shareLower }),
      ("shareUpper", { $0.shareUpper }),
    ]
    // Columns that no point has a number in are left out.
    let columns = measures.indices.flatMap { k in
      kinds.filter { kind in points.contains { kind.1($0.statistics[k]) != nil } }.map {
        (name: "\(measures[k]).\($0.0)", measure: k, value: $0.1)
      }
    }
    var text = Self.line(axes + ["runs", "failed"] + columns.map(\.name))
    for point in points {
      let failed = point.runs.count { $0.status == .failed }
      text += Self.line(
        point.axes.map(Self.text) + ["\(point.runs.count)", "\(failed)"]
          + columns.map { column in
            column.value(point.statistics[column.measure]).map { AxisValue($0).text } ?? ""
          })
    }
    return text
  }

  /// `replicate`, `seed`, each axis whose values are numbers, and each measure, one number a run; NaN where there is none.
  var arrays: NPZArchive {
    let runs = points.flatMap(\.runs)
    var archive = NPZArchive()
    for (k, axis) in axes.enumerated() {
      let values = runs.map { run -> Double? in
        if case .number(let number) = run.axes[k] { number } else { nil }
      }
      if values.allSatisfy({ $0 != nil }) { archive[axis] = NPYArray(values.map { $0 ?? .nan }) }
    }
    archive["replicate"] = NPYArray(runs.map { Double($0.replicate) })
    archive["seed"] = NPYArray(runs.map { Double($0.seed) })
    for (k, measure) in measures.enumerated() {
      archive[measure] = NPYArray(runs.map { $0.measures[k] ?? .nan })
    }
    return archive
  }

  static func text(_ value: StoredRun.Value) -> String {
    switch value {
    case .number(let number): AxisValue(number).text
    case .text(let text): text
    }
  }

  private static func line(_ cells: [String]) -> String {
    cells.map { cell in
      cell.contains { "\",\n\r".contains($0) } ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
    }.joined(separator: ",") + "\n"
  }
}
