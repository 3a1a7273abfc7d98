import DeepLinear

/// What `sense` says about a run, as JSON and as text.
public struct SensingSummary: Encodable {
  package struct OutcomeSummary: Encodable {
    package var kind: String
    package var exact: Bool
  }

  package var rows: Int
  package var columns: Int
  package var measurements: Int
  package var depth: Int
  package var outcome: OutcomeSummary
  package var iterations: Int
  package var seconds: Double
  package var trainingError: Double
  package var holdoutError: Nullable<Double>
  package var rank: Int
  package var effectiveRank: Double
  package var nuclearNorm: Double
  package var relativeError: Double?
  package var seed: UInt64
  package var output: String?
  package var report: String?

  init(
    request: Sensing, fit: MatrixSensor.Fit, measurements: LinearMeasurements,
    relativeError: Double?, seconds: Double
  ) {
    rows = measurements.rowCount
    columns = measurements.columnCount
    self.measurements = measurements.count
    depth = request.settledDepth
    outcome = OutcomeSummary(kind: fit.outcome.kind, exact: fit.isExact)
    iterations = fit.iterations
    self.seconds = seconds
    trainingError = fit.trainingError
    holdoutError = Nullable(fit.holdoutError)
    rank = fit.rank
    let spectrum = SingularSpectrum(fit.singularValues)
    effectiveRank = spectrum.effectiveRank
    nuclearNorm = spectrum.nuclearNorm
    self.relativeError = relativeError
    seed = request.settledSeed
    output = request.output
    report = request.report
  }
}
