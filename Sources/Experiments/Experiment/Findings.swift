public import Records

/// What an experiment found.
public struct Findings: Equatable, Sendable {
  /// The few numbers a reader wants first.
  public var summary: [Fact]
  /// Every choice that matters: sizes, tolerances, numbers of repetitions.
  public var settings: [Fact]
  /// What was said and what was measured; at least one claim.
  public var claims: [Claim]
  /// Where print and truth differ, or what a reader must not overlook.
  public var notices: [Notice]
  /// Whether data were made up where a user's could have been used: the title says so.
  public var isSynthetic = false
  /// Figures and tables; the first figure stands for the item in the gallery.
  public var sections: [Section]

  /// - Precondition: there is a claim: a picture alone shows nothing.
  public init(
    summary: [Fact] = [], settings: [Fact], claims: [Claim], notices: [Notice] = [],
    sections: [Section]
  ) {
    precondition(!claims.isEmpty, "an experiment claims something")
    self.summary = summary
    self.settings = settings
    self.claims = claims
    self.notices = notices
    self.sections = sections
  }
}

extension Item {
  /// The page of this item.
  public func record(_ findings: Findings, provenance: Provenance? = nil) -> Record {
    var provenance = provenance
    provenance?.settings += findings.settings
    // What is to be seen first, then the numbers it stands on.
    var sections = Array(findings.sections.prefix(1))
    sections.append(
      Section(
        heading: "What was claimed and what was measured",
        blocks: [.claims(findings.claims)] + findings.notices.map(Block.notice)))
    sections += findings.sections.dropFirst()
    let corrections = Corrections.rows(of: paper, at: corrections)
    if !corrections.isEmpty {
      sections.append(
        Section(
          heading: "Where print and truth differ",
          prose: "The right form is used throughout; each row has a test of that name.",
          blocks: [
            .table(
              Table(
                title: "Corrections that bear on this item",
                columns: Corrections.columns, rows: corrections))
          ]))
    }
    sections.append(
      Section(
        heading: "Do it yourself",
        prose: "The whole item: `deeplinear reproduce \(id)`. Its heart, with the library:",
        blocks: [.code(CodeBlock("import DeepLinear\n\n\(snippet)", language: "swift"))]))
    sections.append(Section(heading: "What to cite", prose: citation ?? paper.citation))
    return Record(
      title: findings.isSynthetic ? "\(title) (synthetic data)" : title,
      subtitle: "\(paper.title). \(shows)", summary: findings.summary,
      sections: sections, provenance: provenance)
  }
}

extension Record {
  /// Every claim in reading order.
  public var claims: [Claim] {
    sections.flatMap(\.blocks).flatMap { block -> [Claim] in
      if case .claims(let claims) = block { claims } else { [] }
    }
  }

  /// `fails` if a claim does, else `undecided` if one is, else that of the first claim, which is what the title is
  /// about: `holds`, or `refuted`.
  public var verdict: Verdict {
    let verdicts = Set(claims.map(\.verdict))
    if claims.first?.verdict == .refuted, verdicts.isSubset(of: [.holds, .refuted, .notApplicable])
    {
      return .refuted
    }
    return verdicts.contains(.fails)
      ? .fails
      : verdicts.contains(.undecided)
        ? .undecided
        : verdicts.contains(.holds) || verdicts.contains(.refuted) ? .holds : .notApplicable
  }
}
