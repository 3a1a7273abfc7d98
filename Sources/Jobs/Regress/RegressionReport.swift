import DeepLinear
import Records

/// The page about a regression.
struct RegressionReport {
  let result: RegressionResult

  private var request: Regression { result.request }
  private var fit: ReducedRankRegressor.Fit { result.fit }
  private var summary: RegressionSummary { result.summary }

  var record: Record {
    var facts = [
      Fact("samples", Cell(summary.samples)), Fact("inputs", Cell(summary.inputs)),
      Fact("outputs", Cell(summary.outputs)), Fact("rank", Cell(fit.rank)),
      Fact("error on the samples", .number(fit.trainingError), note: "root mean square"),
    ]
    if let error = fit.validationError {
      facts.append(Fact("error on samples left out", .number(error), note: "root mean square"))
    }
    return Record(
      title: "Regression of \(request.targets.name) on \(request.inputs.name)",
      subtitle: "Rank \(fit.rank) of \(fit.ranks.count - 1)", summary: facts,
      sections: [rankSection, coefficientSection, pathSection].compactMap(\.self),
      provenance: ReportFolder.provenance(
        seed: request.seed ?? 0,
        settings: [
          Fact("rank", .text(request.rank.map { "\($0)" } ?? "auto")),
          Fact("intercept", .text(request.noIntercept ?? false ? "no" : "yes")),
          Fact("folds", Cell(request.settledValidation)),
        ], of: result.context))
  }

  private var rankSection: Section {
    let ranks = fit.ranks.map { Double($0.rank) }
    var series = [Series("samples", x: ranks, y: fit.ranks.map(\.loss), style: .connectedPoints)]
    let errors = fit.ranks.compactMap(\.standardError)
    let losses = fit.ranks.compactMap(\.validationLoss)
    if losses.count == ranks.count, errors.count == ranks.count {
      series.append(
        Series("left out", x: ranks, y: losses, errors: errors, style: .connectedPoints))
    }
    // Losses far apart are told apart on a logarithmic axis, where every error bar stays above zero.
    let drawn = fit.ranks.map { $0.loss }
    let lowest = zip(losses, errors).map { $0 - $1 } + drawn
    let isWide = (lowest.min() ?? 0) > 0 && (drawn.max() ?? 0) > 20 * (drawn.min() ?? 0)
    let figure = Figure(
      title: "Loss of every rank",
      caption:
        "The exact solution of each rank; bars are one standard error of the mean over the folds.",
      .lines(
        LinePlot(
          horizontal: Axis("rank", .whole), vertical: Axis("loss", isWide ? .logarithmic : .linear),
          series: series,
          markers: [Marker(.vertical, at: Double(fit.rank), label: "chosen")])))
    return Section(
      heading: "Which rank",
      prose: """
        For every rank the best coefficients are computed exactly. The rank taken is the smallest whose \
        error on samples left out is within one standard error of the smallest, unless it was given.
        """,
      blocks: [.figure(figure)])
  }

  private var coefficientSection: Section {
    let w = fit.coefficients
    let figure = Figure(
      title: "Coefficients", caption: "One row for each output, one column for each input.",
      .heatMap(
        HeatMap(
          rowCount: w.rowCount, columnCount: w.columnCount, values: w.elements,
          horizontal: Axis("input"), vertical: Axis("output"),
          colors: ColorScale(.diverging, title: "coefficient"))))
    return Section(heading: "The coefficients", blocks: [.figure(figure)])
  }

  private var pathSection: Section? {
    guard fit.path.count > 1 else { return nil }
    // The first steps hold the rise, the many after them the slow end.
    let points = fit.path.filter { $0.step > 0 }
    let steps = points.map { Double($0.step) }
    let count = min(fit.path[0].singularValues.count, 12)
    let spectrum = Figure(
      title: "Singular values in training",
      caption: "Two layers trained from near zero, by the number of steps.",
      .lines(
        LinePlot(
          horizontal: Axis("step", .logarithmic), vertical: Axis("singular value"),
          series: (0..<count).map { k in
            Series(
              "component \(k + 1)", x: steps, y: points.map { $0.singularValues[k] },
              color: .gradient(Double(k) / Double(max(count - 1, 1))))
          })))
    let loss = Figure(
      title: "Loss in training",
      caption: "Lines mark the exact solutions of the ranks up to the one chosen.",
      .lines(
        LinePlot(
          horizontal: Axis("step", .logarithmic),
          vertical: Axis("loss", .logarithmic, upper: 1.5 * (points.map(\.loss).max() ?? 1)),
          series: [Series("training", x: steps, y: points.map(\.loss))],
          markers: fit.ranks.filter { $0.rank <= fit.rank }.map {
            Marker(.horizontal, at: $0.loss, label: "rank \($0.rank)")
          })))
    return Section(
      heading: "What training visits",
      prose: """
        Gradient descent on two layers from near zero raises one component after another; with \
        uncorrelated inputs of equal variance it passes by the exact solution of every rank.
        """,
      blocks: [.row([spectrum, loss])])
  }
}
