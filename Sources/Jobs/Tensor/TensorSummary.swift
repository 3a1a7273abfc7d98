import DeepLinear

/// What `tensor` says, as JSON and as text.
public struct TensorSummary: Encodable {
  package struct OutcomeSummary: Encodable {
    package var kind: String
    package var exact: Bool
  }

  package var shape: [Int]
  package var observed: Int
  package var structure: String
  package var outcome: OutcomeSummary
  /// The number of components at each place where they are summed.
  package var ranks: [Int]
  package var componentSizes: [[Double]]
  package var iterations: Int
  package var trainingError: Double
  package var holdoutError: Nullable<Double>
  package var relativeError: Double?
  package var seed: UInt64
  package var seconds: Double
  package var output: String?
  package var report: String?

  init(
    _ fit: TensorCompleter.Fit, of entries: ObservedTensor, relativeError: Double?,
    request: TensorCompletion, seconds: Double
  ) {
    shape = entries.shape
    observed = entries.count
    structure = (request.structure ?? .canonical).rawValue
    outcome = OutcomeSummary(kind: fit.outcome.kind, exact: fit.isExact)
    ranks = fit.ranks
    componentSizes = fit.componentSizes
    iterations = fit.iterations
    trainingError = fit.trainingError
    holdoutError = Nullable(fit.holdoutError)
    self.relativeError = relativeError
    seed = request.seed ?? 0
    self.seconds = seconds
    output = request.output
    report = request.report
  }
}
