import Jobs

extension PredictionSummary {
  func text(observed name: String) -> String {
    var lines = [
      "\(name): \(rows) × \(columns), \(observed) entries known",
      "  answer          rows filled at rank \(rank), without refitting",
    ]
    if !undeterminedRows.isEmpty {
      let count = undeterminedRows.count
      lines.append(
        "  mask            \(count) \(count == 1 ? "row has" : "rows have") too few entries for "
          + "rank \(rank) and rest on the ridge or the smallest norm")
    }
    lines.append(
      "  written         " + (output ?? "nothing; --output FILE keeps the filled rows"))
    return lines.joined(separator: "\n")
  }
}
