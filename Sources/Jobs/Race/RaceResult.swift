public import DataFormats
import DeepLinear
public import Records

/// A race of depths.
public struct RaceResult: JobResult {
  let request: DepthRace
  let context: JobContext
  let spec: SimulationSpec
  let entries: [RaceEntry]
  public let summary: RaceSummary

  public var ending: JobEnding {
    let missing = summary.entries.filter { $0.steps.value == nil }
    guard !missing.isEmpty else { return .done }
    let names = missing.map { "depth \($0.depth)\($0.on == "endToEnd" ? " on W" : "")" }
    return .incomplete(
      sentence:
        "\(names.joined(separator: ", ")) did not reach the loss \(readable(summary.targetLoss)) within \(summary.stepLimit) steps at any step size; give a larger --step-limit or --target-loss."
    )
  }

  /// `trials`, one row each: depth, 0 for layers and 1 for the end-to-end matrix, step size, steps or NaN; and the losses of each
  /// best run by the name of its depth and ground.
  public func arrays() throws -> NPZArchive {
    var archive = NPZArchive([.init(name: "trials", array: NPYArray(trials))])
    for entry in entries {
      archive["losses-\(entry.depth)-\(entry.ground.rawValue)"] = NPYArray(entry.losses)
    }
    return archive
  }

  private var trials: Matrix {
    var rows: [[Double]] = []
    for entry in entries {
      let ground: Double = entry.ground == .layers ? 0 : 1
      for trial in entry.search.trials {
        let steps = trial.steps.map(Double.init) ?? .nan
        rows.append([Double(entry.depth), ground, trial.stepSize, steps])
      }
    }
    return Matrix(rowCount: rows.count, columnCount: 4, elements: rows.flatMap(\.self))
  }

  public func record() throws -> Record { RaceReport(result: self).record }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output {
      try DataFile.writeMatrix(
        trials, to: output, overwrite: force,
        names: TableNames(columns: ["depth", "onEndToEnd", "stepSize", "steps"]))
    }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}
