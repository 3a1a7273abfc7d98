import DeepLinear
import Records

/// The page about a race of depths.
struct RaceReport {
  let result: RaceResult

  private var summary: RaceSummary { result.summary }
  private var entries: [RaceEntry] { result.entries }

  var record: Record {
    let best = summary.entries.filter { $0.steps.value != nil }
      .min { ($0.steps.value ?? .max) < ($1.steps.value ?? .max) }
    return Record(
      title: "Which depth is the fastest on \(summary.specification)",
      subtitle: "\(summary.objective), \(summary.rows)×\(summary.columns)",
      summary: [
        Fact("fastest", .text(best.map { name($0.depth, $0.on) } ?? "none arrives")),
        Fact("steps", best?.steps.value.map { Cell($0) } ?? .missing),
        Fact(
          "factor over depth 1", best?.factor.value.map { .number($0) } ?? .missing,
          note: "steps of depth 1 over those"),
        Fact("loss to reach", .number(summary.targetLoss)),
        Fact("loss of the start", .number(summary.initialLoss)),
        Fact("time", .number(summary.seconds), unit: "s"),
      ],
      sections: [
        race, search,
        Section(
          heading: "The specification",
          blocks: [.code(CodeBlock(result.spec.file.text, language: "yaml"))]),
      ],
      provenance: ReportFolder.provenance(
        seed: summary.seed,
        settings: [Fact("largest number of steps", Cell(summary.stepLimit))], of: result.context))
  }

  private func name(_ depth: Int, _ ground: String) -> String {
    depth == 1
      ? "depth 1" : "depth \(depth), \(ground == "layers" ? "layers" : "end-to-end matrix")"
  }

  private var race: Section {
    let least = summary.minimumLoss.value ?? 0
    let runs = entries.filter { !$0.losses.isEmpty }
    let isPositive = runs.allSatisfy { $0.losses.allSatisfy { $0 > least } }
    let figure = Figure(
      title: "The race",
      caption: "The loss at each depth's best step size"
        + (isPositive ? ", above the least one possible." : "."),
      .lines(
        LinePlot(
          horizontal: Axis("steps", .whole),
          vertical: Axis("loss", isPositive ? .logarithmic : .linear),
          series: runs.map { entry in
            Series(
              name(entry.depth, entry.ground.rawValue), x: entry.losses.indices.map(Double.init),
              y: entry.losses.map { isPositive ? $0 - least : $0 },
              style: entry.ground == .endToEnd ? .dashed : .solid)
          })))
    let table = Table(
      title: "Steps at the best step size",
      caption: "The last column is the time at which gradient flow reaches the loss.",
      columns: [
        Column("network", alignment: .leading), Column("best step size"), Column("steps"),
        Column("factor over depth 1"), Column("flow time"),
      ],
      rows: summary.entries.map { entry in
        [
          .text(name(entry.depth, entry.on)),
          entry.bestStepSize.value.map { .number($0) } ?? .missing,
          entry.steps.value.map { Cell($0) } ?? .missing,
          entry.factor.value.map { .number($0) } ?? .missing,
          entry.flowTime.value.map { .number($0) } ?? .missing,
        ]
      })
    return Section(
      heading: "Steps to the loss",
      prose: """
        All begin at the same end-to-end matrix, in balanced layers. The end-to-end matrix of a depth follows the gradient \
        times the preconditioner that the depth gives it: Claim 1 of Cohen and Razin compares that with descent on the \
        loss itself, each at its best step size. For losses that are flat near the minimum and steep far away, such as the \
        power 4, depth can win by any factor.
        """,
      blocks: [.figure(figure), .table(table)])
  }

  private var search: Section {
    let figure = Figure(
      title: "Steps by step size", caption: "Gaps are step sizes that do not arrive.",
      .lines(
        LinePlot(
          horizontal: Axis("step size", .logarithmic), vertical: Axis("steps", .logarithmic),
          series: entries.map { entry in
            Series(
              name(entry.depth, entry.ground.rawValue), x: entry.search.trials.map(\.stepSize),
              y: entry.search.trials.map { $0.steps.map(Double.init) ?? .nan },
              style: .connectedPoints)
          })))
    return Section(
      heading: "The search",
      prose: """
        Powers of two both ways from an estimate, until longer steps fail three times in a row and shorter ones are only \
        slower, then eighths of an octave around the best. The number of steps need not fall evenly: a better step size \
        may hide between those tried.
        """,
      blocks: [.figure(figure)])
  }
}
