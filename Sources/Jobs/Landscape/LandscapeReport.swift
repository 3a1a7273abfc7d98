import DeepLinear
import Records

/// The page about a point of the landscape.
struct LandscapeReport {
  let result: LandscapeResult

  private var summary: LandscapeSummary { result.summary }
  private var measures: LandscapeMeasures { result.measures }

  var record: Record {
    var facts = [
      Fact("point", .text(summary.words)), Fact("loss", .number(summary.loss)),
    ]
    if let least = summary.minimumLoss.value {
      facts.append(Fact("least loss possible", .number(least)))
    }
    facts += [
      Fact("size of the gradient", .number(summary.gradientNorm)),
      Fact("smallest curvature", .number(summary.smallestCurvature)),
      Fact("largest curvature", .number(summary.largestCurvature)),
      Fact("rank", Cell(summary.rank)),
      Fact("distance to the rank below", .number(summary.distanceToRankBelow)),
    ]
    return Record(
      title: "The landscape at \(summary.specification)",
      subtitle:
        "\(summary.objective), widths \(summary.widths.map(String.init).joined(separator: "–"))"
        + (summary.time.value.map { ", at time \(readable($0))" } ?? ", at the start"),
      summary: facts,
      sections: [curvature, ranks, field].compactMap(\.self)
        + [
          Section(
            heading: "The specification",
            blocks: [.code(CodeBlock(result.spec.file.text, language: "yaml"))])
        ],
      provenance: ReportFolder.provenance(
        seed: summary.seed, settings: [Fact("radius", .number(result.request.settledRadius))],
        of: result.context))
  }

  private var curvature: Section {
    var figures: [Figure] = []
    if let values = measures.eigenvalues {
      figures.append(
        Figure(
          title: "Eigenvalues of the Hessian", caption: "By all weights, descending.",
          .lines(
            LinePlot(
              horizontal: Axis("place", .whole), vertical: Axis("curvature"),
              series: [
                Series(
                  "eigenvalues", x: values.indices.map { Double($0 + 1) }, y: values, style: .points
                )
              ], markers: [Marker(.horizontal, at: 0, label: "zero")]))))
    }
    figures.append(
      Figure(
        title: "The loss along the lowest direction",
        caption:
          "On the way of the smallest curvature, \(readable(summary.smallestCurvature)), to both sides.",
        .lines(
          LinePlot(
            horizontal: Axis("distance"), vertical: Axis("loss"),
            series: [Series("loss", x: measures.slice.positions, y: measures.slice.losses)]))))
    return Section(heading: "What kind of point", prose: summary.sentence, blocks: [.row(figures)])
  }

  private var ranks: Section? {
    let values = measures.singularValues
    guard !values.isEmpty else { return nil }
    return Section(
      heading: "Ranks nearby",
      prose: """
        The nearest matrix of a rank leaves out the singular values beyond it; balanced layers keep the rank under \
        gradient flow, so that a small value stays small for long.
        """,
      blocks: [
        .figure(
          Figure(
            title: "Singular values of the end-to-end matrix", caption: "Descending.",
            .lines(
              LinePlot(
                horizontal: Axis("place", .whole),
                vertical: Axis(
                  "singular value", values.allSatisfy { $0 > 0 } ? .logarithmic : .linear),
                series: [
                  Series(
                    "singular values", x: values.indices.map { Double($0 + 1) }, y: values,
                    style: .connectedPoints)
                ]))))
      ])
  }

  private var field: Section {
    let curve = summary.curve
    return Section(
      heading: "Is there another loss with the same dynamics?",
      prose: """
        Around a closed curve the end-to-end field of \(curve.depth) layers does the work \
        \(readable(curve.endToEndIntegral)), \(readable(100 * abs(curve.share))) % of the most it could; the gradient of the \
        loss itself does \(readable(curve.gradientIntegral)), which is zero but for rounding. A field that does work \
        around a closed curve is no gradient: no loss of W alone has these dynamics.
        """)
  }
}

extension LandscapeSummary {
  /// The kind of point in a few words.
  package var words: String {
    switch kind {
    case "notStationary": "not stationary"
    case "strictSaddle": "strict saddle"
    case "nonStrictSaddle": "saddle that is not strict"
    case "globalMinimum": "global minimum"
    case "undecided": "undecided"
    default: "unknown"
    }
  }

  /// What that means.
  package var sentence: String {
    switch kind {
    case "notStationary":
      "The gradient does not vanish: the network moves on from here."
    case "strictSaddle":
      "The gradient vanishes and there is a direction of negative curvature: descent leaves this point."
    case "nonStrictSaddle":
      "The gradient vanishes, no direction has a negative curvature, and it is not a minimum: the loss falls by terms of higher order only, and descent leaves slowly."
    case "globalMinimum":
      "The gradient of the loss by the end-to-end matrix vanishes, and the loss is convex in it: no network does better."
    case "undecided":
      "The gradient vanishes and no direction has a negative curvature; as a hidden layer is narrower than both ends it may be a local minimum."
    default:
      "The loss is not convex in the end-to-end matrix or the network is large, so that curvature alone does not tell."
    }
  }
}
