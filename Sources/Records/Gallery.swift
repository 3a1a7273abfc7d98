/// Many records under one roof: what the page that leads to them shows.
public struct Gallery: Codable, Equatable, Sendable {
  /// The title.
  public var title: String
  /// A line under the title.
  public var subtitle: String?
  /// What matters most, shown first.
  public var summary: [Fact]
  /// The entries under their headings.
  public var groups: [Group]
  /// Pages that belong to the whole: a name, and an address relative to the gallery.
  public var links: [Link]
  /// Where it comes from.
  public var provenance: Provenance?

  /// All that is not given is left out, or as usual.
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
    /// The heading.
    public var heading: String
    /// Plain text, as in a section.
    public var prose: String
    /// The records, in short.
    public var entries: [Entry]

    /// A part under a heading.
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
    /// The title.
    public var title: String
    /// The words.
    public var text: String
    /// Whether they agree.
    public var verdict: Verdict
    /// A few words beside the verdict: `"4 claims"`.
    public var note: String
    /// The figure that stands for it.
    public var thumbnail: Figure?

    /// All that is not given is left out, or as usual.
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
  /// The name, as the page shows it.
  public var name: String
  /// Relative to the page that shows it.
  public var address: String

  /// A link.
  public init(_ name: String, to address: String) {
    self.name = name
    self.address = address
  }
}
