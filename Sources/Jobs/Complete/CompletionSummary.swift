import DataFormats
import DeepLinear

/// What `complete` says about a run, as JSON and as text.
public struct CompletionSummary: Encodable {
  package struct OutcomeSummary: Encodable {
    package var kind: String
    package var exact: Bool
    package var step: Int?
  }

  package struct MaskSummary: Encodable {
    package var components: Int
    package var undeterminedRows: [Int]
    package var undeterminedColumns: [Int]
    package var undeterminedEntries: Int
    /// `jacobian` when local rigidity was examined, `counting` when the matrix is too large for that.
    package var method: String
  }

  package struct IntervalSummary: Encodable {
    package var coverage: Double
    package var calibrationEntries: Int
    package var medianHalfWidth: Double?
  }

  package var rows: Int
  package var columns: Int
  package var observed: Int
  package var method: String
  package var depth: Int
  package var seed: UInt64
  package var outcome: OutcomeSummary
  package var iterations: Int
  package var seconds: Double
  package var trainingError: Nullable<Double>
  package var holdoutError: Nullable<Double>
  package var rank: Int
  package var offsets: Bool
  package var effectiveRank: Double
  package var nuclearNorm: Nullable<Double>
  package var mask: MaskSummary
  package var relativeError: Double?
  package var meanSquaredError: Double?
  package var peakSignalToNoiseRatio: Double?
  package var intervals: IntervalSummary?
  package var dualityGap: Double?
  /// The gap over the value of the objective.
  package var relativeGap: Double?
  /// λ; nil where every entry is met exactly.
  package var penalty: Double?
  package var output: String?
  package var intervalOutput: String?
  package var model: String?
  package var report: String?

  init(
    request: Completion, data: ObservedData, fit: MatrixCompleter.Fit,
    nuclear: NuclearNormCompleter.Fit?, completion: CompletedTable, truth: Matrix?, seconds: Double
  ) {
    let entries = data.entries
    rows = entries.rowCount
    columns = entries.columnCount
    observed = entries.count
    method = request.settledMethod.rawValue
    depth = request.settledDepth
    seed = request.settledSeed
    dualityGap = fit.dualityGap
    relativeGap = nuclear?.relativeGap
    penalty = nuclear?.penalty
    outcome = OutcomeSummary(kind: fit.outcome.kind, exact: fit.isExact, step: fit.outcome.step)
    iterations = fit.iterations
    self.seconds = seconds
    trainingError = Nullable(fit.trainingError.finite)
    holdoutError = Nullable(fit.holdoutError?.finite)
    rank = fit.rank
    offsets = fit.model.offsets != nil
    effectiveRank = fit.spectrum.effectiveRank
    nuclearNorm = Nullable(fit.spectrum.nuclearNorm.finite)
    mask = MaskSummary(
      components: fit.mask.componentCount, undeterminedRows: fit.mask.undeterminedRows,
      undeterminedColumns: fit.mask.undeterminedColumns,
      undeterminedEntries: fit.mask.undeterminedEntryCount,
      method: fit.mask.isRigidityChecked ? "jacobian" : "counting")
    if let truth {
      let errors = completion.errors(against: truth)
      relativeError = errors.relative.finite
      meanSquaredError = errors.meanSquared.finite
      if data.format == .pgm { peakSignalToNoiseRatio = errors.peakSignalToNoise.finite }
    }
    if let intervals = fit.intervals {
      let widths = completion.halfWidths(intervals).elements.filter(\.isFinite).sorted()
      self.intervals = IntervalSummary(
        coverage: intervals.coverage, calibrationEntries: intervals.calibrationCount,
        medianHalfWidth: widths.isEmpty ? nil : widths[widths.count / 2])
    }
    output = request.output
    intervalOutput = request.intervalOutput
    model = request.model
    report = request.report
  }
}
