import Records

/// The page of a record: one HTML text with its style and script inside.
struct HTMLPage {
  var record: Record
  var budget: Figure.DrawingBudget
  /// Where the page finds Plotly.js; nil makes a static page.
  var plotlyAddress: String?
  var trail: [Link] = []
  /// Whether no other file stands beside the page.
  var isAlone = false
  /// Whether long tables are shown to their last row.
  var showsAllRows = false

  private var isInteractive: Bool { plotlyAddress != nil }

  private static let shownRowCount = 200

  func text() -> String {
    var numbering = Numbering()
    let sections = record.sections.enumerated().map { index, section in
      """
      <section aria-labelledby="section-\(index + 1)">
      <h2 id="section-\(index + 1)">\(inline(section.heading))</h2>
      \(paragraphs(section.prose))\
      \(section.blocks.map { block($0, &numbering) }.joined())</section>

      """
    }.joined()
    return PageFrame(
      title: record.title, generator: record.provenance,
      header: """
        \(trailLine(trail))<h1>\(inline(record.title))</h1>
        \(record.subtitle.map { "<p class=\"subtitle\">\(inline($0))</p>\n" } ?? "")\
        \(factList(record.summary))\(contents)\(staticNotice)
        """,
      main: sections, footer: footer + scripts
    ).text
  }

  private var hasPlots: Bool {
    record.figures.contains(where: \.isPlot)
  }

  private var contents: String {
    guard record.sections.count > 3 else { return "" }
    let items = record.sections.enumerated().map { index, section in
      "<li><a href=\"#section-\(index + 1)\">\(inline(section.heading))</a></li>\n"
    }
    return "<nav aria-label=\"Contents\"><ol>\n\(items.joined())</ol></nav>\n"
  }

  private var staticNotice: String {
    guard hasPlots, !isAlone else { return "" }
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
      <script src="\(escapedMarkup(plotlyAddress ?? ""))"></script>
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
    case .facts(let values): return factList(values)
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
    let description = escapedMarkup(
      plainFormulas("\(figure.title). \(figure.alternativeText ?? figure.caption)"))
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
      \(links(to: isPlot ? ["csv", "json", "svg"] : ["csv", "svg"], of: id))</figcaption>
      \(values(of: figure))</figure>

      """
  }

  /// Some of the values as a table, for readers who prefer numbers or cannot see the figure.
  private func values(of figure: Figure) -> String {
    guard !isAlone, let table = figure.excerpt(rowCount: 12) else { return "" }
    return """
      <details><summary>Values</summary>
      \(table.caption.isEmpty ? "" : "<p class=\"remark\">\(inline(table.caption))</p>\n")\
      <div class="scroll" tabindex="0" role="group" aria-label="Values of the figure">
      \(tableElement(table))</div>
      </details>

      """
  }

  /// Ways to the files of a figure or table.
  private func links(to formats: [String], of id: String) -> String {
    if isAlone { return "" }
    let ways = formats.map { "<a href=\"data/\(id).\($0)\">\($0.uppercased())</a>" }
    return "<span class=\"links\">\(ways.joined())</span>"
  }

  private func table(_ table: Table, _ numbering: inout Numbering) -> String {
    numbering.table += 1
    let id = "table-\(numbering.table)"
    var shown = table
    var note = ""
    if table.rows.count > Self.shownRowCount, !showsAllRows {
      shown.rows = Array(table.rows.prefix(Self.shownRowCount))
      let total = NumberText.rounded(Double(table.rows.count))
      note = "<span class=\"remark\">The first \(Self.shownRowCount) of \(total) rows.</span> "
    }
    let caption = """
      <b>Table \(numbering.table). \(inline(table.title.asSentence))</b> \(inline(table.caption)) \
      \(note)\(links(to: ["csv"], of: id))
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
    let rows = table.rows.enumerated().map { number, row in
      let cells = zip(row, table.columns).map { cell, column in
        """
        <td class="\(column.alignment.rawValue)">\(markup(cell, digits: column.significantDigits))</td>
        """
      }
      let mark = table.marks?[number] ?? ""
      let name = mark.isEmpty ? "" : " id=\"\(escapedMarkup(mark))\""
      return "<tr\(name)>\(cells.joined())</tr>\n"
    }
    return """
      <table\(id.map { " aria-labelledby=\"\($0)\"" } ?? "")>
      <thead><tr>\(head.joined())</tr></thead>
      <tbody>
      \(rows.joined())</tbody>
      </table>

      """
  }

  private func claims(_ claims: [Claim]) -> String {
    guard !claims.isEmpty else { return "" }
    let rows = claims.map { claim in
      let source = claim.source.map { "<span class=\"source\">\(inline($0))</span>" } ?? ""
      let tolerance = claim.tolerance == 0 ? "none" : "± " + NumberText.rounded(claim.tolerance)
      return """
        <tr><td class="leading">\(inline(claim.statement))\(source)</td>\
        <td data-name="expected">\(claim.relation.symbol)\(NumberText.rounded(claim.expected))</td>\
        <td data-name="measured">\(NumberText.rounded(claim.measured))</td>\
        <td data-name="tolerance">\(tolerance)</td>\
        <td class="leading conclusion">\(markup(.verdict(claim.verdict), digits: 4))</td></tr>

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

  // MARK: Provenance

  private var footer: String {
    guard let provenance = record.provenance else {
      return isAlone ? "" : "<footer>\n\(Glossary.line)</footer>\n"
    }
    let files = """
      <p>All values: <a href="record.json">record.json</a>. As text: <a href="report.md">report.md</a>.</p>
      \(Glossary.line)
      """
    return """
      <footer>
      <h2>How this was made</h2>
      \(provenanceList(provenance))\
      \(isAlone ? "" : files)\
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
