import Jobs
import LinearAlgebra

extension ReproductionListSummary {
  /// The items under their papers, each with about how long it takes.
  var text: String {
    let width = items.map(\.id.count).max() ?? 0
    var lines: [String] = []
    var paper = ""
    for item in items {
      if item.paper != paper {
        paper = item.paper
        lines += (lines.isEmpty ? [] : [""]) + [paper]
      }
      let padding = String(repeating: " ", count: width - item.id.count)
      lines.append("  \(item.id)\(padding)  \(item.title) (\(readable(item.seconds)) s)")
    }
    return lines.joined(separator: "\n")
  }
}
