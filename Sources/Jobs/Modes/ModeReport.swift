import DeepLinear
import Records

/// The page about the modes of a data set.
struct ModeReport {
  let result: ModeAnalysisResult

  private var summary: ModeSummary { result.summary }
  private var modes: ProblemModes { result.modes }
  private var prediction: LearningPrediction { result.prediction }
  /// As many modes as are drawn.
  private var shown: Int { min(modes.modes.count, 12) }

  var record: Record {
    Record(
      title: "The modes of \(summary.inputs[0])",
      subtitle: summary.samples.value.map {
        "\($0) samples of \(summary.inputDimension) inputs and \(summary.outputDimension) outputs"
      } ?? "\(summary.inputDimension) inputs and \(summary.outputDimension) outputs",
      summary: [
        Fact("modes", Cell(modes.modes.count), note: "σ > 0 of Σyx = U S Vᵀ"),
        Fact(
          "order of learning", .text(summary.ordersAgree ? "that of the optima" : "another one"),
          note: summary.firstDisagreement.value.map { "from place \($0) on" }
            ?? "σ and σ²/λ fall alike"),
        Fact(
          "not diagonal", .number(summary.offDiagonalShare),
          note: "‖B‖/‖Σx‖, 0 when modes do not mix"
        ),
        Fact("commutator", .number(summary.commutatorShare), note: "of the largest possible"),
        Fact("distance from white inputs", .number(summary.distanceFromWhite)),
        Fact("largest stable step", .number(summary.largestStableStep.value ?? .infinity)),
        Fact("time", .number(summary.seconds), unit: "s"),
      ],
      sections: [staircase, plateaus, coupling],
      provenance: ReportFolder.provenance(
        seed: result.request.seed ?? 0,
        settings: [
          Fact("depth", Cell(summary.depth)), Fact("start", .number(summary.start)),
          Fact("step", .number(summary.step)),
          Fact("centering", .text(summary.centering.value ?? "covariances were given")),
        ], of: result.context))
  }

  private var staircase: Section {
    let span = prediction.span
    let times = RecordingTimes.spread(
      from: span.lowerBound, to: span.upperBound, count: 400, .logarithmic)
    let levels = modes.plateauReductions.prefix(shown + 1).enumerated().filter {
      $0.element.isFinite
    }
    let loss = Figure(
      title: "The predicted staircase",
      caption: "The loss of the flow if modes do not mix; lines mark the plateaus.",
      .lines(
        LinePlot(
          horizontal: Axis("time", .logarithmic),
          vertical: Axis(summary.hasLosses ? "loss" : "loss less that of W = 0"),
          series: [Series("loss", x: times, y: times.map { prediction.loss(at: $0) })],
          markers: levels.map {
            Marker(
              .horizontal, at: prediction.initialLoss - $0.element,
              label: $0.offset == 0 ? "none" : "\($0.offset)")
          })))
    let rises = Figure(
      title: "Each mode", caption: "As a share of its limit σ/λ; the \(shown) first.",
      .lines(
        LinePlot(
          horizontal: Axis("time", .logarithmic), vertical: Axis("share learned"),
          series: (0..<shown).map { index in
            let mode = modes.modes[index]
            return Series(
              "\(index + 1)", x: times,
              y: times.map { prediction.flows[index].endToEnd(at: $0) / mode.limit },
              color: .gradient(Double(index) / Double(max(shown - 1, 1))))
          })))
    return Section(
      heading: "What is learned when",
      prose: """
        A network of \(summary.depth) layers whose modes all begin at \(readable(summary.start)) learns one mode \
        after the other, those with the largest correlation first. Times are of the gradient flow; steps are of \
        descent with the step \(readable(summary.step)).
        """,
      blocks: [.row([loss, rises]), .table(table)])
  }

  private var table: Table {
    Table(
      title: "Modes",
      caption:
        "By correlation, the order of learning. The last column is the place that σ²/λ gives.",
      columns: [
        Column("mode"), Column("σ"), Column("λ"), Column("σ/λ"), Column("σ²/λ"),
        Column("half-rise time"), Column("steps"), Column("place in the optima"),
      ],
      rows: summary.modes.prefix(40).map { mode in
        [
          Cell(mode.mode), .number(mode.correlation), .number(mode.variance),
          cell(mode.limit.value),
          cell(mode.gain.value), cell(mode.halfRiseTime.value),
          mode.halfRiseSteps.value.map { Cell($0) } ?? .missing, Cell(mode.placeInOptima),
        ]
      })
  }

  private func cell(_ value: Double?) -> Cell { value.map { .number($0) } ?? .missing }

  private var plateaus: Section {
    let count = min(summary.plateaus.count, 41)
    let ranks = (0..<count).map(Double.init)
    let points = summary.plateaus.prefix(count)
    let figure = Figure(
      title: "Plateaus and optima",
      caption: "The loss with so many modes learned, and the least loss of a matrix of that rank.",
      .lines(
        LinePlot(
          horizontal: Axis("modes or rank", .whole),
          vertical: Axis(summary.hasLosses ? "loss" : "loss less that of W = 0"),
          series: [
            Series(
              "learned in training", x: ranks, y: points.map { $0.loss.value ?? .nan },
              style: .connectedPoints),
            Series(
              "best of the rank", x: ranks, y: points.map(\.optimumLoss), style: .dashed),
          ])))
    let words =
      summary.firstDisagreement.value.map {
        "Training takes modes by their correlation σ, the best matrices of each rank take them by σ²/λ: at place \($0) these differ, and training does not pass by the optimum of rank \($0)."
      }
      ?? "σ and σ²/λ give one order: as far as modes do not mix, training passes by the optimum of every rank."
    return Section(
      heading: "Does training pass by the best matrices?", prose: words, blocks: [.figure(figure)])
  }

  private var coupling: Section {
    let side = min(shown + 12, modes.offDiagonal.rowCount)
    let block = modes.offDiagonal.submatrix(rows: 0..<side, columns: 0..<side)
    let figure = Figure(
      title: "What mixes the modes",
      caption:
        "B, the covariance of the inputs in the modes' vectors without its diagonal; the first \(side).",
      .heatMap(
        HeatMap(
          rowCount: side, columnCount: side, values: block.elements,
          horizontal: Axis("input vector"),
          vertical: Axis("input vector"), colors: ColorScale(.diverging, title: "covariance"))))
    return Section(
      heading: "How far theory reaches",
      prose: """
        Times and plateaus are exact where B is zero. B has \(readable(100 * summary.offDiagonalShare)) % of the norm of \
        the covariance, and the commutator of the two covariances \(readable(100 * summary.commutatorShare)) % of the \
        largest it could have.
        """,
      blocks: [.figure(figure)])
  }
}
