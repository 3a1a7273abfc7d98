import Records

/// The page of a record: one HTML text with its style and script inside.
struct HTMLPage {
  var record: Record
  var budget: Figure.DrawingBudget
  /// Whether `plotly.min.js` stands beside the page.
  var isInteractive: Bool

  private static let shownRowCount = 200

  func text() -> String {
    var numbering = Numbering()
    let sections = record.sections.enumerated().map { index, section in
      """
      <section aria-labelledby="section-\(index + 1)">
      <h2 id="section-\(index + 1)">\(escapedMarkup(section.heading))</h2>
      \(paragraphs(section.prose))\
      \(section.blocks.map { block($0, &numbering) }.joined())</section>

      """
    }.joined()
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="generator" content="\(escapedMarkup(generator))">
      <link rel="icon" href="data:,">
      <title>\(escapedMarkup(record.title))</title>
      <style>
      \(Self.colors)
      \(String(decoding: PackageResources.page_css, as: UTF8.self))</style>
      </head>
      <body>
      <header>
      <h1>\(escapedMarkup(record.title))</h1>
      \(record.subtitle.map { "<p class=\"subtitle\">\(escapedMarkup($0))</p>\n" } ?? "")\
      \(facts(record.summary))\(contents)\(staticNotice)</header>
      <main>
      \(sections)</main>
      \(footer)\(scripts)</body>
      </html>

      """
  }

  /// Light is the rule, dark the exception of a dark screen: paper is always light.
  private static let colors = """
    :root{\(Theme.light.declarations)--link:#0060a0;--wash:#f4f5f7;--good:#00704f;--bad:#b3261e;--warm:#b86e00;}
    @media screen and (prefers-color-scheme:dark){
    :root{\(Theme.dark.declarations)--link:#7cc0f0;--wash:#1f242b;--good:#4cc79a;--bad:#ff8a7a;--warm:#e69f00;}
    }
    """

  private var generator: String {
    record.provenance.map { "\($0.program) \($0.version)" } ?? "DeepLinear"
  }

  private var hasPlots: Bool {
    record.figures.contains(where: \.isPlot)
  }

  private var contents: String {
    guard record.sections.count > 3 else { return "" }
    let items = record.sections.enumerated().map { index, section in
      "<li><a href=\"#section-\(index + 1)\">\(escapedMarkup(section.heading))</a></li>\n"
    }
    return "<nav aria-label=\"Contents\"><ol>\n\(items.joined())</ol></nav>\n"
  }

  private var staticNotice: String {
    guard hasPlots else { return "" }
    if isInteractive {
      return """
        <p class="notice" id="static-notice" hidden></p>
        <noscript><p class="notice">Scripts are switched off: the figures are static.</p></noscript>

        """
    }
    return """
      <p class="notice" id="static-notice">The figures are static: this report was written \
      without Plotly.js. The values behind each figure are in its CSV file.</p>

      """
  }

  private var scripts: String {
    guard hasPlots && isInteractive else { return "" }
    return """
      <script src="plotly.min.js"></script>
      <script src="data.js"></script>
      <script>
      \(String(decoding: PackageResources.page_js, as: UTF8.self))</script>

      """
  }

  // MARK: Blocks

  private struct Numbering {
    var figure = 0
    var table = 0
  }

  private func block(_ block: Block, _ numbering: inout Numbering) -> String {
    switch block {
    case .prose(let prose): return paragraphs(prose)
    case .figure(let value): return figure(value, &numbering)
    case .row(let values):
      let figures = values.map { figure($0, &numbering) }.joined()
      return "<div class=\"row\">\n\(figures)</div>\n"
    case .table(let value): return table(value, &numbering)
    case .facts(let values): return facts(values)
    case .claims(let values): return claims(values)
    case .notice(let notice):
      let role = notice.level == .failure ? " role=\"alert\"" : ""
      return """
        <p class="notice \(notice.level.rawValue)"\(role)>\(inline(notice.text))</p>

        """
    case .code(let code):
      return """
        <pre tabindex="0"><code>\(escapedMarkup(code.text))</code></pre>

        """
    }
  }

  private func figure(_ figure: Figure, _ numbering: inout Numbering) -> String {
    numbering.figure += 1
    let id = "figure-\(numbering.figure)"
    let drawing = figure.svg(paint: .page, prefix: id)
    let isPlot = figure.isPlot
    let isMap = if case .heatMap = figure.content { true } else { false }
    let description = escapedMarkup("\(figure.title). \(figure.alternativeText ?? figure.caption)")
    let live =
      isPlot && isInteractive
      ? "<div class=\"live\(isMap ? " map" : "")\" role=\"img\" aria-label=\"\(description)\"></div>\n"
      : ""
    let slot = live.isEmpty ? "" : " data-figure=\"\(id)\""
    let note = figure.drawingNote(budget)
    return """
      <figure id="\(id)">
      <div\(slot)>
      <div class="static">\(drawing)</div>
      \(live)</div>
      <figcaption><b>Figure \(numbering.figure). \(inline(figure.title.asSentence))</b> \
      \(inline(figure.caption)) \
      \(note.isEmpty ? "" : "<span class=\"remark\">\(note)</span> ")\
      <span class="links"><a href="data/\(id).csv">CSV</a>\
      \(isPlot ? "<a href=\"data/\(id).json\">JSON</a>" : "")\
      <a href="data/\(id).svg">SVG</a></span></figcaption>
      \(values(of: figure))</figure>

      """
  }

  /// Some of the values as a table, for readers who prefer numbers or cannot see the figure.
  private func values(of figure: Figure) -> String {
    guard let table = figure.excerpt(rowCount: 12) else { return "" }
    return """
      <details><summary>Values</summary>
      \(table.caption.isEmpty ? "" : "<p class=\"remark\">\(inline(table.caption))</p>\n")\
      <div class="scroll" tabindex="0" role="group" aria-label="Values of the figure">
      \(tableElement(table))</div>
      </details>

      """
  }

  private func table(_ table: Table, _ numbering: inout Numbering) -> String {
    numbering.table += 1
    let id = "table-\(numbering.table)"
    var shown = table
    var note = ""
    if table.rows.count > Self.shownRowCount {
      shown.rows = Array(table.rows.prefix(Self.shownRowCount))
      let total = NumberText.rounded(Double(table.rows.count))
      note = "<span class=\"remark\">The first \(Self.shownRowCount) of \(total) rows.</span> "
    }
    let caption = """
      <b>Table \(numbering.table). \(inline(table.title.asSentence))</b> \(inline(table.caption)) \
      \(note)<span class="links"><a href="data/\(id).csv">CSV</a></span>
      """
    return """
      <figure id="\(id)">
      <figcaption id="\(id)-caption">\(caption)</figcaption>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="\(id)-caption">
      \(tableElement(shown, labelledBy: "\(id)-caption"))</div>
      </figure>

      """
  }

  private func tableElement(_ table: Table, labelledBy id: String? = nil) -> String {
    let head = table.columns.map { column in
      let unit = column.unit.map { " <span class=\"unit\">(\(escapedMarkup($0)))</span>" } ?? ""
      return """
        <th scope="col" class="\(column.alignment.rawValue)">\(inline(column.title))\(unit)</th>
        """
    }
    let rows = table.rows.map { row in
      let cells = zip(row, table.columns).map { cell, column in
        """
        <td class="\(column.alignment.rawValue)">\(markup(cell, digits: column.significantDigits))</td>
        """
      }
      return "<tr>\(cells.joined())</tr>\n"
    }
    return """
      <table\(id.map { " aria-labelledby=\"\($0)\"" } ?? "")>
      <thead><tr>\(head.joined())</tr></thead>
      <tbody>
      \(rows.joined())</tbody>
      </table>

      """
  }

  private func facts(_ facts: [Fact]) -> String {
    guard !facts.isEmpty else { return "" }
    let items = facts.map { fact in
      let isText = if case .text = fact.value { true } else { false }
      let unit = fact.unit.map { " <small>\(escapedMarkup($0))</small>" } ?? ""
      let note = fact.note.map { "<span class=\"note\">\(inline($0))</span>" } ?? ""
      return """
        <div><dt>\(inline(fact.label))</dt>\
        <dd\(isText ? " class=\"words\"" : "")>\(markup(fact.value, digits: 4))\(unit)\(note)</dd></div>

        """
    }
    return "<dl class=\"facts\">\n\(items.joined())</dl>\n"
  }

  private func claims(_ claims: [Claim]) -> String {
    guard !claims.isEmpty else { return "" }
    let rows = claims.map { claim in
      let source = claim.source.map { "<span class=\"source\">\(inline($0))</span>" } ?? ""
      let tolerance = claim.tolerance == 0 ? "none" : "± " + NumberText.rounded(claim.tolerance)
      return """
        <tr><td class="leading">\(inline(claim.statement))\(source)</td>\
        <td>\(claim.relation.symbol)\(NumberText.rounded(claim.expected))</td>\
        <td>\(NumberText.rounded(claim.measured))</td><td>\(tolerance)</td>\
        <td class="leading">\(markup(.verdict(claim.verdict), digits: 4))</td></tr>

        """
    }
    return """
      <div class="scroll claims" tabindex="0" role="group" aria-label="Claims">
      <table>
      <thead><tr><th scope="col" class="leading">claim</th><th scope="col">expected</th>\
      <th scope="col">measured</th><th scope="col">tolerance</th>\
      <th scope="col" class="leading">verdict</th></tr></thead>
      <tbody>
      \(rows.joined())</tbody>
      </table>
      </div>

      """
  }

  private func markup(_ cell: Cell, digits: Int) -> String {
    switch cell {
    case .number(let number): NumberText.rounded(number, digits: digits)
    case .text(let text): inline(text)
    case .verdict(let verdict):
      """
      <span class="verdict \(verdict.rawValue)">\(verdict.symbol) \(verdict.words)</span>
      """
    case .missing: "<span class=\"unit\" aria-label=\"no value\">·</span>"
    }
  }

  // MARK: Provenance

  private var footer: String {
    guard let lines = record.provenance?.lines else { return "" }
    let items = lines.map {
      "<dt>\(escapedMarkup($0.label))</dt><dd>\(escapedMarkup($0.value))</dd>\n"
    }
    return """
      <footer>
      <h2>How this was made</h2>
      <dl>
      \(items.joined())</dl>
      <p>All values: <a href="record.json">record.json</a>. As text: <a href="report.md">report.md</a>.</p>
      </footer>

      """
  }
}

extension String {
  /// With a full stop, unless it ends in a mark already.
  var asSentence: String {
    last.map { ".!?…".contains($0) } ?? true ? self : self + "."
  }
}

extension Claim.Relation {
  /// Stands before the expected number.
  var symbol: String {
    switch self {
    case .equals: ""
    case .atMost: "≤ "
    case .atLeast: "≥ "
    }
  }
}

extension Provenance {
  /// What is known, in the order a reader asks for it.
  var lines: [(label: String, value: String)] {
    var lines = [("program", program + " " + version + (commit.map { " (\($0))" } ?? ""))]
    if !arguments.isEmpty {
      lines.append(
        ("command", ([program] + arguments).map(\.shellQuoted).joined(separator: " ")))
    }
    if let seed { lines.append(("seed", String(seed))) }
    for setting in settings {
      let unit = setting.unit.map { " " + $0 } ?? ""
      lines.append((setting.label, setting.value.exactText + unit))
    }
    if let machine {
      lines.append(("processor", machine.processor))
      lines.append(("operating system", machine.operatingSystem))
      if let core = machine.linearAlgebraCore { lines.append(("linear algebra", core)) }
      lines.append(("threads", String(machine.threadCount)))
    }
    if let started { lines.append(("started", started)) }
    if let finished { lines.append(("finished", finished)) }
    return lines
  }
}

extension String {
  /// The same word for a shell.
  fileprivate var shellQuoted: String {
    let isPlain =
      !isEmpty
      && unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || ("0"..."9").contains($0)
          || "-_./=:,+@%".unicodeScalars.contains($0)
      }
    return isPlain
      ? self
      : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
        + "'"
  }
}
