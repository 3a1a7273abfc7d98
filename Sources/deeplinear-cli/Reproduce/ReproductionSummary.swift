import Experiments
import Records

/// What `reproduce` found.
struct ReproductionSummary: Encodable {
  struct Item: Encodable {
    var id: String
    var paper: String
    var title: String
    var verdict: Verdict
    var claims: Int
    var claimsHolding: Int
    var differing: [String]
    var seconds: Nullable<Double>

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

  var items: [Item]
  var output: String
  var page: String
  var seconds: Double

  var text: String {
    var lines: [String] = []
    for item in items where !item.differing.isEmpty {
      lines.append("\(item.id) differs:")
      lines += item.differing.map { "  \($0)" }
    }
    let holding = items.count { $0.verdict == .holds }
    lines.append("\(holding) of \(items.count) items hold. The gallery: \(page)")
    return lines.joined(separator: "\n")
  }
}
