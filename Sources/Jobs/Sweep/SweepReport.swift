import DeepLinear
import Records

/// The page about a sweep.
struct SweepReport {
  let result: SweepResult

  private var plan: SweepPlan { result.plan }
  private var summary: SweepSummary { result.summary }

  /// The name of the file, without the folders that it is in.
  private var title: String {
    "Sweep of \(plan.subject.source.name.split(separator: "/").last.map(String.init) ?? "")"
  }

  /// The pages beside it, with the runs behind each point.
  var pages: SweepRunPages {
    SweepRunPages(
      result.table, title: title,
      trajectories: plan.keepsTrajectories ? "../runs" : nil)
  }

  var record: Record {
    var theories: [String: String] = [:]
    for measure in plan.measures { theories[measure.name] = measure.theory }
    let figures = SweepFigures(
      table: result.table, theories: theories, markers: markers, pages: pages)
    var facts = [
      Fact("points", Cell(summary.points)),
      Fact("runs done", Cell(summary.done), note: "of \(summary.runs)"),
      Fact("failed", Cell(summary.failed)),
    ]
    if let rate = summary.runsPerSecond {
      facts.append(Fact("runs a second", .number(rate), note: "on \(summary.threads) threads"))
    }
    return Record(
      title: title,
      subtitle: "\(plan.subject.job) over \(plan.names.joined(separator: ", "))", summary: facts,
      sections: failures + figures.sections,
      provenance: ReportFolder.provenance(
        seed: plan.seed,
        settings: plan.axes.map { axis in
          Fact(axis.name, .text(Self.words(axis)))
        } + [Fact("runs a point", Cell(plan.replicates))], of: result.context))
  }

  private static func words(_ axis: SweepAxis) -> String {
    if let range = axis.range {
      return "\(readable(range.from)) to \(readable(range.to))"
        + (axis.values.isEmpty ? "" : ", \(axis.values.count) values")
        + (range.isLogarithmic ? ", logarithmic" : "")
    }
    let words = axis.values.prefix(8).map(\.text).joined(separator: ", ")
    return axis.values.count > 8 ? "\(words), …" : words
  }

  private var failures: [Section] {
    guard !summary.failures.isEmpty else { return [] }
    return [
      Section(
        heading: "Runs that failed",
        blocks: [
          .table(
            Table(
              title: "Failures",
              columns: [
                Column("point", alignment: .leading), Column("run"),
                Column("why", alignment: .leading),
              ],
              rows: summary.failures.map {
                [.text($0.point), Cell($0.replicate), .text($0.problem)]
              }))
        ])
    ]
  }

  /// What theory says of an axis itself: where recovery begins to be possible, where steps stop being stable.
  private var markers: [(String, Marker)] {
    var markers: [(String, Marker)] = []
    for name in plan.names
    where ["teacher.entriesPerDegree", "teacher.measurementsPerDegree"].contains(name) {
      markers.append((name, Marker(.vertical, at: 1, label: "degrees of freedom")))
    }
    if plan.names.contains("dynamics.stepSize"), plan.subject.job == Simulation.name,
      let settings = try? plan.settings(of: plan.points[0]),
      let spec = try? SimulationSpec(
        plan.subject.source, seed: plan.seed, settings: plan.subject.settings + settings,
        in: plan.subject.context),
      let edge = SweepTheory.stabilityEdge.value(for: spec)
    {
      markers.append(("dynamics.stepSize", Marker(.vertical, at: edge, label: "edge of stability")))
    }
    return markers
  }
}
