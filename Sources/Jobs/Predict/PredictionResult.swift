public import DataFormats
import DeepLinear
public import Records

/// Rows filled from a saved fit.
public struct PredictionResult: JobResult {
  let request: Prediction
  let context: JobContext
  /// The new rows, or the new columns as rows.
  let data: ObservedData
  let matched: MatchedColumns
  /// The filled rows as they are given; as many columns as the model.
  let rows: Matrix
  let widths: Matrix?
  let columns: ModelColumns
  public let summary: PredictionSummary

  init(
    request: Prediction, context: JobContext, data: ObservedData, matched: MatchedColumns,
    fitted: Matrix, widths: Matrix?, determined: [Int], model: CompletionModel,
    columns: ModelColumns
  ) {
    let rank = model.rank
    self.request = request
    self.context = context
    self.data = data
    self.matched = matched
    self.widths = widths
    self.columns = columns
    let entries = matched.entries
    var rows = fitted
    if let clip = request.clip?.range {
      rows.withUnsafeMutableElements { elements in
        for k in elements.indices {
          elements[k] = min(max(elements[k], clip.lowerBound), clip.upperBound)
        }
      }
    }
    // What nothing determines stays open, but where the fit is wanted everywhere.
    var leftEmpty = 0
    if !(request.denoise ?? false), !(request.fillUndetermined ?? false) {
      let open = OpenCells(
        model, entries, determined: determined, isExact: columns.isExact ?? false)
      for row in 0..<rows.rowCount {
        for column in 0..<rows.columnCount where open.contains(row: row, column: column) {
          rows[row, column] = .nan
          leftEmpty += 1
        }
      }
    }
    let isTurned = request.new == .columns
    let dataWidth = isTurned ? data.entries.rowCount : data.entries.columnCount
    var kept = 0
    for place in data.held {
      let (first, second) = place.quotientAndRemainder(dividingBy: max(dataWidth, 1))
      let (row, column) = isTurned ? (second, first) : (first, second)
      guard row < rows.rowCount, matched.positions.indices.contains(column) else { continue }
      if rows[row, matched.positions[column]].isNaN { leftEmpty -= 1 }
      rows[row, matched.positions[column]] = .nan
      kept += 1
    }
    if !(request.denoise ?? false) {
      for k in entries.values.indices {
        let (row, column) = (Int(entries.rows[k]), Int(entries.columns[k]))
        if rows[row, column].isNaN { leftEmpty -= 1 }
        rows[row, column] = entries.values[k]
      }
    }
    self.rows = rows
    let undetermined = determined.indices.filter { determined[$0] < rank }
    summary = PredictionSummary(
      rows: rows.rowCount, columns: rows.columnCount, observed: data.entries.count, rank: rank,
      undeterminedRows: undetermined,
      undeterminedRowNames: TableLabels(data.names).rows(undetermined),
      new: (request.new ?? .rows).rawValue,
      absentColumns: matched.absent,
      absentColumnNames: columns.columnNames.map { names in matched.absent.map { names[$0] } },
      filled: rows.count - entries.count - leftEmpty - kept, leftEmpty: leftEmpty, kept: kept,
      understood: data.understanding?.sentence, warnings: data.understanding?.warnings ?? [],
      intervals: widths == nil ? nil : request.intervals ?? 0.9, output: request.output,
      intervalOutput: request.intervalOutput, report: request.report)
  }

  public var ending: JobEnding { .done }

  private var isTurned: Bool { request.new == .columns }

  /// `rows`, each filled (`columns` where these are new), and `halfWidths` where intervals were asked for.
  public func arrays() throws -> NPZArchive {
    var result = NPZArchive([
      .init(name: isTurned ? "columns" : "rows", array: NPYArray(given(rows)))
    ])
    if let widths { result["halfWidths"] = NPYArray(given(widths)) }
    return result
  }

  private func given(_ matrix: Matrix) -> Matrix { isTurned ? matrix.transposed() : matrix }

  private var names: TableNames {
    let own = TableNames(
      columns: columns.columnNames ?? data.names.columns, rows: data.names.rows,
      rowHeading: data.names.rowHeading)
    guard isTurned else { return own }
    return TableNames(columns: own.rows, rows: own.columns, rowHeading: own.rowHeading)
  }

  public func record() throws -> Record {
    let labels = TableLabels(names)
    let matrix = given(rows)
    var blocks: [Block] = MatrixFigures.tables(
      [(isTurned ? "Filled columns" : "Filled rows", matrix)], labels
    ).map { .figure($0) }
    if let widths {
      let widths = given(widths)
      let known = isTurned ? matched.entries.transposed() : matched.entries
      blocks.append(
        .table(
          FilledTable.table(
            matrix, widths, known: known, labels: labels, coverage: request.intervals ?? 0.9)))
    }
    return Record(
      title:
        "\(isTurned ? "Columns" : "Rows") of \(request.observed.name) filled from \(request.model.name)",
      summary: [
        Fact("shape", .text("\(matrix.rowCount) × \(matrix.columnCount)")),
        Fact("known entries", Cell(summary.observed)), Fact("rank", Cell(summary.rank)),
        Fact(
          isTurned ? "columns with too few entries" : "rows with too few entries",
          Cell(summary.undeterminedRows.count),
          note: "they rest on the ridge or the smallest norm"),
      ],
      sections: [Section(heading: isTurned ? "The columns" : "The rows", blocks: blocks)],
      provenance: ReportFolder.provenance(seed: request.seed ?? 0, settings: [], of: context))
  }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output {
      if let original = data.original, original.canBeWritten(to: output) {
        try DataFile.write(
          original, to: output, overwrite: force,
          entries: isTurned ? data.entries.transposed() : data.entries,
          isFilledEverywhere: request.denoise ?? false
        ) { row, column in
          let value =
            isTurned ? rows[column, matched.positions[row]] : rows[row, matched.positions[column]]
          return value.isNaN ? nil : value
        }
      } else if let style = data.style, DataFile.isText(output) {
        try DataFile.writeList(
          given(rows), to: output, overwrite: force, names: names, style: style,
          known: isTurned ? matched.entries.transposed() : matched.entries,
          isFilledEverywhere: request.denoise ?? false)
      } else {
        try DataFile.writeMatrix(given(rows), to: output, overwrite: force, names: names)
      }
    }
    if let output = request.intervalOutput, let widths {
      try DataFile.writeMatrix(given(widths), to: output, overwrite: force, names: names)
    }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}

/// What `predict` says, as JSON and as text.
public struct PredictionSummary: Encodable {
  package var rows: Int
  package var columns: Int
  package var observed: Int
  package var rank: Int
  /// New rows, or columns, whose own entries do not determine all coordinates.
  package var undeterminedRows: [Int]
  package var undeterminedRowNames: [String]?
  package var new: String
  /// Columns, or rows, of the model that the file does not have.
  package var absentColumns: [Int]
  package var absentColumnNames: [String]?
  /// How many unknown cells got a number, how many stay empty because nothing determines them, and how many hold
  /// something and stay as they are.
  package var filled: Int
  package var leftEmpty: Int
  package var kept: Int
  package var understood: String?
  package var warnings: [String]
  /// The coverage of the intervals.
  package var intervals: Double?
  package var output: String?
  package var intervalOutput: String?
  package var report: String?
}
