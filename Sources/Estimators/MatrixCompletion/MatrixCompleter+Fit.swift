public import Analysis
public import Dynamics
public import LinearAlgebra

extension MatrixCompleter {
  /// A completed matrix and what is known about it.
  public struct Fit: Sendable {
    /// The completed matrix in factored form.
    public var model: CompletionModel
    /// How it ended.
    public var outcome: Outcome
    /// Whether the fit agrees with every entry to rounding although the entries outnumber what its rank can
    /// adapt to.
    public var isExact: Bool
    /// Steps of the path and rounds of the refinement, over all that was tried.
    public var iterations: Int
    /// The root mean square of W − b over the known entries.
    public var trainingError: Double
    /// The same over entries held out, of the chosen kind of fit to the others; nil when nothing was.
    public var holdoutError: Double?
    /// The singular values of the completed matrix, offsets included, descending.
    public var singularValues: [Double]
    /// What the known entries can determine.
    public var mask: MaskReport
    /// The path of the network the answer comes from, when recording was asked for.
    public var path: CompletionPath
    /// Half-widths of prediction intervals, when they were asked for.
    public var intervals: CompletionIntervals?
    /// The kinds of fit that were weighed against each other, with their errors and shares; empty where one was chosen.
    public var candidates: [CompletionCandidate] = []
    /// The deviation of the noise in each column; nil where it is one number or none.
    public var columnNoise: [Double]?
    /// Whether columns were brought to one unit.
    public var hasScaledColumns = false
    /// How far the nuclear norm can be from the smallest at most, when the fit minimises it.
    public var dualityGap: Double?
    /// Known entries that the others contradict, left out of the fit.
    public var suspicious: [SuspiciousEntry] = []

    /// The number of components; row and column offsets are not counted.
    public var rank: Int { model.rank }
    /// The singular values and what is computed of them.
    public var spectrum: SingularSpectrum { SingularSpectrum(singularValues) }
    /// The completed matrix, dense.
    public func completion() -> Matrix { model.completion() }

    func namingSuspicious(_ places: [Int], in entries: ObservedEntries) -> Fit {
      guard !places.isEmpty else { return self }
      var fit = self
      let predictions = model.values(at: entries)
      fit.suspicious = places.map {
        SuspiciousEntry(
          row: Int(entries.rows[$0]), column: Int(entries.columns[$0]), value: entries.values[$0],
          predicted: predictions[$0])
      }
      return fit
    }
  }

  /// A fit that agrees with every entry.
  func finished(
    _ entries: ObservedEntries, _ table: ExactTable, _ found: ExactRecovery.Found,
    iterations: Int, path: CompletionPath
  ) throws -> Fit {
    let (model, mask) = table.answer(found)
    return try finished(
      entries, model, mask, isExact: true, iterations: iterations, outcome: .converged, path: path)
  }

  func finished(
    _ entries: ObservedEntries, _ model: CompletionModel, _ mask: MaskReport, isExact: Bool,
    iterations: Int, outcome: Outcome, path: CompletionPath = CompletionPath(),
    pattern: ObservedPattern? = nil
  ) throws -> Fit {
    var model = model
    if !mask.emptyRows.isEmpty || !mask.emptyColumns.isEmpty {
      model.emptyRows = mask.emptyRows
      model.emptyColumns = mask.emptyColumns
      model.fallback = model.offsets ?? AdditiveOffsets(fitting: entries)
    }
    let fitted = model.values(at: entries, pattern: pattern ?? ObservedPattern(of: entries))
    let unit = entries.values.reduce(0) { max($0, abs($1)) }
    let residuals = zip(fitted, entries.values).map { unit == 0 ? 0 : ($0 - $1) / unit }
    return Fit(
      model: model, outcome: outcome, isExact: isExact, iterations: iterations,
      trainingError: unit * rootMeanSquare(residuals), holdoutError: nil,
      singularValues: try model.singularValues(), mask: mask, path: path,
      intervals: intervalCoverage.map { CompletionIntervals(exact: $0) })
  }

  func finished(
    _ entries: ObservedEntries, _ result: NoisyFit.Result, coverage: Double?
  ) throws -> Fit {
    let judged = result.single ?? result.model
    var fit = try finished(
      entries, result.model,
      MaskReport(
        of: entries, rank: judged.rank,
        fit: (left: judged.rowFactor, right: judged.columnFactor)), isExact: false,
      iterations: result.iterations,
      outcome: result.outcome, path: result.path, pattern: result.pattern)
    if result.candidates.contains(where: { $0.kind == .smoothRows && $0.weight > 0 }) {
      // A path along the rows goes on where a row has no entry.
      fit.model.emptyRows = []
      if fit.model.emptyColumns.isEmpty { fit.model.fallback = nil }
    }
    fit.holdoutError = result.holdoutError
    fit.candidates = result.candidates
    fit.columnNoise = result.columnNoise
    fit.hasScaledColumns = result.scaling != nil
    fit.intervals = coverage.map {
      CompletionIntervals(
        coverage: $0, calibration: result.calibration, columnCount: entries.columnCount,
        variational: result.calibrated,
        unit: result.unit, columnUnits: result.scaling?.scales)
    }
    return fit
  }
}
