import DataFormats
import DeepLinear
import Records

/// Fill in new rows, or new columns, from a saved fit, without refitting.
///
/// Where the model and the file have names, columns are matched by name: one that the file lacks is unknown in every
/// row, one that the model does not know is refused.
public struct Prediction: Job {
  public static let name = "predict"
  public static let givesWhatItHas = false

  /// What is new in the file.
  public enum Axis: String, CaseIterable, Codable, Sendable {
    case rows
    /// Columns over the rows that were fitted: new items for known users.
    case columns
  }

  /// A fit saved by ``Completion``.
  public var model: DataSource
  /// The known entries of the new rows.
  public var observed: DataSource
  /// What is new; rows where nil.
  public var new: Axis?
  /// Where the filled rows are written.
  public var output: String?
  /// The coverage of prediction intervals, between 0 and 1.
  public var intervals: Double?
  /// Where the half-widths of the intervals are written.
  public var intervalOutput: String?
  /// The folder of a report.
  public var report: String?
  /// Whether known entries are replaced by their fit.
  public var denoise: Bool?
  /// Whether cells that nothing known determines are filled with a guess.
  public var fillUndetermined: Bool?
  /// The lowest and the highest value that is given.
  public var clip: ValueRange?
  /// Known entries are kept unless ``denoise`` says otherwise; to ask for it changes nothing.
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

  public func validate() throws {
    _ = try observed.reading.options()
    if let intervals, !(intervals > 0 && intervals < 1) {
      throw BadInput("--intervals must lie between 0 and 1, not \(intervals).")
    }
    if intervalOutput != nil, intervals == nil {
      throw BadInput("--interval-output needs a coverage; add --intervals 0.9.")
    }
    if denoise ?? false, keepObserved ?? false {
      throw BadInput(
        "--denoise replaces known entries and --keep-observed keeps them; leave one of them out.")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> PredictionResult {
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    try outputs.input(self.model)
    try outputs.input(observed, exceptFor: output)
    try outputs.file(
      output, option: "--output",
      among: output?.lowercased().hasSuffix(".xlsx") ?? false ? [.xlsx] : nil)
    try outputs.file(intervalOutput, option: "--interval-output")
    try outputs.report(report)
    var (model, columns) = try ModelFile.read(self.model, in: context)
    let isTurned = new == .columns
    if isTurned { (model, columns) = (model.transposed, columns.transposed) }
    var data = try read(context, model, columns)
    if isTurned {
      data.entries = data.entries.transposed()
      data.names = TableNames(
        columns: data.names.rows, rows: data.names.columns, rowHeading: data.names.rowHeading)
    }
    let matched = try MatchedColumns(
      data, model: model, columns: columns, file: observed.name, modelFile: self.model.name,
      axis: isTurned ? "row" : "column")
    var need = MemoryNeed()
    need.add(
      numbers: Double(matched.entries.rowCount), Double(model.columnCount), copies: 4)
    try need.check(
      "\(observed.name): filling in a \(matched.entries.rowCount)×\(model.columnCount) matrix",
      "give fewer rows at a time")
    observer.show("predicting")
    let (rows, determined) = try model.fillingNewRows(matched.entries)
    let widths = try (intervals ?? (report == nil ? nil : 0.9)).flatMap { coverage in
      try PredictionWidths(model, columns, coverage: coverage)?.halfWidths(
        of: matched.entries, determined: determined)
    }
    return PredictionResult(
      request: self, context: context, data: data, matched: matched, fitted: rows,
      widths: widths, determined: determined, model: model, columns: columns)
  }

  /// The known entries; triplets and coordinates without names need not reach the last column.
  private func read(
    _ context: JobContext, _ model: CompletionModel, _ columns: ModelColumns
  ) throws -> ObservedData {
    if new == .columns || columns.columnNames != nil {
      let data = try observed.observedEntries(
        in: context, countsFromOne: columns.countsFromOne ?? false)
      let names = new == .columns ? data.names.rows : data.names.columns
      if new == .columns || names != nil || data.entries.columnCount == model.columnCount {
        return data
      }
    }
    return try observed.observedEntries(
      in: context, columnCount: model.columnCount, countsFromOne: columns.countsFromOne ?? false)
  }
}

/// The entries of a file in the columns of a model.
struct MatchedColumns {
  let entries: ObservedEntries
  /// For each column of the file the column of the model.
  let positions: [Int]
  /// Columns of the model that the file does not have.
  let absent: [Int]

  init(
    _ data: ObservedData, model: CompletionModel, columns: ModelColumns, file: String,
    modelFile: String, axis: String
  ) throws {
    guard let names = data.names.columns, let known = columns.columnNames else {
      guard data.entries.columnCount == model.columnCount else {
        let isRows = axis == "row"
        throw BadInput(
          """
          \(file): its \(isRows ? "columns have \(data.entries.columnCount) rows" : "rows have \(data.entries.columnCount) columns") but \(modelFile) was \
          fitted to \(model.columnCount); give \(isRows ? "columns over the same rows" : "rows over the same columns").
          """)
      }
      entries = data.entries
      positions = Array(0..<model.columnCount)
      absent = []
      return
    }
    var places: [String: Int] = [:]
    for (place, name) in known.enumerated() where places[name] == nil { places[name] = place }
    let unknown = names.filter { places[$0] == nil }
    guard unknown.isEmpty else {
      let list = unknown.prefix(6).map { "'\($0)'" }.joined(separator: ", ")
      let rest = unknown.count > 6 ? " and \(unknown.count - 6) more" : ""
      let examples = known.prefix(6).map { "'\($0)'" }.joined(separator: ", ")
      throw BadInput(
        """
        \(file): \(modelFile) knows no \(axis)\(unknown.count == 1 ? "" : "s") \(list)\(rest); leave \
        \(unknown.count == 1 ? "it" : "them") out (--ignore) or rename \(unknown.count == 1 ? "it" : "them") (the model \
        has \(examples)\(known.count > 6 ? ", …" : "")).
        """)
    }
    var met: Set<String> = []
    if let twice = names.first(where: { !met.insert($0).inserted }) {
      throw BadInput("\(file): two \(axis)s are called '\(twice)'; give each its own name.")
    }
    let positions = names.map { places[$0] ?? 0 }
    self.positions = positions
    let present = Set(positions)
    absent = (0..<model.columnCount).filter { !present.contains($0) }
    entries = try ObservedEntries(
      rowCount: data.entries.rowCount, columnCount: model.columnCount, rows: data.entries.rows,
      columns: data.entries.columns.map { Int32(positions[Int($0)]) }, values: data.entries.values)
  }
}
