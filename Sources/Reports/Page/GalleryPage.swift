import Records

/// The page that leads to the pages of a site.
struct GalleryPage {
  var gallery: Gallery

  func text() -> String {
    PageFrame(
      title: gallery.title, generator: gallery.provenance,
      header: """
        <h1>\(escapedMarkup(gallery.title))</h1>
        \(gallery.subtitle.map { "<p class=\"subtitle\">\(inline($0))</p>\n" } ?? "")\
        \(factList(gallery.summary))\(trailLine(gallery.links))
        """,
      main: gallery.groups.map(section).joined(),
      footer: gallery.provenance.map {
        "<footer>\n<h2>How this was made</h2>\n\(provenanceList($0))\(Glossary.line)</footer>\n"
      } ?? "<footer>\n\(Glossary.line)</footer>\n"
    ).text
  }

  private func section(_ group: Gallery.Group) -> String {
    """
    <section>
    <h2>\(escapedMarkup(group.heading))</h2>
    \(paragraphs(group.prose))\
    <div class="gallery">
    \(group.entries.map(card).joined())</div>
    </section>

    """
  }

  private func card(_ entry: Gallery.Entry) -> String {
    let address = escapedMarkup(entry.name)
    let picture =
      entry.thumbnail == nil
      ? "<span class=\"blank\" aria-hidden=\"true\"></span>"
      : """
      <picture><source media="(prefers-color-scheme:dark)" srcset="\(address)/thumbnail-dark.svg">\
      <img src="\(address)/thumbnail.svg" alt="" loading="lazy" width="520" height="340"></picture>
      """
    return """
      <a class="card" href="\(address)/index.html">\(picture)
      <span class="line"><span class="verdict \(entry.verdict.rawValue)">\(entry.verdict.symbol) \
      \(entry.verdict.shortWords)</span> \
      <span class="note">\(inline(entry.note))</span></span>
      <strong>\(inline(entry.title))</strong>
      <span class="text">\(inline(entry.text))</span></a>

      """
  }
}
