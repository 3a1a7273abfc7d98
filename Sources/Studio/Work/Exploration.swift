import DataFormats
import Foundation
import Jobs
import LinearAlgebra

/// A network in training: the curves, the closed form beside them where one applies, and what theory promises.
///
/// The specification is that of ``Simulation`` as an object; its data are arrays beside it, never files.
struct Exploration: Decodable {
  var spec: JSONTree
  var arrays: [String: ReceivedArray]?
  /// Whether the closed form is wanted too.
  var exact: Bool?
  /// Whether certificates are wanted too.
  var certificates: Bool?

  /// Longer runs are stopped, and shown as far as they came.
  static let longestSeconds = 10.0
  static let largestWidth = 64
  static let mostTimes = 2_000

  func answer(observing observer: JobObserver) throws -> Answer {
    try checkSize()
    let named = try InlineData.checked(spec)
    var context = JobContext()
    for (name, array) in arrays ?? [:] { context.arrays[name] = try array.array(named: name) }
    let clock = ContinuousClock()
    let start = clock.now
    let limited = JobObserver { progress in
      clock.now - start < .seconds(Self.longestSeconds) && observer.report(progress)
    }
    let result = try Simulation.run(named, in: context, observing: limited)
    let archive = try result.arrays()
    var answer = Answer(
      summary: result.summary, ending: SentEnding(result.ending), arrays: Self.sent(archive))
    if exact ?? false { answer.exact = closedForm(beside: result) }
    if certificates ?? false, result.ending != .interrupted {
      answer.certificates = try? certified(named, archive, context)
    }
    answer.seconds = (clock.now - start) / .seconds(1)
    return answer
  }

  /// Larger networks belong on the command line: a page wants its picture at once.
  private func checkSize() throws {
    if case .list(let widths)? = spec["network"]?["widths"] {
      guard widths.count <= 8 else {
        throw BadInput("the studio explores up to 7 layers, not \(widths.count - 1); use simulate.")
      }
      for case .number(let width) in widths where width > Double(Self.largestWidth) {
        throw BadInput(
          "the studio explores widths up to \(Self.largestWidth), not \(width); use simulate.")
      }
    }
    if case .list(let times)? = spec["recording"]?["times"], times.count > Self.mostTimes {
      throw BadInput(
        "the studio records up to \(Self.mostTimes) times, not \(times.count); use simulate.")
    }
  }

  private func closedForm(beside result: SimulationResult) -> ClosedForm {
    guard case .word(let kind)? = spec["dynamics"]?["kind"], kind == "flow" || kind == "exact"
    else { return ClosedForm(reason: "closed forms are of gradient flow on the layers.") }
    do {
      let form = try result.closedForm()
      return ClosedForm(method: form.summary.method, arrays: Self.sent(try form.arrays()))
    } catch let bad as BadInput {
      // The sentence names a line of a text that the page does not show.
      return ClosedForm(
        reason: String(bad.sentence.trimmingPrefix(#/the specification, line \d+: /#)))
    } catch {
      return ClosedForm(reason: "\(error)")
    }
  }

  private func certified(
    _ spec: JSONTree, _ archive: NPZArchive, _ context: JobContext
  ) throws -> CertificationSummary {
    var context = context
    context.uploads["trajectory.npz"] = try archive.encoded()
    var request = Certification(.text(try spec.text))
    request.trajectory = DataSource(.upload("trajectory.npz"))
    return try request.run(in: context, observing: .none).summary
  }

  private static func sent(_ archive: NPZArchive) -> [String: SentArray] {
    Dictionary(
      archive.members.map { ($0.name, SentArray($0.array)) }, uniquingKeysWith: { $1 })
  }

  struct Answer: Encodable {
    var summary: SimulationSummary
    var ending: SentEnding
    var arrays: [String: SentArray]
    var exact: ClosedForm?
    var certificates: CertificationSummary?
    var seconds = 0.0
  }

  /// A closed form, or why there is none.
  struct ClosedForm: Encodable {
    var method: String?
    var arrays: [String: SentArray]?
    var reason: String?
  }
}

/// Data of a specification from a page come beside it: a page has no business with files.
enum InlineData {
  private static let objectiveKeys = [
    "inputs", "targets", "inputCovariance", "crossCovariance", "observed", "measurements", "values",
    "target",
  ]

  /// The specification, refused where it names a file.
  static func checked(_ spec: JSONTree) throws -> JSONTree {
    for key in objectiveKeys { try check(spec["objective"]?[key], "objective.\(key)") }
    try check(spec["network"]?["initial"]?["endToEnd"], "network.initial.endToEnd")
    try check(spec["dynamics"]?["imbalance"], "dynamics.imbalance")
    if case .list(let files)? = spec["network"]?["initial"]?["files"] {
      for file in files { try check(file, "network.initial.files") }
    }
    return spec
  }

  private static func check(_ value: JSONTree?, _ place: String) throws {
    switch value {
    case .word, .list:
      throw BadInput("\(place) must be an array beside the specification: {\"array\": name}.")
    case .object(let keys) where keys["upload"] != nil:
      throw BadInput("\(place) must be an array beside the specification: {\"array\": name}.")
    default: break
    }
  }
}
