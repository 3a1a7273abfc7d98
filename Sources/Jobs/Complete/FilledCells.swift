import DataFormats
import DeepLinear

/// Which cells were filled, how sure, and which are guesses, as a table of text.
struct FilledCells {
  let result: CompletionResult

  /// One line for each cell that was not known.
  var text: String {
    var lines = "row,column,rowName,columnName,value,halfWidth,kind\n"
    let labels = result.labels
    let matrix = result.completed.matrix
    result.completed.forEachGap { row, column in
      let value = matrix[row, column]
      let width = result.fit.intervals.map {
        result.completed.halfWidth($0, row: row, column: column)
      }
      let kind =
        result.completed.isHeld(row: row, column: column)
        ? "kept"
        : value.isNaN
          ? "open" : result.completed.isGuess(row: row, column: column) ? "guess" : "filled"
      lines += "\(row),\(column),"
      lines += "\(Self.quoted(labels.hasRowNames ? labels.row(row) : "")),"
      lines += "\(Self.quoted(labels.hasColumnNames ? labels.column(column) : "")),"
      lines += value.isNaN ? "," : "\(value),"
      lines += value.isNaN ? "" : width.map { $0.isFinite ? "\($0)" : "inf" } ?? ""
      lines += ",\(kind)\n"
    }
    return lines
  }

  static func quoted(_ name: String) -> String {
    let needsQuotes = name.contains { ",;\"\t".contains($0) || $0.isNewline }
    return needsQuotes ? "\"" + name.replacing("\"", with: "\"\"") + "\"" : name
  }
}
