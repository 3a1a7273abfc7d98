import DataFormats
import DeepLinear
import Records

// What a person who gave a table asks of the answer: how good is it, column by column; what was put in, and how sure; what
// not to rely on, and why; for ratings, what comes first of what is not rated yet.
extension CompletionReport {
  private static let columnLimit = 200
  private static let listLimit = 10
  private static let ratedRowLimit = 40

  private var labels: TableLabels { result.labels }

  var trustSection: Section? {
    guard !data.format.isPicture else { return nil }
    var blocks: [Block] = summary.warnings.map { .notice(Notice(.information, Self.sentence($0))) }
    blocks += summary.judgements.map { .notice(Notice(.caution, Self.sentence($0))) }
    if let table = outlierTable { blocks.append(.table(table)) }
    if let table = columnTable { blocks.append(.table(table)) }
    guard !blocks.isEmpty else { return nil }
    return Section(
      heading: "How good is it?",
      prose: """
        The error to expect in an empty cell is measured on known cells that are kept away from the fit. Beside it \
        stands how far simple answers are off: the mean of the column, and the means of row and column together.
        """,
      blocks: blocks)
  }

  /// Known cells that the others contradict.
  private var outlierTable: Table? {
    guard !fit.suspicious.isEmpty else { return nil }
    let shown = fit.suspicious.prefix(Self.columnLimit)
    return Table(
      title: "Known cells that the others contradict",
      caption: "They were left out of the fit, and stand in the output as they were given."
        + (fit.suspicious.count > shown.count ? " The first \(shown.count)." : ""),
      columns: [
        Column("row", alignment: .leading), Column("column", alignment: .leading),
        Column("given"), Column("predicted by the others"),
      ],
      rows: shown.map { entry -> [Cell] in
        [
          .text(labels.row(entry.row)), .text(labels.column(entry.column)), .number(entry.value),
          .number(entry.predicted),
        ]
      })
  }

  private static func sentence(_ words: String) -> String {
    words.prefix(1).uppercased() + words.dropFirst() + "."
  }

  /// A line for each column: how much of it was known, and how far answers are off.
  private var columnTable: Table? {
    let entries = data.entries
    guard entries.columnCount <= 5_000 else { return nil }
    var known = [Int](repeating: 0, count: entries.columnCount)
    for column in entries.columns { known[Int(column)] += 1 }
    let errors = fit.isExact ? nil : ColumnErrors(data, request: request)
    let baselines = result.baselines
    func cell(_ values: [Double]?, _ column: Int) -> Cell {
      guard let value = values?[column], value.isFinite else { return .missing }
      return .number(value)
    }
    let columns = data.understanding?.columns.filter { $0.role == .data } ?? []
    let hasUnits = columns.count == entries.columnCount && columns.contains { $0.unit != nil }
    // The worst first, where there are too many.
    var order = Array(0..<entries.columnCount)
    if order.count > Self.columnLimit {
      order.sort { (errors?.errors[$0] ?? 0, $1) > (errors?.errors[$1] ?? 0, $0) }
    }
    let rows = order.prefix(Self.columnLimit).map { column -> [Cell] in
      [.text(labels.column(column))] + (hasUnits ? [.text(columns[column].unit ?? "")] : []) + [
        Cell(known[column]), Cell(entries.rowCount - known[column]),
      ]
        + (fit.isExact
          ? []
          : [
            cell(errors?.errors, column), cell(baselines?.columnMeansByColumn, column),
            cell(baselines?.offsetsByColumn, column),
          ])
    }
    return Table(
      title: "Column by column",
      caption: fit.isExact
        ? "The known cells agree exactly with a few patterns: what they determine has no error but rounding."
        : "Errors are root mean squares over known cells that were held out; · where none was."
          + (order.count > rows.count ? " The \(rows.count) columns with the largest errors." : ""),
      columns: [Column("column", alignment: .leading)]
        + (hasUnits ? [Column("unit", alignment: .leading)] : []) + [
          Column("known"), Column("empty"),
        ]
        + (fit.isExact
          ? []
          : [
            Column("error of the answer"), Column("error of the column's mean"),
            Column("error of row and column means"),
          ]),
      rows: Array(rows))
  }

  /// What was put into empty cells, and what not to rely on.
  var filledSection: Section? {
    let entries = data.entries
    guard !data.format.isPicture, entries.count < entries.rowCount * entries.columnCount,
      entries.rowCount * entries.columnCount <= 4_000_000
    else { return nil }
    var blocks: [Block] = []
    if summary.leftEmpty > 0 {
      blocks.append(
        .notice(
          Notice(
            .caution,
            "\(summary.leftEmpty) empty cell\(summary.leftEmpty == 1 ? " is" : "s are") left empty: nothing known "
              + "determines \(summary.leftEmpty == 1 ? "it" : "them").")))
    }
    let widths = fit.intervals.map { completion.halfWidths($0) }
    if let table = bestTable { blocks.append(.table(table)) }
    blocks.append(
      .table(
        FilledTable.table(
          completion.matrix, widths, known: entries, labels: labels,
          coverage: request.settledIntervals ?? 0.9)))
    if let table = doubtTable(widths) { blocks.append(.table(table)) }
    return Section(heading: "What was filled in", blocks: blocks)
  }

  /// For ratings line by line: the highest of what a row has no rating of.
  private var bestTable: Table? {
    guard data.layout == .triplets, labels.hasRowNames, labels.hasColumnNames else { return nil }
    let entries = data.entries
    let count = 5
    var rows: [[Cell]] = []
    for row in 0..<min(entries.rowCount, Self.ratedRowLimit) {
      let known = Set(entries.columns[entries.rowStarts[row]..<entries.rowStarts[row + 1]])
      let best = (0..<entries.columnCount)
        .filter { !known.contains(Int32($0)) && !completion.matrix[row, $0].isNaN }
        .sorted { completion.matrix[row, $0] > completion.matrix[row, $1] }
        .prefix(count)
      guard !best.isEmpty else { continue }
      let words = best.map { "\(labels.column($0)) (\(readable(completion.matrix[row, $0])))" }
      rows.append([.text(labels.row(row)), .text(words.joined(separator: ", "))])
    }
    guard !rows.isEmpty else { return nil }
    return Table(
      title: "The highest of what is not rated yet",
      caption: "Up to \(count) for each row"
        + (entries.rowCount > Self.ratedRowLimit ? ", the first \(Self.ratedRowLimit) rows." : "."),
      columns: [
        Column("row", alignment: .leading), Column("what comes first", alignment: .leading),
      ],
      rows: rows)
  }

  /// The rows and columns whose filled cells are least sure, and why.
  private func doubtTable(_ widths: Matrix?) -> Table? {
    let entries = data.entries
    var knownInRow = [Int](repeating: 0, count: entries.rowCount)
    var knownInColumn = [Int](repeating: 0, count: entries.columnCount)
    var rowWidths = [Double](repeating: 0, count: entries.rowCount)
    var columnWidths = [Double](repeating: 0, count: entries.columnCount)
    for k in 0..<entries.count {
      knownInRow[Int(entries.rows[k])] += 1
      knownInColumn[Int(entries.columns[k])] += 1
    }
    completion.forEachGap { row, column in
      let isFree = fit.isExact && !fit.mask.determines(row: row, column: column)
      let width: Double = isFree ? .infinity : (widths?[row, column] ?? 0)
      rowWidths[row] = max(rowWidths[row], width)
      columnWidths[column] = max(columnWidths[column], width)
    }
    func lines(
      _ kind: String, _ known: [Int], _ length: Int, _ widths: [Double], _ name: (Int) -> String
    )
      -> [[Cell]]
    {
      // Beside an exact answer only what nothing determines is in doubt.
      let open = known.indices.filter {
        known[$0] < length && !(fit.isExact && widths[$0].isFinite)
      }
      let order = open.sorted {
        (-Double(known[$0] == 0 ? 1 : 0), -widths[$0], Double(known[$0]), Double($0))
          < (-Double(known[$1] == 0 ? 1 : 0), -widths[$1], Double(known[$1]), Double($1))
      }
      return order.prefix(Self.listLimit).map { index in
        let reason: String
        if known[index] == 0 {
          reason = "nothing in it is known"
        } else if known[index] < fit.rank {
          reason =
            "only \(known[index]) known cell\(known[index] == 1 ? "" : "s"), fewer than the \(fit.rank) patterns of the answer"
        } else if known[index] < 2 * max(fit.rank, 1) {
          reason = "only \(known[index]) known cells"
        } else {
          reason =
            fit.isExact
            ? "some of its cells are not determined by what is known"
            : "it agrees least with the patterns of the others"
        }
        let width = widths[index]
        return [
          .text(kind), .text(name(index)), Cell(known[index]),
          self.fit.intervals != nil && width.isFinite && width > 0 ? .number(width) : .missing,
          .text(reason),
        ]
      }
    }
    let rows =
      lines("row", knownInRow, entries.columnCount, rowWidths, labels.row)
      + lines("column", knownInColumn, entries.rowCount, columnWidths, labels.column)
    guard !rows.isEmpty else { return nil }
    return Table(
      title: "What to rely on least",
      caption: "The rows and columns whose filled cells are least sure, and why.",
      columns: [
        Column("", alignment: .leading), Column("name", alignment: .leading), Column("known cells"),
        Column("widest half-width"), Column("reason", alignment: .leading),
      ],
      rows: rows)
  }
}
