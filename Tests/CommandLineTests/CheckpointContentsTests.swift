import Foundation
import Testing

@testable import Jobs

/// A checkpoint's digest tells damage; what is written with the right digest and is still none of the run is refused too.
@Suite struct CheckpointContentsTests {
  private typealias Mapping = [String: Any]

  private static func prepare(_ command: Command, _ dynamics: String, until last: Int) throws {
    try command.write(
      """
      objective: { kind: factorization, target: [[2, 0.5], [0, 1], [1, -1]] }
      network: { widths: [2, 2, 3], initial: { kind: gaussian, standardDeviation: 0.1 } }
      dynamics: \(dynamics)
      recording: { times: [0, 1, \(last)], quantities: [loss, layers, singularValues] }

      """, to: "s.yaml")
  }

  /// The value at a path of keys, changed.
  private static func changed(
    _ value: Any, at path: ArraySlice<String>, _ change: (Any) -> Any
  ) throws -> Any {
    guard let key = path.first else { return change(value) }
    if let place = Int(key) {
      var list = try #require(value as? [Any])
      list[place] = try changed(list[place], at: path.dropFirst(), change)
      return list
    }
    var mapping = try #require(value as? Mapping)
    mapping[key] = try changed(try #require(mapping[key]), at: path.dropFirst(), change)
    return mapping
  }

  private static func shortened(_ list: Any) -> Any { Array(((list as? [Any]) ?? []).dropLast()) }
  private static func lengthened(_ list: Any) -> Any { ((list as? [Any]) ?? []) + [1.5] }

  private static func expectRefused(
    _ dynamics: String, _ changes: [(path: String, change: (Any) -> Any)]
  ) throws {
    try Command.inFolder { command in
      try prepare(command, dynamics, until: 2)
      #expect(
        try command.run("simulate", "s.yaml", "--checkpoint", "kept", "--output", "a.npz").status
          == 0)
      try prepare(command, dynamics, until: 3)
      let kept = try Data(contentsOf: URL(fileURLWithPath: command.path("kept")))
      // Two lines come before the contents: what it is, and their digest.
      let contents = kept.split(separator: 10, maxSplits: 2)[2]
      for (path, change) in [("checkpoint", { $0 })] + changes {
        let other = try changed(
          try PropertyListSerialization.propertyList(from: contents, format: nil),
          at: path.split(separator: ".").map(String.init)[...], change)
        let data = try PropertyListSerialization.data(
          fromPropertyList: other, format: .binary, options: 0)
        let head = "deeplinear checkpoint 2\n\(Digest(data).text)\n"
        try (Data(head.utf8) + data).write(to: URL(fileURLWithPath: command.path("other")))
        let ending = try command.run(
          "simulate", "s.yaml", "--resume", "other", "--output", "b.npz", "--force")
        if path == "checkpoint" {
          #expect(ending.status == 0, "\(ending.error)")
        } else {
          #expect(
            ending.status == 2 && ending.error.contains("no checkpoint of such a run"),
            "\(path): \(ending.status), \(ending.error)")
        }
      }
    }
  }

  @Test func flowsThatDoNotFitAreRefused() throws {
    try Self.expectRefused(
      "{ kind: flow }",
      [
        ("checkpoint.point.state", Self.shortened), ("checkpoint.point.state", Self.lengthened),
        ("checkpoint.point.velocity", Self.shortened),
        ("checkpoint.dormandPrince.dimension", { _ in -1 }),
        ("checkpoint.dormandPrince.dimension", { _ in 1 << 62 }),
        ("checkpoint.cost.jacobianProducts", { _ in 1 << 62 }),
        ("checkpoint.invariants", Self.shortened),
        ("checkpoint.snapshots.0.singularValues", Self.shortened),
        ("checkpoint.snapshots.1.layers", Self.shortened),
      ])
  }

  @Test func descentsThatDoNotFitAreRefused() throws {
    try Self.expectRefused(
      "{ kind: descent, method: nesterov, stepSize: 0.01, momentum: 0.5 }",
      [
        ("checkpoint.state", Self.shortened), ("checkpoint.state", Self.lengthened),
        ("checkpoint.rule.nesterov._0.change", Self.lengthened),
        ("checkpoint.stepCount", { _ in -1 }),
        ("checkpoint.snapshots.0.singularValues", Self.lengthened),
        ("checkpoint.snapshots.1.layers", Self.shortened),
      ])
  }
}
