import Foundation
@testable import Jobs

/// Checkpoints whose digest is right and whose contents are anything: what a run is resumed from.
///
/// The digest is put before the bytes here, as chance would never find it.
struct CheckpointTarget {
  /// `flow` or `descent`: the two kinds of checkpoints.
  let kind: String

  private static let place = FileManager.default.temporaryDirectory
    .appendingPathComponent("checkpoint-\(ProcessInfo.processInfo.processIdentifier)").path

  /// The run that the committed inputs are checkpoints of.
  var specification: String {
    let dynamics =
      kind == "flow"
      ? "{ kind: flow }" : "{ kind: descent, method: nesterov, stepSize: 0.01, momentum: 0.5 }"
    return """
      objective: { kind: factorization, target: [[2, 0.5], [0, 1], [1, -1]] }
      network: { widths: [2, 2, 3], initial: { kind: gaussian, standardDeviation: 0.1 } }
      dynamics: \(dynamics)
      recording: { times: [0, 1, 2, 30], quantities: [loss, layers, singularValues] }
      """
  }

  func read(_ contents: [UInt8]) throws {
    let head = "deeplinear checkpoint 2\n\(Digest(contents).text)\n"
    try Data(Array(head.utf8) + contents).write(to: URL(fileURLWithPath: Self.place))
    var request = Simulation(.text(specification))
    request.resume = Self.place
    _ = try request.run(in: JobContext(), observing: .none)
  }
}
