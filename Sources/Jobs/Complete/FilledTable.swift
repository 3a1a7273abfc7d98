import DeepLinear
import Records

/// Cells that were filled, as a table of a page: where, what, and how sure.
enum FilledTable {
  /// Longer lists are cut; the file of `--mark` has all.
  static let rowLimit = 200

  /// The unknown cells of a matrix.
  ///
  /// - Parameter widths: half-widths in every place.
  static func table(
    _ matrix: Matrix, _ widths: Matrix?, known: ObservedEntries, labels: TableLabels,
    coverage: Double
  ) -> Table {
    var rows: [[Cell]] = []
    var count = 0
    for row in 0..<matrix.rowCount {
      var entry = known.rowStarts[row]
      for column in 0..<matrix.columnCount {
        if entry < known.rowStarts[row + 1], Int(known.columns[entry]) == column {
          entry += 1
          continue
        }
        let value = matrix[row, column]
        guard !value.isNaN else { continue }
        count += 1
        guard rows.count < rowLimit else { continue }
        var cells: [Cell] = [.text(labels.row(row)), .text(labels.column(column)), .number(value)]
        if let widths {
          let width = widths[row, column]
          cells +=
            width.isFinite
            ? [.number(value - width), .number(value + width)] : [.missing, .missing]
        }
        rows.append(cells)
      }
    }
    let rest = count > rows.count ? " The first \(rows.count) of \(count)." : ""
    return Table(
      title: "Filled cells",
      caption: (widths == nil
        ? "What was put into empty cells."
        : "What was put into empty cells, and the range in which a new measurement would lie with \(readable(100 * coverage)) % probability.")
        + rest,
      columns: [
        Column("row", alignment: .leading), Column("column", alignment: .leading), Column("value"),
      ]
        + (widths == nil ? [] : [Column("from"), Column("to")]),
      rows: rows)
  }
}
