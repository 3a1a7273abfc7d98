import Experiments
import Records
import Testing

/// What holds for every item, known without running it.
@Suite struct CatalogueTests {
  static let items = Catalogue.all.map(\.item)

  @Test func namesAreUniqueAndFitForAFolder() {
    #expect(Set(Self.items.map(\.id)).count == Self.items.count)
    for item in Self.items {
      #expect(item.id.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)+/) != nil, "\(item.id)")
    }
  }

  @Test func everyItemSaysWhatItIs() {
    for item in Self.items {
      #expect(!item.title.isEmpty && item.shows.hasSuffix(".") && item.seconds > 0, "\(item.id)")
      #expect(!item.snippet.isEmpty, "\(item.id)")
    }
  }

  /// Building the page stops on a place that the article does not have.
  @Test func everyCorrectionIsInTheArticle() {
    let findings = Findings(
      settings: [], claims: [Claim("one", expected: 1, measured: 1)], sections: [])
    for item in Self.items {
      let page = item.record(findings)
      #expect(page.tables.last?.rows.count ?? 0 == item.corrections.count, "\(item.id)")
    }
  }

  @Test func theArticleHasATableForEachPaper() {
    #expect(Corrections.record().tables.count == Paper.allCases.count)
  }
}

/// Findings decide the verdict of a page.
@Suite struct VerdictTests {
  @Test(arguments: [
    ([Verdict.holds, .holds], Verdict.holds), ([.holds, .notApplicable], .holds),
    ([.holds, .undecided], .undecided), ([.undecided, .fails], .fails),
    ([.notApplicable], .notApplicable),
  ])
  func theWorstClaimDecides(verdicts: [Verdict], expected: Verdict) {
    let claims = verdicts.map { Claim("", expected: 0, measured: 0, verdict: $0) }
    let page = Catalogue.all[0].item.record(Findings(settings: [], claims: claims, sections: []))
    #expect(page.verdict == expected)
    #expect(page.claims.count == claims.count)
  }
}
