public import DataFormats
import DeepLinear
public import Records

/// Fill in new rows from a saved fit, without refitting.
public struct Prediction: Job {
  public static let name = "predict"

  /// A fit saved by ``Completion``.
  public var model: DataSource
  /// The known entries of the new rows.
  public var observed: DataSource
  /// Where the filled rows are written.
  public var output: String?
  /// Whether known entries are given as they are, instead of their fit.
  public var keepObserved: Bool?
  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// Nothing here is random; a seed is taken as by every job.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(model: DataSource, observed: DataSource) {
    self.model = model
    self.observed = observed
  }

  public func validate() throws { _ = try observed.reading.options() }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> PredictionResult {
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    try outputs.file(output, option: "--output")
    let model = try ModelFile.read(self.model, in: context)
    // Triplets and coordinates need not reach the last column.
    let data = try observed.observedEntries(in: context, columnCount: model.columnCount)
    guard data.entries.columnCount == model.columnCount else {
      throw BadInput(
        """
        \(observed.name): its rows have \(data.entries.columnCount) columns but \(self.model.name) was \
        fitted to \(model.columnCount); give rows over the same columns.
        """)
    }
    observer.show("predicting")
    var (rows, determined) = try model.fillingNewRows(data.entries)
    if keepObserved ?? false {
      for k in data.entries.values.indices {
        rows[Int(data.entries.rows[k]), Int(data.entries.columns[k])] = data.entries.values[k]
      }
    }
    return PredictionResult(
      request: self, context: context, rows: rows, names: data.names,
      summary: PredictionSummary(
        rows: rows.rowCount, columns: rows.columnCount, observed: data.entries.count,
        rank: model.rank,
        undeterminedRows: determined.indices.filter { determined[$0] < model.rank },
        output: output))
  }
}

/// Rows filled from a saved fit.
public struct PredictionResult: JobResult {
  let request: Prediction
  let context: JobContext
  let rows: Matrix
  let names: TableNames
  public let summary: PredictionSummary

  public var ending: JobEnding { .done }

  /// `rows`, each filled.
  public func arrays() throws -> NPZArchive {
    NPZArchive([.init(name: "rows", array: NPYArray(rows))])
  }

  public func record() throws -> Record {
    Record(
      title: "Rows of \(request.observed.name) filled from \(request.model.name)",
      summary: [
        Fact("shape", .text("\(summary.rows) × \(summary.columns)")),
        Fact("known entries", Cell(summary.observed)), Fact("rank", Cell(summary.rank)),
        Fact(
          "rows with too few entries", Cell(summary.undeterminedRows.count),
          note: "they rest on the ridge or the smallest norm"),
      ],
      sections: [
        Section(
          heading: "The rows", blocks: [.figure(MatrixFigures.figure("Filled rows", rows))])
      ],
      provenance: ReportFolder.provenance(seed: request.seed ?? 0, settings: [], of: context))
  }

  public func write() throws {
    guard let output = request.output else { return }
    try DataFile.writeMatrix(rows, to: output, overwrite: request.force ?? false, names: names)
  }
}

/// What `predict` says, as JSON and as text.
public struct PredictionSummary: Encodable {
  package var rows: Int
  package var columns: Int
  package var observed: Int
  package var rank: Int
  /// Rows whose own entries do not determine all coordinates.
  package var undeterminedRows: [Int]
  package var output: String?
}
