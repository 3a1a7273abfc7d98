import DataFormats
import DeepLinear

/// What `complete` says about a run, as JSON and as text.
struct CompletionSummary: Encodable {
  struct OutcomeSummary: Encodable {
    var kind: String
    var exact: Bool
    var step: Int?
  }

  struct MaskSummary: Encodable {
    var components: Int
    var undeterminedRows: [Int]
    var undeterminedColumns: [Int]
    var undeterminedEntries: Int
    /// `jacobian` when local rigidity was examined, `counting` when the matrix is too large for that.
    var method: String
  }

  struct IntervalSummary: Encodable {
    var coverage: Double
    var calibrationEntries: Int
    var medianHalfWidth: Double?
  }

  var rows: Int
  var columns: Int
  var observed: Int
  var method: String
  var depth: Int
  var seed: UInt64
  var outcome: OutcomeSummary
  var iterations: Int
  var seconds: Double
  var trainingError: Nullable<Double>
  var holdoutError: Nullable<Double>
  var rank: Int
  var offsets: Bool
  var effectiveRank: Double
  var nuclearNorm: Nullable<Double>
  var mask: MaskSummary
  var relativeError: Double?
  var meanSquaredError: Double?
  var peakSignalToNoiseRatio: Double?
  var intervals: IntervalSummary?
  var dualityGap: Double?
  /// The gap over the value of the objective.
  var relativeGap: Double?
  /// λ; nil where every entry is met exactly.
  var penalty: Double?
  var output: String?
  var intervalOutput: String?
  var model: String?
  var report: String?

  init(
    command: CompleteCommand, data: ObservedData, fit: MatrixCompleter.Fit,
    nuclear: NuclearNormCompleter.Fit?, completion: CompletedTable, truth: Matrix?, seconds: Double
  ) {
    let entries = data.entries
    rows = entries.rowCount
    columns = entries.columnCount
    observed = entries.count
    method = command.fitting.method.rawValue
    depth = command.fitting.depth
    seed = command.shared.seed
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
    output = command.results.output
    intervalOutput = command.results.intervalOutput
    model = command.results.model
    report = command.results.report
  }
}
