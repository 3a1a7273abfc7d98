public import Records

/// The article on the papers' misprints, as values.
///
/// The article of the documentation is the only place where they are written down; it is compiled in.
public enum Corrections {
  /// The article as a page.
  public static func record() -> Record {
    let parts = article.parts
    return Record(
      title: parts.title, subtitle: parts.subtitle,
      sections: parts.sections.map { Section(heading: $0.heading, blocks: $0.blocks) })
  }

  static let columns = ["Place", "Printed", "Right", "Test"].map { Column($0, alignment: .leading) }

  /// The rows about places of a paper, in the order asked for.
  ///
  /// - Precondition: every place is in the article.
  static func rows(of paper: Paper, at places: [String]) -> [[Cell]] {
    places.map { place in
      guard let row = row(of: paper, at: place) else {
        preconditionFailure("the corrections to \(paper.title) have no place \(place)")
      }
      return row
    }
  }

  private static func row(of paper: Paper, at place: String) -> [Cell]? {
    let section = article.parts.sections.first { $0.heading == paper.headingOfCorrections }
    for case .table(let table) in section?.blocks ?? [] {
      if let row = table.rows.first(where: { $0.first == .text(place) }) { return row }
    }
    return nil
  }

  private static let article = Article(
    String(decoding: PackageResources.Corrections_md, as: UTF8.self))
}

/// The little of Markdown that the article uses: headings, paragraphs and tables.
private struct Article {
  struct Part {
    var heading: String
    var blocks: [Block] = []
  }

  struct Parts {
    var title = ""
    var subtitle = ""
    var sections: [Part] = []
  }

  let parts: Parts

  init(_ text: String) {
    var parts = Parts()
    var rows: [[Cell]] = []
    func closeTable() {
      guard rows.count > 1 else { return }
      let columns = rows[0].map { cell in
        if case .text(let title) = cell { Column(title, alignment: .leading) } else { Column("") }
      }
      parts.sections[parts.sections.count - 1].blocks.append(
        .table(Table(title: "Places", columns: columns, rows: Array(rows.dropFirst()))))
      rows = []
    }
    for line in text.split(separator: "\n") {
      if line.hasPrefix("|") {
        let cells = line.dropFirst().dropLast().replacing(#"\|"#, with: "¦").split(separator: "|")
          .map { $0.plain.replacing("¦", with: "|") }
        if !cells.allSatisfy({ $0.allSatisfy { $0 == "-" } }) { rows.append(cells.map(Cell.text)) }
        continue
      }
      closeTable()
      if line.hasPrefix("# ") {
        parts.title = line.dropFirst(2).plain
      } else if line.hasPrefix("#") {
        parts.sections.append(Part(heading: line.drop { $0 == "#" }.plain))
      } else if parts.sections.isEmpty {
        parts.subtitle += line.plain
      } else {
        parts.sections[parts.sections.count - 1].blocks.append(.prose(line.plain))
      }
    }
    closeTable()
    self.parts = parts
  }
}

extension Substring {
  /// Without the marks of emphasis and of links to symbols, and without spaces at the ends.
  fileprivate var plain: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text.replacing("``", with: "`").replacing("*", with: ""))
  }
}
