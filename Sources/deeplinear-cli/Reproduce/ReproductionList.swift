import Experiments

/// The catalogue, for people or as JSON.
struct ReproductionList: Encodable {
  struct Entry: Encodable {
    var id: String
    var paper: String
    var title: String
    var shows: String
    var seconds: Double
    var corrections: [String]
    var snippet: String

    init(_ item: Item) {
      id = item.id
      paper = item.paper.title
      title = item.title
      shows = item.shows
      seconds = item.seconds
      corrections = item.corrections
      snippet = item.snippet
    }
  }

  var items = Catalogue.all.map { Entry($0.item) }

  func write(asJSON: Bool) throws {
    if asJSON { return try JSONOutput.write(self) }
    let width = items.map(\.id.count).max() ?? 0
    var paper = ""
    for item in items {
      if item.paper != paper {
        paper = item.paper
        print("\(items.first?.id == item.id ? "" : "\n")\(paper)")
      }
      let padding = String(repeating: " ", count: width - item.id.count)
      print("  \(item.id)\(padding)  \(item.title) (\(readable(item.seconds)) s)")
    }
  }
}
