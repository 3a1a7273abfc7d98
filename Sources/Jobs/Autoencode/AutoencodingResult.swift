public import DataFormats
import DeepLinear
public import Records

/// A trained linear autoencoder.
public struct AutoencodingResult: JobResult {
  let request: Autoencoding
  let context: JobContext
  let fit: LinearAutoencoder.Fit
  public let summary: AutoencodingSummary

  init(
    request: Autoencoding, context: JobContext, fit: LinearAutoencoder.Fit, samples: Matrix,
    seconds: Double
  ) throws {
    self.request = request
    self.context = context
    self.fit = fit
    summary = try AutoencodingSummary(
      request: request, fit: fit, samples: samples, seconds: seconds)
  }

  public var ending: JobEnding {
    switch fit.outcome {
    case .converged, .ended: .done
    case .interrupted: .interrupted
    case .stepLimit, .stalled, .diverged, .stiff:
      .incomplete(
        sentence: "training ended before the components were found (\(fit.outcome.kind)); "
          + "allow more steps, or ask for fewer components.")
    }
  }

  /// `mean`, `components`, one per row, `variances` along them, and the path: `pathSteps`, `pathLoss`,
  /// `pathSingularValues`.
  public func arrays() throws -> NPZArchive {
    NPZArchive([
      .init(name: "mean", array: NPYArray(fit.mean)),
      .init(name: "components", array: NPYArray(fit.components)),
      .init(name: "variances", array: NPYArray(fit.variances)),
      .init(name: "pathSteps", array: NPYArray(fit.path.map { Double($0.step) })),
      .init(name: "pathLoss", array: NPYArray(fit.path.map(\.loss))),
      .init(
        name: "pathSingularValues",
        array: NPYArray(
          shape: [fit.path.count, fit.components.rowCount],
          elements: fit.path.flatMap(\.singularValues))),
    ])
  }

  public func record() throws -> Record {
    let steps = fit.path.filter { $0.step > 0 }
    let spectrum = Figure(
      title: "Components rise one after another",
      caption: "Singular values of the trained network, by the number of steps.",
      .lines(
        LinePlot(
          horizontal: Axis("step", .logarithmic), vertical: Axis("singular value"),
          series: (0..<fit.components.rowCount).map { k in
            Series(
              "component \(k + 1)", x: steps.map { Double($0.step) },
              y: steps.map { $0.singularValues[k] },
              color: .gradient(Double(k) / Double(max(fit.components.rowCount - 1, 1))))
          })))
    return Record(
      title: "Principal components of \(request.inputs.name)",
      summary: [
        Fact("samples", Cell(summary.samples)), Fact("inputs", Cell(summary.inputs)),
        Fact("components", Cell(summary.components)),
        Fact("variance explained", .number(summary.explained), note: "share of all"),
      ],
      sections: steps.count > 1
        ? [Section(heading: "How they came about", blocks: [.figure(spectrum)])] : [],
      provenance: ReportFolder.provenance(
        seed: summary.seed, settings: [Fact("components", Cell(summary.components))], of: context))
  }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output {
      try DataFile.writeMatrix(fit.components, to: output, overwrite: force)
    }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}

/// What `autoencode` says about a run.
public struct AutoencodingSummary: Encodable {
  package var samples: Int
  package var inputs: Int
  package var components: Int
  package var outcome: String
  package var steps: Int
  package var seconds: Double
  /// The share of the variance of the samples that lies along the components.
  package var explained: Double
  package var variances: [Double]
  /// The sine of the largest angle between what training found and the principal components.
  package var spaceError: Double
  /// The first step at which each component's singular value exceeds one half; null where none does.
  package var risingSteps: [Nullable<Int>]
  package var seed: UInt64
  package var output: String?
  package var report: String?

  init(
    request: Autoencoding, fit: LinearAutoencoder.Fit, samples: Matrix, seconds: Double
  ) throws {
    self.samples = samples.rowCount
    inputs = samples.columnCount
    components = fit.components.rowCount
    outcome = fit.outcome.kind
    steps = fit.path.last?.step ?? 0
    self.seconds = seconds
    var total = 0.0
    for k in 0..<samples.rowCount {
      for j in 0..<samples.columnCount {
        let difference = samples[k, j] - fit.mean[j]
        total += difference * difference / Double(samples.rowCount)
      }
    }
    explained = total > 0 ? min(fit.variances.reduce(0, +) / total, 1) : 1
    variances = fit.variances
    spaceError = try fit.spaceError()
    risingSteps = fit.risingSteps.map { Nullable($0) }
    seed = request.seed ?? 0
    output = request.output
    report = request.report
  }
}
