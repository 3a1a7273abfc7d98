import Foundation
import Jobs

/// An item of the papers to be made anew, with other parameters.
struct PaperRun: Codable {
  var item: String
  var quick: Bool?
  var seed: UInt64?
  /// Quantities of the item that are changed, each as `name=value`.
  var set: [String]?
  /// Where its page is written.
  var folder: String

  func answer(observing observer: JobObserver) throws -> Answer {
    guard item != "all" else { throw BadInput("ask for one item at a time.") }
    var keys: [String: JSONTree] = [
      "job": .word("reproduce"), "items": .list([.word(item)]), "output": .word(folder),
      "jobs": .number(1), "quick": .truth(quick ?? false), "seed": .number(Double(seed ?? 0)),
    ]
    if let set, !set.isEmpty { keys["set"] = .list(set.map(JSONTree.word)) }
    let job = try AnyJob(json: try Work.compact(JSONTree.object(keys)))
    let result = try job.run(observing: observer)
    return Answer(
      summary: try Work.decoded(JSONTree.self, try result.summaryJSON()),
      ending: SentEnding(result.ending), record: "\(item)/record.json")
  }

  struct Answer: Encodable {
    var summary: JSONTree
    var ending: SentEnding
    /// The page's record, below the folder.
    var record: String
  }
}
