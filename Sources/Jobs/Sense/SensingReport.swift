import DeepLinear
import Records

/// The page about a matrix found from measurements.
struct SensingReport {
  let result: SensingResult

  private var request: Sensing { result.request }
  private var fit: MatrixSensor.Fit { result.fit }
  private var measurements: LinearMeasurements { result.measurements }
  private var values: [Double] { result.values }
  private var truth: Matrix? { result.truth }
  private var summary: SensingSummary { result.summary }

  var record: Record {
    Record(
      title: "A matrix from \(request.measurements.name)",
      subtitle: subtitle,
      summary: facts,
      sections: [pathSection, spectrumSection, matrixSection].compactMap(\.self),
      provenance: ReportFolder.provenance(
        seed: request.settledSeed,
        settings: [
          Fact("depth", Cell(request.settledDepth)),
          Fact("width", .text(request.width.map { "\($0)" } ?? "auto")),
          Fact("initial scale", .text(request.initialScale.map { "\($0)" } ?? "auto")),
          Fact("share held out when noisy", .number(request.settledHoldout)),
          Fact("method", .text(request.settledMethod.rawValue)),
        ], of: result.context))
  }

  private var subtitle: String {
    if fit.isExact { return "Exact: rank \(fit.rank) agrees with every measurement to rounding" }
    if let gap = fit.dualityGap {
      return "The smallest nuclear norm that agrees with every measurement, to \(readable(gap))"
    }
    return fit.holdoutError == nil
      ? "Noisy measurements: rank \(fit.rank)"
      : "Noisy measurements: rank \(fit.rank), chosen by those held out"
  }

  private var facts: [Fact] {
    var facts = [
      Fact("shape", .text("\(summary.rows) × \(summary.columns)")),
      Fact("measurements", Cell(summary.measurements)), Fact("rank", Cell(fit.rank)),
      Fact(
        "degrees of freedom", Cell(fit.rank * (summary.rows + summary.columns - fit.rank)),
        note: "at that rank"),
      Fact("error on measurements", .number(fit.trainingError), note: "root mean square"),
    ]
    facts.append(Fact("determined", .text(summary.determinationSentence)))
    if let error = fit.holdoutError {
      facts.append(Fact("error on those held out", .number(error), note: "root mean square"))
    }
    if let error = summary.relativeError {
      facts.append(Fact("relative error against the truth", .number(error)))
    }
    facts += [
      Fact("iterations", Cell(fit.iterations)), Fact("time", .number(summary.seconds), unit: "s"),
    ]
    return facts
  }

  private var pathSection: Section? {
    PathFigures(
      path: fit.path, depth: request.settledDepth, rank: fit.rank, isExact: fit.isExact,
      known: "measurements"
    ).section
  }

  private var spectrumSection: Section {
    var figures: [Figure] = []
    if fit.rank > 0 {
      figures.append(
        Figure(
          title: "Spectrum", caption: "Singular values of the matrix found.",
          .lines(
            LinePlot(
              horizontal: Axis("component", .whole), vertical: Axis("singular value", .logarithmic),
              series: [
                Series(
                  "matrix", x: (1...fit.rank).map(Double.init), y: fit.singularValues,
                  style: .connectedPoints)
              ]))))
    }
    if !fit.isExact {
      let residuals = zip(values, fit.predict(measurements)).map { $0 - $1 }
      figures.append(
        Figure(
          title: "Residuals", caption: "Measured values minus those of the matrix found.",
          .histogram(
            Histogram(
              of: residuals, binCount: min(60, max(8, Int(Double(residuals.count).squareRoot()))),
              horizontal: Axis("residual"), vertical: Axis("measurements")))))
    }
    let spectrum = SingularSpectrum(fit.singularValues)
    return Section(
      heading: "What was found",
      blocks: [
        .facts([
          Fact("rank", Cell(fit.rank)),
          Fact(
            "effective rank", .number(spectrum.effectiveRank),
            note: "exponential of the spectral entropy"),
          Fact("nuclear norm", .number(spectrum.nuclearNorm)),
        ])
      ] + (figures.isEmpty ? [] : [.row(figures)]))
  }

  private var matrixSection: Section {
    let matrix = result.matrix
    let figures =
      truth.map {
        MatrixFigures.alike([("Truth", $0), ("Matrix found", matrix)])
          + [MatrixFigures.figure("Difference from the truth", matrix - $0, "difference")]
      } ?? [MatrixFigures.figure("Matrix found", matrix)]
    return Section(heading: "The matrix", blocks: [.row(figures)])
  }
}
