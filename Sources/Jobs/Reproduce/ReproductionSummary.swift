import Experiments
import LinearAlgebra
package import Records

/// What `reproduce` found.
public struct ReproductionSummary: Encodable {
  package struct Item: Encodable {
    package var id: String
    package var paper: String
    package var title: String
    package var verdict: Verdict
    package var claims: Int
    package var claimsHolding: Int
    package var differing: [String]
    package var seconds: Nullable<Double>

    package var holds: Bool { verdict.isAsClaimed }

    init(_ page: ReproducedPage) {
      id = page.item.id
      paper = page.item.paper.title
      title = page.item.title
      verdict = page.verdict
      claims = page.claims.count
      claimsHolding = page.holdingCount
      differing = page.claims.filter { $0.verdict == .fails || $0.verdict == .undecided }
        .map {
          "\($0.statement): expected \(readable($0.expected)), measured \(readable($0.measured))"
        }
      seconds = Nullable(page.seconds)
    }
  }

  package var items: [Item]
  package var output: String
  package var page: String
  package var seconds: Double
}
