public import DataFormats
import Experiments
public import Records

/// Items made anew, with their verdicts.
public struct ReproductionResult: JobResult {
  let context: JobContext
  let pages: [ReproducedPage]
  public let summary: ReproductionSummary
  let settings: [Fact]
  let seed: UInt64

  public var ending: JobEnding {
    pages.contains { !$0.verdict.isAsClaimed } ? .incomplete(sentence: nil) : .done
  }

  /// The numbers of every figure, after the names of the items: `gidel-figure-1/figure1_…`.
  public func arrays() throws -> NPZArchive {
    NPZArchive(
      pages.flatMap { page in
        FigureArchive(page.record).members.map {
          .init(name: "\(page.item.id)/\($0.name)", array: $0.array)
        }
      })
  }

  public func record() throws -> Record {
    Record(
      title: "The papers, made anew",
      summary: [
        Fact("items", Cell(pages.count)),
        Fact("items whose claims hold", Cell(pages.count { $0.verdict.isAsClaimed })),
      ],
      sections: [
        Section(
          heading: "Items",
          blocks: [
            .table(
              Table(
                title: "Verdicts",
                columns: [
                  Column("item", alignment: .leading), Column("title", alignment: .leading),
                  Column("verdict", alignment: .center),
                ],
                rows: pages.map { [.text($0.item.id), .text($0.item.title), .verdict($0.verdict)] }
              ))
          ])
      ],
      provenance: ReportFolder.provenance(seed: seed, settings: settings, of: context))
  }

  /// Nothing is left to be written: each page was when it was finished.
  public func write() throws {}
}
