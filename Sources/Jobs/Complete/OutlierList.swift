import DeepLinear

/// Known entries that the others contradict, as a table of text.
struct OutlierList {
  private let entries: [SuspiciousEntry]
  private let labels: TableLabels

  init(_ entries: [SuspiciousEntry], _ labels: TableLabels) {
    self.entries = entries
    self.labels = labels
  }

  /// One line for each.
  var text: String {
    var lines = "row,column,rowName,columnName,value,predicted\n"
    for entry in entries {
      let row = FilledCells.quoted(labels.hasRowNames ? labels.row(entry.row) : "")
      let column = FilledCells.quoted(labels.hasColumnNames ? labels.column(entry.column) : "")
      lines +=
        "\(entry.row),\(entry.column),\(row),\(column),\(entry.value),\(entry.predicted)\n"
    }
    return lines
  }
}
