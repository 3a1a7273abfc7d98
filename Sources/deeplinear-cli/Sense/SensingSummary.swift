import DeepLinear

/// What `sense` says about a run, as JSON and as text.
struct SensingSummary: Encodable {
  struct OutcomeSummary: Encodable {
    var kind: String
    var exact: Bool
  }

  var rows: Int
  var columns: Int
  var measurements: Int
  var depth: Int
  var outcome: OutcomeSummary
  var iterations: Int
  var seconds: Double
  var trainingError: Double
  var holdoutError: Nullable<Double>
  var rank: Int
  var effectiveRank: Double
  var nuclearNorm: Double
  var relativeError: Double?
  var seed: UInt64
  var output: String?
  var report: String?

  init(
    command: SenseCommand, fit: MatrixSensor.Fit, measurements: LinearMeasurements,
    relativeError: Double?, seconds: Double
  ) {
    rows = measurements.rowCount
    columns = measurements.columnCount
    self.measurements = measurements.count
    depth = command.fitting.depth
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
    seed = command.shared.seed
    output = command.results.output
    report = command.results.report
  }

  var text: String {
    var lines = [
      "\(rows)×\(columns) from \(measurements) measurements: rank \(rank), "
        + (outcome.exact ? "exact" : "chosen by held-out measurements"),
      "error on the measurements: \(readable(trainingError))",
    ]
    if let error = holdoutError.value {
      lines.append("error on those held out: \(readable(error))")
    }
    if let error = relativeError {
      lines.append("relative error against the truth: \(readable(error))")
    }
    let files = [output, report.map { "\($0)/index.html" }].compactMap(\.self)
    lines.append(
      files.isEmpty
        ? "written: nothing; --output FILE keeps the matrix"
        : "written: \(files.joined(separator: ", "))")
    return lines.joined(separator: "\n")
  }
}
