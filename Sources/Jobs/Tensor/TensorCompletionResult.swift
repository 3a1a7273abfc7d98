public import DataFormats
import DeepLinear
public import Records

/// A tensor filled in.
public struct TensorCompletionResult: JobResult {
  let request: TensorCompletion
  let context: JobContext
  let fit: TensorCompleter.Fit
  let array: NPYArray
  public let summary: TensorSummary

  init(
    request: TensorCompletion, context: JobContext, fit: TensorCompleter.Fit, array: NPYArray,
    seconds: Double
  ) {
    self.request = request
    self.context = context
    self.fit = fit
    self.array = array
    summary = TensorSummary(request: request, fit: fit, array: array, seconds: seconds)
  }

  public var ending: JobEnding {
    switch fit.outcome {
    case .converged, .ended, .stepLimit, .stalled: .done
    case .interrupted: .interrupted
    case .diverged, .stiff: .incomplete(sentence: nil)
    }
  }

  /// `completion`, and the path: `pathSteps`, `pathErrors`.
  public func arrays() throws -> NPZArchive {
    NPZArchive([
      .init(name: "completion", array: completion),
      .init(name: "pathSteps", array: NPYArray(fit.path.map { Double($0.step) })),
      .init(name: "pathErrors", array: NPYArray(fit.path.map(\.trainingError))),
    ])
  }

  private var completion: NPYArray {
    var values = fit.completion()
    if !(request.denoise ?? false) {
      for (place, known) in array.elements.enumerated() where !known.isNaN { values[place] = known }
    }
    return NPYArray(shape: array.shape, elements: values)
  }

  public func record() throws -> Record {
    let points = fit.path
    let sizes = points.map { $0.componentSizes.first ?? [] }
    let count = min(sizes.map(\.count).max() ?? 0, 12)
    let rise = Figure(
      title: "Components rise one after another",
      caption: "Sizes of the components of the network along its training.",
      .lines(
        LinePlot(
          horizontal: Axis("step", .whole), vertical: Axis("size", .logarithmic),
          series: (0..<count).map { k in
            Series(
              "component \(k + 1)", x: points.map { Double($0.step) },
              y: sizes.map { k < $0.count && $0[k] > 0 ? $0[k] : .nan },
              color: .gradient(Double(k) / Double(max(count - 1, 1))))
          })))
    return Record(
      title: "Completion of \(request.observed.name)",
      summary: [
        Fact("shape", .text(summary.shape.map(String.init).joined(separator: " × "))),
        Fact("known entries", Cell(summary.observed)),
        Fact("rank", .text(summary.ranks.map(String.init).joined(separator: ", "))),
        Fact("error on known entries", .number(summary.trainingError), note: "root mean square"),
      ],
      sections: points.count > 1 && count > 0
        ? [Section(heading: "How the answer came about", blocks: [.figure(rise)])] : [],
      provenance: ReportFolder.provenance(seed: summary.seed, settings: [], of: context))
  }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output {
      try DataFile.writeArray(completion, to: output, overwrite: force)
    }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}

/// What `tensor` says about a run.
public struct TensorSummary: Encodable {
  package struct OutcomeSummary: Encodable {
    package var kind: String
    package var exact: Bool
  }

  package var shape: [Int]
  package var observed: Int
  package var structure: String
  /// The number of components at each place where they are summed.
  package var ranks: [Int]
  package var outcome: OutcomeSummary
  package var iterations: Int
  package var seconds: Double
  package var trainingError: Double
  package var holdoutError: Nullable<Double>
  package var seed: UInt64
  package var output: String?
  package var report: String?

  init(
    request: TensorCompletion, fit: TensorCompleter.Fit, array: NPYArray, seconds: Double
  ) {
    shape = array.shape
    observed = array.elements.count { !$0.isNaN }
    structure = (request.structure ?? .canonical).rawValue
    ranks = fit.ranks
    outcome = OutcomeSummary(kind: fit.outcome.kind, exact: fit.isExact)
    iterations = fit.iterations
    self.seconds = seconds
    trainingError = fit.trainingError
    holdoutError = Nullable(fit.holdoutError?.finite)
    seed = request.seed ?? 0
    output = request.output
    report = request.report
  }
}
