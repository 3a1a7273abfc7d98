public import Records

extension Record {
  /// The record as Markdown.
  ///
  /// - Parameter figurePath: where the picture of a figure is, given its number from 1; `nil`
  ///   leaves title and caption.
  public func markdown(figurePath: (Int) -> String? = { _ in nil }) -> String {
    var parts = ["# " + escapedMarkdown(title)]
    if let subtitle { parts.append("*\(escapedMarkdown(subtitle))*") }
    if !summary.isEmpty { parts.append(list(summary)) }
    var figureNumber = 0
    var tableNumber = 0

    func part(_ figure: Figure) -> String {
      figureNumber += 1
      let label =
        "**Figure \(figureNumber). \(escapedMarkdown(figure.title.asSentence))** "
        + escapedMarkdown(figure.caption)
      let alternative = escapedMarkdown(figure.alternativeText ?? figure.title)
      return (figurePath(figureNumber).map { "![\(alternative)](\($0))\n\n" } ?? "") + label
    }

    for section in sections {
      parts.append("## " + escapedMarkdown(section.heading))
      parts += markdownParagraphs(section.prose)
      for block in section.blocks {
        switch block {
        case .prose(let prose): parts += markdownParagraphs(prose)
        case .figure(let figure): parts.append(part(figure))
        case .row(let figures): parts += figures.map(part)
        case .table(let table):
          tableNumber += 1
          parts.append(
            "**Table \(tableNumber). \(escapedMarkdown(table.title.asSentence))** "
              + escapedMarkdown(table.caption))
          parts.append(grid(table))
        case .facts(let facts): parts.append(list(facts))
        case .claims(let claims): parts.append(grid(claims.table))
        case .notice(let notice):
          parts.append("> **\(notice.level.word)** \(escapedMarkdown(notice.text))")
        case .code(let code): parts.append(fenced(code))
        }
      }
    }
    if let provenance {
      parts.append("## How this was made")
      parts.append(
        provenance.lines.map { "- \(escapedMarkdown($0.label)): \(escapedMarkdown($0.value))" }
          .joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n") + "\n"
  }
}

private func markdownParagraphs(_ prose: String) -> [String] {
  prose.split(separator: "\n", omittingEmptySubsequences: false)
    .split { $0.allSatisfy(\.isWhitespace) }
    .map { escapedMarkdown($0.joined(separator: " ")) }
}

private func list(_ facts: [Fact]) -> String {
  facts.map { fact in
    let unit = fact.unit.map { " " + escapedMarkdown($0) } ?? ""
    let note = fact.note.map { " (\(escapedMarkdown($0)))" } ?? ""
    return "- \(escapedMarkdown(fact.label)): **\(markdown(fact.value, digits: 4))\(unit)**\(note)"
  }.joined(separator: "\n")
}

private func grid(_ table: Table) -> String {
  let rule = table.columns.map { column in
    switch column.alignment {
    case .leading: ":--"
    case .center: ":-:"
    case .trailing: "--:"
    }
  }
  let rows =
    [table.columns.map { escapedMarkdown($0.heading) }, rule]
    + table.rows.map { row in
      zip(row, table.columns).map { markdown($0, digits: $1.significantDigits) }
    }
  return rows.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
}

private func markdown(_ cell: Cell, digits: Int) -> String {
  switch cell {
  case .number(let number): NumberText.rounded(number, digits: digits)
  case .text(let text), .link(let text, _): escapedMarkdown(text)
  case .verdict(let verdict): "\(verdict.symbol) \(verdict.words)"
  case .missing: ""
  }
}

private func fenced(_ code: CodeBlock) -> String {
  var fence = "```"
  while code.text.contains(fence) { fence += "`" }
  let language = (code.language ?? "").filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
  return "\(fence)\(language)\n\(code.text)\n\(fence)"
}

extension [Claim] {
  fileprivate var table: Table {
    Table(
      title: "",
      columns: [
        Column("claim", alignment: .leading), Column("source", alignment: .leading),
        Column("expected"), Column("measured"), Column("tolerance"),
        Column("verdict", alignment: .leading),
      ],
      rows: map { claim in
        [
          .text(claim.statement), claim.source.map(Cell.text) ?? .missing,
          .text(claim.relation.symbol + NumberText.rounded(claim.expected)),
          .number(claim.measured), .number(claim.tolerance), .verdict(claim.verdict),
        ]
      })
  }
}

extension Notice.Level {
  fileprivate var word: String {
    switch self {
    case .information: "Note."
    case .caution: "Caution."
    case .failure: "Failure."
    }
  }
}
