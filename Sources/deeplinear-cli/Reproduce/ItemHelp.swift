import Jobs

/// What `reproduce ITEM --help` says: the item and the quantities that can be set.
enum ItemHelp {
  /// The text for the words of a command line; nil where they do not ask for the help of items.
  static func text(for arguments: [String]) -> String? {
    guard arguments.first == "reproduce",
      arguments.contains(where: { $0 == "--help" || $0 == "-h" })
    else { return nil }
    let items = ReproductionListSummary().items
    let asked = arguments.dropFirst().filter { !$0.hasPrefix("-") }
    let chosen = items.filter { asked.contains($0.id) }
    guard !chosen.isEmpty else { return nil }
    return chosen.map { item in
      var lines = ["\(item.id): \(item.title)", ""] + wrapped(item.shows) + [""]
      if item.parameters.isEmpty {
        lines.append("No quantity of this item can be set.")
      } else {
        lines.append("QUANTITIES for --set name=value:")
        let width = item.parameters.map(\.name.count).max() ?? 0
        for parameter in item.parameters {
          let padding = String(repeating: " ", count: width - parameter.name.count)
          lines.append(
            "  \(parameter.name)\(padding)  \(parameter.meaning) (\(parameter.range); default: \(parameter.value))"
          )
        }
        let first = item.parameters[0]
        lines += [
          "", "Example: deeplinear reproduce \(item.id) --set \(first.name)=\(first.value)",
        ]
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n\n") + "\n"
  }

  private static func wrapped(_ text: String) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      if lines[lines.count - 1].count + word.count >= 78 { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
    }
    return lines
  }
}
