import Jobs

extension ReproductionSummary {
  var text: String {
    var lines: [String] = []
    for item in items where !item.differing.isEmpty {
      lines.append("\(item.id) differs:")
      lines += item.differing.map { "  \($0)" }
    }
    let holding = items.count(where: \.holds)
    lines.append("\(holding) of \(items.count) items hold. The gallery: \(page)")
    return lines.joined(separator: "\n")
  }
}
