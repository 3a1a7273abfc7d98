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
    /// The names of these, where they have any.
    package var undeterminedRowNames: [String]?
    package var undeterminedColumnNames: [String]?
    package var undeterminedEntries: Int
    /// `jacobian` when local rigidity was examined, `counting` when the matrix is too large for that.
    package var method: String
  }

  package struct BaselineSummary: Encodable {
    package var columnMeans: Double
    package var rowAndColumnMeans: Double
  }

  package struct IntervalSummary: Encodable {
    package var coverage: Double
    package var calibrationEntries: Int
    package var medianHalfWidth: Double?
  }

  /// One kind of fit that was weighed.
  package struct CandidateSummary: Encodable {
    package var kind: String
    package var holdoutError: Double?
    package var weight: Double
  }

  /// A known entry that the others contradict, left out of the fit.
  package struct OutlierSummary: Encodable {
    package var row: Int
    package var column: Int
    package var rowName: String?
    package var columnName: String?
    package var value: Double
    package var predicted: Double
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
  /// How many unknown cells got a number, and how many stay empty because nothing determines them.
  package var filled: Int
  package var leftEmpty: Int
  /// What was understood of the file, and what may not be as it should.
  package var understood: String?
  package var warnings: [String]
  package var columnNames: [String]?
  package var rowNames: [String]?
  /// How many cells that are not known hold something and stay as they are.
  package var kept: Int
  /// Root mean square errors of simple answers on entries held out.
  package var baseline: BaselineSummary?
  package var relativeError: Double?
  package var meanSquaredError: Double?
  package var peakSignalToNoiseRatio: Double?
  package var intervals: IntervalSummary?
  package var dualityGap: Double?
  /// `columns` where columns were brought to one unit, and otherwise `none`.
  package var scaling: String?
  package var effort: String?
  /// `none` where the network itself is the answer.
  package var polish: String?
  /// Whether rows were taken to follow each other.
  package var rowOrder: Bool?
  /// What the answer is an average of; nil where it is one fit.
  package var candidates: [CandidateSummary]?
  /// The deviation of the noise in each column, where columns have their own.
  package var columnNoise: [Double]?
  /// The ends of the scale that ratings were kept to.
  package var ratings: ValueRange?
  /// The gap over the value of the objective.
  package var relativeGap: Double?
  /// λ; nil where every entry is met exactly.
  package var penalty: Double?
  /// Nil where there are none.
  package var outliers: [OutlierSummary]?
  package var outlierOutput: String?
  package var output: String?
  package var intervalOutput: String?
  package var model: String?
  package var report: String?
  package var mark: String?
  /// How many entries were held out; not part of the JSON.
  package let heldOut: Int?
  /// Whether entries were to be held out and were too few; not part of the JSON.
  private let lacksHeldOut: Bool
  /// The rank at which the mask was judged, that of one fit where the answer is an average; not part of the JSON.
  package let maskRank: Int

  private enum CodingKeys: String, CodingKey {
    case rows, columns, observed, method, depth, seed, outcome, iterations, seconds, trainingError
    case holdoutError, rank, offsets, effectiveRank, nuclearNorm, mask, filled, leftEmpty,
      understood
    case warnings, columnNames, rowNames, kept, baseline, relativeError, meanSquaredError,
      peakSignalToNoiseRatio
    case scaling, effort, polish, rowOrder, candidates, columnNoise, ratings, outliers,
      outlierOutput
    case intervals, dualityGap, relativeGap, penalty, output, intervalOutput, model, report, mark
  }

  init(
    request: Completion, data: ObservedData, fit: MatrixCompleter.Fit,
    nuclear: NuclearNormCompleter.Fit?, completion: CompletedTable,
    baselines: Baselines?, truth: Matrix?, seconds: Double
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
    let labels = TableLabels(data.names)
    filled = completion.filledCount
    leftEmpty = completion.openCount
    understood = data.understanding?.sentence
    warnings = data.understanding?.warnings ?? []
    warnings += Self.warnings(request, data, completion)
    rowNames = data.names.rows.flatMap { $0.count <= 10_000 ? $0 : nil }
    kept = completion.heldCount
    columnNames = data.names.columns.flatMap { $0.count <= 10_000 ? $0 : nil }
    baseline = baselines.map {
      BaselineSummary(columnMeans: $0.columnMeans, rowAndColumnMeans: $0.offsets)
    }
    heldOut =
      fit.holdoutError == nil
      ? nil : Int((request.settledHoldout * Double(data.entries.count)).rounded())
    lacksHeldOut =
      fit.holdoutError == nil && request.settledHoldout > 0 && request.settledMethod == .deep
      && request.settledPolish == .auto && entries.values.contains { $0 != 0 }
    maskRank = fit.mask.rank
    mask = MaskSummary(
      components: fit.mask.componentCount, undeterminedRows: fit.mask.undeterminedRows,
      undeterminedColumns: fit.mask.undeterminedColumns,
      undeterminedRowNames: labels.rows(fit.mask.undeterminedRows),
      undeterminedColumnNames: labels.columns(fit.mask.undeterminedColumns),
      undeterminedEntries: fit.mask.undeterminedEntryCount,
      method: fit.mask.isRigidityChecked ? "jacobian" : "counting")
    if request.settledPolish == .none {
      polish = Completion.Polish.none.rawValue
    } else if request.settledMethod == .deep, !fit.isExact {
      scaling = fit.hasScaledColumns ? "columns" : "none"
      effort = request.settledEffort.rawValue
      rowOrder = request.hasOrderedRows(data)
      if !fit.candidates.isEmpty {
        candidates = fit.candidates.map {
          CandidateSummary(
            kind: $0.kind.rawValue, holdoutError: $0.holdoutError.finite, weight: $0.weight)
        }
      }
      columnNoise = fit.columnNoise.flatMap { $0.allSatisfy(\.isFinite) ? $0 : nil }
    }
    if request.ratings ?? false { ratings = completion.clip.map(ValueRange.init) }
    if let truth {
      var peak = 255.0
      if case .picture(let picture) = data.original { peak = Double(picture.maximum) }
      let errors = completion.errors(against: truth, peak: peak)
      relativeError = errors.relative.finite
      meanSquaredError = errors.meanSquared.finite
      if data.format.isPicture { peakSignalToNoiseRatio = errors.peakSignalToNoise.finite }
    }
    if request.intervals != nil || request.mark != nil, let intervals = fit.intervals {
      self.intervals = IntervalSummary(
        coverage: intervals.coverage, calibrationEntries: intervals.calibrationCount,
        medianHalfWidth: completion.medianHalfWidth(intervals))
    }
    if !fit.suspicious.isEmpty {
      outliers = fit.suspicious.map {
        OutlierSummary(
          row: $0.row, column: $0.column,
          rowName: labels.hasRowNames ? labels.row($0.row) : nil,
          columnName: labels.hasColumnNames ? labels.column($0.column) : nil, value: $0.value,
          predicted: $0.predicted)
      }
    }
    outlierOutput = request.outliers
    output = request.output
    intervalOutput = request.intervalOutput
    model = request.model
    report = request.report
    mark = request.mark
  }
}

extension CompletionSummary {
  /// What the person should know about what is written.
  private static func warnings(
    _ request: Completion, _ data: ObservedData, _ completion: CompletedTable
  ) -> [String] {
    var result: [String] = []
    if let output = request.output {
      if let loss = data.original?.loss(in: output) { result.append(loss) }
      if data.format == .npz, data.layout == .triplets, output.lowercased().hasSuffix(".npz") {
        result.append(
          "what is written is no longer sparse: numpy.load(…)['matrix'] reads it, scipy.sparse.load_npz does not"
        )
      }
    }
    // A large fit that is only kept as a model never becomes dense.
    let cells = data.entries.rowCount * data.entries.columnCount
    guard request.output != nil || cells <= 4_000_000 else { return result }
    let extremes = completion.extremes(isList: data.layout == .triplets)
    if extremes.count > 0, !data.format.isPicture {
      let isOne = extremes.count == 1
      let column = TableLabels(data.names).column(extremes.column)
      let range = extremes.range
      let known =
        range.lowerBound == range.upperBound
        ? readable(range.lowerBound)
        : "\(readable(range.lowerBound)) to \(readable(range.upperBound))"
      result.append(
        "\(extremes.count) filled cell\(isOne ? "" : "s") lie\(isOne ? "s" : "") far outside what is known of "
          + "\(isOne ? "its column" : "their columns") (\(readable(extremes.value)) in column \(column), known \(known)): "
          + "--clip LOW,HIGH limits what is written")
    }
    return result
  }

  /// What a careful reader would say about the errors: which of them is the one to expect, how much it can be relied
  /// on, and whether a simpler answer would do.
  package var judgements: [String] {
    guard !outcome.exact else { return [] }
    guard let heldOutError = holdoutError.value else {
      return lacksHeldOut && filled > 0
        ? [
          "too few known entries to hold any out: nothing here tells how far what is filled may be off"
        ] : []
    }
    var result: [String] = []
    if let known = trainingError.value, known < 0.5 * heldOutError {
      result.append(
        "known entries are met far more closely than held-out ones: the error to expect in empty cells is "
          + "the held-out one, \(readable(heldOutError))")
    }
    if let heldOut, heldOut < 30 {
      result.append(
        "only \(heldOut) entr\(heldOut == 1 ? "y was" : "ies were") held out: \(heldOut == 1 ? "its" : "their") error is a rough guide"
      )
    }
    if let baseline {
      let simplest = min(baseline.columnMeans, baseline.rowAndColumnMeans)
      if heldOutError >= 0.97 * simplest {
        let name =
          baseline.columnMeans <= baseline.rowAndColumnMeans
          ? "the mean of each column alone" : "means of rows and columns alone"
        result.append(
          "\(name) would do as well (error \(readable(simplest))): there is little more in these entries"
        )
      }
    }
    return result
  }
}
