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
    #expect(
      Corrections.record().tables.count == Paper.allCases.count { $0.headingOfCorrections != nil })
  }
}

/// The quantities that a run may change.
@Suite struct ParameterTests {
  @Test func everyQuantityTakesItsOwnValueAndRefusesOthers() throws {
    for experiment in Catalogue.all {
      let parameters = experiment.parameters
      #expect(Set(parameters.map(\.name)).count == parameters.count, "\(experiment.item.id)")
      for parameter in parameters {
        #expect(parameter.name.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil, "\(parameter.name)")
        #expect(!parameter.meaning.isEmpty)
        let same = try experiment.setting(parameter.name, to: parameter.value)
        #expect(same.parameters == parameters, "\(experiment.item.id) \(parameter.name)")
        for wrong in ["x", "1e300", ""] {
          #expect(throws: ParameterError.self) { try experiment.setting(parameter.name, to: wrong) }
        }
      }
      #expect(throws: ParameterError.self) { try experiment.setting("no-such-name", to: "1") }
    }
    #expect(Catalogue.all.count { !$0.parameters.isEmpty } >= 40)
  }

  @Test func aQuantityIsThere() throws {
    let figure = try #require(Catalogue.all.first { $0.item.id == "gidel-figure-1" })
    let changed = try figure.setting("deltas", to: "1,2,3,4")
    #expect(changed.parameters.first { $0.name == "deltas" }?.value == "1,2,3,4")
  }
}

/// Findings decide the verdict of a page.
@Suite struct VerdictTests {
  @Test(arguments: [
    ([Verdict.holds, .holds], Verdict.holds), ([.holds, .notApplicable], .holds),
    ([.holds, .undecided], .undecided), ([.undecided, .fails], .fails),
    ([.notApplicable], .notApplicable), ([.refuted, .holds], .refuted),
    ([.holds, .refuted], .holds),
    ([.refuted, .fails], .fails),
  ])
  func theWorstClaimDecides(verdicts: [Verdict], expected: Verdict) {
    let claims = verdicts.map { Claim("", expected: 0, measured: 0, verdict: $0) }
    let page = Catalogue.all[0].item.record(Findings(settings: [], claims: claims, sections: []))
    #expect(page.verdict == expected)
    #expect(page.claims.count == claims.count)
  }
}
