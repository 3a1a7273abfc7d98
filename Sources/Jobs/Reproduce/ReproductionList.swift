public import DataFormats
import Experiments
public import Records

/// List the items that ``Reproduction`` can make.
public struct ReproductionList: Job {
  public static let name = "catalogue"

  /// The one request there is.
  public init() {}

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> Catalogue {
    Catalogue(context: context)
  }

  /// The items, in the order of the papers.
  public struct Catalogue: JobResult {
    let context: JobContext
    public let summary = ReproductionListSummary()

    public var ending: JobEnding { .done }

    /// None.
    public func arrays() throws -> NPZArchive { NPZArchive() }

    public func record() throws -> Record {
      Record(
        title: "What can be made anew",
        sections: [
          Section(
            heading: "Items",
            blocks: [
              .table(
                Table(
                  title: "The catalogue",
                  columns: [
                    Column("item", alignment: .leading), Column("paper", alignment: .leading),
                    Column("title", alignment: .leading), Column("seconds"),
                  ],
                  rows: summary.items.map {
                    [.text($0.id), .text($0.paper), .text($0.title), .number($0.seconds)]
                  }))
            ])
        ],
        provenance: ReportFolder.provenance(seed: 0, settings: [], of: context))
    }

    public func write() throws {}
  }
}

/// The catalogue, for people or as JSON.
public struct ReproductionListSummary: Encodable {
  package struct Entry: Encodable {
    package var id: String
    package var paper: String
    package var title: String
    package var shows: String
    package var seconds: Double
    package var corrections: [String]
    package var snippet: String
    package var parameters: [Parameter]

    package struct Parameter: Encodable {
      package var name: String
      package var value: String
      package var meaning: String
      package var range: String
    }

    init(_ experiment: any Experiment) {
      let item = experiment.item
      id = item.id
      paper = item.paper.title
      title = item.title
      shows = item.shows
      seconds = item.seconds
      corrections = item.corrections
      snippet = item.snippet
      parameters = experiment.parameters.map {
        Parameter(name: $0.name, value: $0.value, meaning: $0.meaning, range: $0.range)
      }
    }
  }

  package var items = Catalogue.all.map { Entry($0) }

  /// Every item.
  package init() {}
}
