import Records

// Values as HTML, the same on every kind of page.

/// A cell of a table, a fact or a claim.
func markup(_ cell: Cell, digits: Int) -> String {
  switch cell {
  case .number(let number): NumberText.rounded(number, digits: digits)
  case .text(let text): inline(text)
  case .link(let text, let address):
    safeAddress(address).map { "<a href=\"\(escapedMarkup($0))\">\(escapedMarkup(text))</a>" }
      ?? inline(text)
  case .verdict(let verdict):
    """
    <span class="verdict \(verdict.rawValue)">\(verdict.symbol) \(verdict.words)</span>
    """
  case .missing: "<span class=\"unit\" aria-label=\"no value\">·</span>"
  }
}

/// An address that a page may lead to: one beside it, or one that begins with `https://`; nil for all others, which could
/// be scripts.
func safeAddress(_ address: String) -> String? {
  address.isEmpty || address.contains(":") && !address.hasPrefix("https://") ? nil : address
}

/// Facts side by side.
func factList(_ facts: [Fact]) -> String {
  guard !facts.isEmpty else { return "" }
  let items = facts.map { fact in
    let isText =
      switch fact.value {
      case .text, .link: true
      default: false
      }
    let unit = fact.unit.map { " <small>\(escapedMarkup($0))</small>" } ?? ""
    let note = fact.note.map { "<span class=\"note\">\(inline($0))</span>" } ?? ""
    let term = fact.term.map { " title=\"\(escapedMarkup($0))\"" } ?? ""
    return """
      <div><dt\(term)>\(inline(fact.label))</dt>\
      <dd\(isText ? " class=\"words\"" : "")>\(markup(fact.value, digits: 4))\(unit)\(note)</dd></div>

      """
  }
  return "<dl class=\"facts\">\n\(items.joined())</dl>\n"
}

/// How a page was made, as a list of terms; nothing without a provenance.
func provenanceList(_ provenance: Provenance) -> String {
  let items = provenance.lines.map {
    "<dt>\(settingMarkup($0.label))</dt><dd>\(settingMarkup($0.value))</dd>\n"
  }
  return "<dl>\n\(items.joined())</dl>\n"
}

/// Ways to other pages in one line; nothing without links.
func trailLine(_ links: [Link]) -> String {
  guard !links.isEmpty else { return "" }
  let items = links.map {
    "<a href=\"\(escapedMarkup($0.address))\">\(escapedMarkup($0.name))</a>"
  }
  return "<p class=\"trail\">\(items.joined(separator: " · "))</p>\n"
}
