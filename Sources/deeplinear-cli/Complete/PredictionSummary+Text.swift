import Jobs

extension PredictionSummary {
  func text(observed name: String) -> String {
    let isTurned = new == "columns"
    func counted(_ count: Int, _ word: String) -> String {
      "\(count) \(word)\(count == 1 ? "" : "s")"
    }
    var lines = [
      understood.map { "\(name): \($0)" }
        ?? "\(name): \(rows) × \(columns), \(observed) entries known",
      "  answer          \(new) filled at rank \(rank), without refitting",
    ]
    if !absentColumns.isEmpty {
      let word = isTurned ? "row" : "column"
      let names = (absentColumnNames ?? absentColumns.map(String.init)).prefix(8)
      lines.append(
        "  note            \(counted(absentColumns.count, word)) of the model "
          + "\(absentColumns.count == 1 ? "is" : "are") not in the file: "
          + names.joined(separator: ", ") + (absentColumns.count > 8 ? ", …" : ""))
    }
    if !undeterminedRows.isEmpty {
      let count = undeterminedRows.count
      let word = isTurned ? "column" : "row"
      let names = undeterminedRowNames.map {
        " (\($0.prefix(8).joined(separator: ", "))\(count > 8 ? ", …" : ""))"
      }
      lines.append(
        "  mask            \(counted(count, word))\(names ?? "") \(count == 1 ? "has" : "have") too few entries for "
          + "rank \(rank) and rest\(count == 1 ? "s" : "") on the ridge or the smallest norm")
    }
    let files = [output, intervalOutput, report.map { "\($0)/index.html" }].compactMap(\.self)
    lines.append(
      "  written         "
        + (files.isEmpty
          ? "nothing; --output FILE keeps the filled \(new)" : files.joined(separator: ", ")))
    return lines.joined(separator: "\n")
  }
}
