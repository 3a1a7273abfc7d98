import DeepLinear

/// What `sense` says about a run, as JSON and as text.
public struct SensingSummary: Encodable {
  package struct OutcomeSummary: Encodable {
    package var kind: String
    package var exact: Bool
  }

  package struct DeterminationSummary: Encodable {
    /// Whether nothing contradicts that the measurements determine the matrix.
    package var isDetermined: Bool
    /// The numbers that a matrix of this rank has to choose.
    package var degreesOfFreedom: Int
    /// In how many directions it can move without changing a measurement; null where that was not examined.
    package var freeDirections: Nullable<Double>
    /// How many elements such motions change.
    package var undeterminedElements: Int
    /// Whether measurements held out are predicted no better than by half of their size.
    package var isUnpredictive: Bool
  }

  package var rows: Int
  package var columns: Int
  package var measurements: Int
  package var method: String
  package var depth: Int
  package var outcome: OutcomeSummary
  package var iterations: Int
  package var seconds: Double
  package var trainingError: Double
  package var holdoutError: Nullable<Double>
  package var rank: Int
  package var effectiveRank: Double
  package var nuclearNorm: Double
  package var dualityGap: Double?
  package var determination: DeterminationSummary
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
    method = request.settledMethod.rawValue
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
    dualityGap = fit.dualityGap
    let found = fit.determination
    determination = DeterminationSummary(
      isDetermined: found.isDetermined, degreesOfFreedom: found.freedom,
      freeDirections: Nullable(found.freeDirectionCount.map(Double.init)),
      undeterminedElements: found.undeterminedEntryCount, isUnpredictive: found.isUnpredictive)
    self.relativeError = relativeError
    seed = request.settledSeed
    output = request.output
    report = request.report
  }
}

extension SensingSummary {
  /// Whether the measurements determine the matrix, in a few words.
  package var determinationSentence: String {
    let found = determination
    if found.isUnpredictive {
      return "no: at no rank are measurements held out predicted; more measurements are needed"
    }
    guard let free = found.freeDirections.value, free > 0 else {
      return found.freeDirections.value == nil
        ? "not examined: the problem is too large for it"
        : "yes: the measurements leave no element free at rank \(rank)"
    }
    let elements = found.undeterminedElements
    return "no: \(Int(free)) direction\(free == 1 ? "" : "s") left open, which change "
      + "\(elements) element\(elements == 1 ? "" : "s")"
  }
}
