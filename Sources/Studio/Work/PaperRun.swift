import Foundation
import Jobs

/// An item of the papers to be made anew, with other parameters.
struct PaperRun: Codable {
  var item: String
  var quick: Bool?
  var seed: UInt64?
  /// Where its page is written.
  var folder: String

  func answer(observing observer: JobObserver) throws -> Answer {
    guard item != "all" else { throw BadInput("ask for one item at a time.") }
    var request = Reproduction([item])
    request.output = folder
    request.quick = quick
    request.seed = seed
    request.jobs = 1
    let result = try request.run(in: JobContext(), observing: observer)
    return Answer(
      summary: result.summary, ending: SentEnding(result.ending), record: "\(item)/record.json")
  }

  struct Answer: Encodable {
    var summary: ReproductionSummary
    var ending: SentEnding
    /// The page's record, below the folder.
    var record: String
  }
}
