public import DataFormats
import DeepLinear
public import Records

/// What came of a completion.
public struct CompletionResult: JobResult {
  package let request: Completion
  let context: JobContext
  let data: ObservedData
  let fit: MatrixCompleter.Fit
  let nuclear: NuclearNormCompleter.Fit?
  let completed: CompletedTable
  let truth: Matrix?
  let labels: TableLabels
  let baselines: Baselines?
  public let summary: CompletionSummary

  init(
    request: Completion, context: JobContext, data: ObservedData, fit: MatrixCompleter.Fit,
    nuclear: NuclearNormCompleter.Fit?, truth: Matrix?, seconds: Double
  ) {
    self.request = request
    self.context = context
    self.data = data
    self.fit = fit
    self.nuclear = nuclear
    self.truth = truth
    completed = CompletedTable(
      fit: fit, completed: nuclear?.completion, entries: data.entries, held: data.held,
      request: request)
    labels = TableLabels(data.names)
    baselines = fit.isExact ? nil : Baselines(data.entries, seed: request.settledSeed)
    summary = CompletionSummary(
      request: request, data: data, fit: fit, nuclear: nuclear, completion: completed,
      baselines: baselines, truth: truth, seconds: seconds)
  }

  public var ending: JobEnding {
    switch fit.outcome {
    case .converged, .ended: .done
    case .interrupted: .interrupted
    case .stepLimit, .stalled, .diverged, .stiff: .incomplete(sentence: nil)
    }
  }

  /// `completion`, `halfWidths` where intervals were asked for, and where paths were recorded `pathSteps`, `pathErrors` and
  /// `pathSingularValues`.
  public func arrays() throws -> NPZArchive {
    var arrays = NPZArchive([.init(name: "completion", array: NPYArray(completed.matrix))])
    if let intervals = fit.intervals {
      arrays["halfWidths"] = NPYArray(completed.halfWidths(intervals))
    }
    let points = fit.path.points
    if !points.isEmpty {
      let width = points.map(\.singularValues.count).max() ?? 0
      arrays["pathSteps"] = NPYArray(points.map { Double($0.step) })
      arrays["pathErrors"] = NPYArray(points.map(\.trainingError))
      arrays["pathSingularValues"] = NPYArray(
        shape: [points.count, width],
        elements: points.flatMap { point in
          point.singularValues + [Double](repeating: 0, count: width - point.singularValues.count)
        })
    }
    return arrays
  }

  public func record() throws -> Record { CompletionReport(result: self).record }

  /// `model`: what ``Prediction`` takes.
  public func file(named name: String) throws -> [UInt8]? {
    name == "model" ? try model.encoded() : nil
  }

  private var model: Safetensors {
    get throws {
      try ModelFile.contents(
        fit.model, settings: ModelFile.settings(of: request, fit: fit),
        columns: ModelColumns(data, fit: fit))
    }
  }

  /// The file as it came with its gaps filled, where the output can have that form; otherwise a matrix.
  private func write(to output: String, _ force: Bool) throws {
    let format = try request.outputFormat.map { try Reading.format($0) }
    let matrix = completed.matrix
    if let original = data.original, original.canBeWritten(to: output, format: format) {
      try DataFile.write(
        original, to: output, format: format, overwrite: force, entries: data.entries,
        isFilledEverywhere: request.denoise ?? false
      ) { row, column in
        let value = matrix[row, column]
        return value.isNaN ? nil : value
      }
      return
    }
    if let style = data.style, DataFile.isText(output, format: format) {
      return try DataFile.writeList(
        matrix, to: output, overwrite: force, names: data.names, style: style,
        known: data.entries, isFilledEverywhere: request.denoise ?? false)
    }
    try DataFile.writeMatrix(
      matrix, to: output, format: format, overwrite: force, names: data.names)
  }

  public func write() throws {
    let force = request.force ?? false
    // First what took the work: nothing that goes wrong with a whole matrix loses the model.
    if let path = request.model { try model.write(to: path, overwrite: force) }
    if let outliers = request.outliers {
      try DataFile.writeText(
        OutlierList(fit.suspicious, labels).text, to: outliers, overwrite: force)
    }
    if let output = request.output {
      try write(to: output, force)
    }
    if let mark = request.mark {
      try DataFile.writeText(FilledCells(result: self).text, to: mark, overwrite: force)
    }
    if let output = request.intervalOutput, let intervals = fit.intervals {
      try DataFile.writeMatrix(
        completed.halfWidths(intervals), to: output, overwrite: force, names: data.names)
    }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}
