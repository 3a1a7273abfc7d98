/// Many records under one roof: what the page that leads to them shows.
public struct Gallery: Codable, Equatable, Sendable {
  public var title: String
  public var subtitle: String?
  public var summary: [Fact]
  public var groups: [Group]
  /// Pages that belong to the whole: a name, and an address relative to the gallery.
  public var links: [Link]
  public var provenance: Provenance?

  public init(
    title: String, subtitle: String? = nil, summary: [Fact] = [], groups: [Group],
    links: [Link] = [], provenance: Provenance? = nil
  ) {
    self.title = title
    self.subtitle = subtitle
    self.summary = summary
    self.groups = groups
    self.links = links
    self.provenance = provenance
  }

  /// Entries under a heading.
  public struct Group: Codable, Equatable, Sendable {
    public var heading: String
    /// Plain text, as in a section.
    public var prose: String
    public var entries: [Entry]

    public init(heading: String, prose: String = "", entries: [Entry]) {
      self.heading = heading
      self.prose = prose
      self.entries = entries
    }
  }

  /// A record of the gallery, in short.
  public struct Entry: Codable, Equatable, Sendable {
    /// The name of the folder that holds its page.
    public var name: String
    public var title: String
    public var text: String
    public var verdict: Verdict
    /// A few words beside the verdict: `"4 claims"`.
    public var note: String
    /// The figure that stands for it.
    public var thumbnail: Figure?

    public init(
      name: String, title: String, text: String, verdict: Verdict, note: String = "",
      thumbnail: Figure? = nil
    ) {
      self.name = name
      self.title = title
      self.text = text
      self.verdict = verdict
      self.note = note
      self.thumbnail = thumbnail
    }
  }
}

/// A name and where it leads.
public struct Link: Codable, Equatable, Sendable {
  public var name: String
  /// Relative to the page that shows it.
  public var address: String

  public init(_ name: String, to address: String) {
    self.name = name
    self.address = address
  }
}
