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
    for warning in warnings { lines.append("  note            \(warning)") }
    let gaps = filled + leftEmpty
    if gaps > 0 {
      lines.append(
        leftEmpty == 0
          ? "  filled          \(gaps == 1 ? "the one unknown cell" : "all of \(gaps) unknown cells")"
          : "  filled          \(filled) of \(counted(gaps, "unknown cell")); nothing determines the "
            + "other\(leftEmpty == 1 ? "" : "s") (--fill-undetermined gives a guess)")
    }
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
          + "rank \(rank)")
    }
    let files = [output, intervalOutput, report.map { "\($0)/index.html" }].compactMap(\.self)
    lines.append(
      "  written         "
        + (files.isEmpty
          ? "nothing; --output FILE keeps the filled \(new)" : files.joined(separator: ", ")))
    return lines.joined(separator: "\n")
  }
}
