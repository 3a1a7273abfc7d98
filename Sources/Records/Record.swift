/// What a run, a figure of a paper, a certificate or a benchmark has to say: text, numbers and
/// pictures in reading order, with where they come from.
///
/// A record holds values only. It can be stored as JSON, read again and redrawn without repeating
/// the computation behind it.
public struct Record: Codable, Equatable, Sendable {
  /// The title.
  public var title: String
  /// A line under the title.
  public var subtitle: String?
  /// The few results a reader wants first.
  public var summary: [Fact]
  /// The parts, in order.
  public var sections: [Section]
  /// Where it comes from.
  public var provenance: Provenance?

  /// All that is not given is left out, or as usual.
  public init(
    title: String, subtitle: String? = nil, summary: [Fact] = [], sections: [Section] = [],
    provenance: Provenance? = nil
  ) {
    self.title = title
    self.subtitle = subtitle
    self.summary = summary
    self.sections = sections
    self.provenance = provenance
  }
}

extension Record {
  /// Every figure in reading order; the first is *Figure 1*.
  public var figures: [Figure] {
    sections.flatMap(\.blocks).flatMap { block -> [Figure] in
      switch block {
      case .figure(let figure): [figure]
      case .row(let figures): figures
      default: []
      }
    }
  }

  /// Every table in reading order; the first is *Table 1*.
  public var tables: [Table] {
    sections.flatMap(\.blocks).compactMap { block in
      if case .table(let table) = block { table } else { nil }
    }
  }
}

/// A part of a record: a heading, some prose, then blocks in order.
public struct Section: Codable, Equatable, Sendable {
  /// The heading.
  public var heading: String
  /// Plain text. An empty line separates paragraphs, `backticks` mark code, and an address that
  /// begins with `https://` becomes a link. `^{…}` and `_{…}` without spaces inside are raised and lowered.
  public var prose: String
  /// What stands under the heading, in order.
  public var blocks: [Block]

  /// A part under a heading.
  public init(heading: String, prose: String = "", blocks: [Block] = []) {
    self.heading = heading
    self.prose = prose
    self.blocks = blocks
  }
}
