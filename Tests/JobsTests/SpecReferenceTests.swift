import DataFormats
import Foundation
import LinearAlgebra
import Testing

@testable import Jobs

/// The table of keys is what the parser reads, no more and no less, and what the documentation says.
@Suite struct SpecReferenceTests {
  /// Kinds of places with all that they need, as text; keys of the place come beside them.
  private static let objectives: [String: [String: String]] = [
    "regression": ["inputs": "{array: x}", "targets": "{array: y}"],
    "covariance": ["inputCovariance": "[[1, 0], [0, 1]]", "crossCovariance": "[[1, 0], [0, 1]]"],
    "completion": ["observed": "[[1, null], [0, 1]]"],
    "sensing": ["measurements": "[[[1, 0], [0, 1]]]", "values": "[1]"],
    "factorization": ["target": "[[2, 0], [0, 1]]"],
    "power": ["inputs": "{array: x}", "targets": "{array: y}", "power": "4"],
    "logistic": ["inputs": "{array: x}", "targets": "{array: labels}"],
    "sigmoid": ["inputs": "{array: x}", "targets": "{array: y}"],
    "linear": ["slope": "[[1, 0], [0, 1]]"],
  ]

  private static let initials: [String: [String: String]] = [
    "layers": ["files": "[[[1, 0], [0, 1]], [[1, 0], [0, 1]]]"],
    "gaussian": ["standardDeviation": "0.1"], "balanced": ["scale": "0.1"],
    "identity": ["scale": "0.1"], "spectral": ["scales": "[0.1, 0.1]"],
    "orthogonal": ["scale": "0.1"], "xavier": [:], "xavierUniform": [:], "lecun": [:], "he": [:],
    "heUniform": [:], "maximalUpdate": [:],
    "identityNoise": ["scale": "0.1", "standardDeviation": "0.01"], "zero": [:],
  ]

  private static let dynamics: [String: [String: String]] = [
    "flow": [:], "descent": ["stepSize": "0.01"], "endToEndFlow": [:],
    "endToEndDescent": ["stepSize": "0.01"], "exact": [:], "regularizedFlow": [:],
    "regularizedDescent": ["stepSize": "0.01"],
  ]

  private static let teachers: [String: [String: String]] = [
    "completion": ["rows": "4", "columns": "4", "rank": "1", "entries": "9"],
    "sensing": ["rows": "3", "columns": "3", "rank": "1", "measurements": "9"],
    "regression": ["inputs": "3", "outputs": "2", "rank": "1", "samples": "9"],
    "factorization": ["rows": "3", "columns": "3", "singularValues": "[2, 1]"],
  ]

  private static let context: JobContext = {
    var generator = SeededGenerator(seed: 1)
    let x = Matrix.gaussian(rowCount: 6, columnCount: 2, using: &generator)
    return JobContext(arrays: [
      "x": NPYArray(x), "y": NPYArray(0.5 * x), "labels": NPYArray([0, 1, 0, 1, 0, 1]),
    ])
  }()

  private static func block(_ keys: [String: String]) -> String {
    "{ " + keys.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
      + " }"
  }

  /// A specification with a value for a key of the table, in a kind that has it.
  private static func text(
    _ key: SpecReference.Key, kind: String?, value: String
  ) -> String {
    var objective = objectives["regression"]!
    objective["kind"] = "regression"
    var initial = ["kind": "balanced", "scale": "0.1"]
    var dynamics = ["kind": "flow"]
    var network = ["widths": "[2, 2, 2]"]
    var recording = ["times": "[0, 1]"]
    var root = ["seed": "1"]
    func kinds(_ table: [String: [String: String]]) -> [String: String] {
      var result = kind.flatMap { table[$0] } ?? [:]
      result["kind"] = kind
      return result
    }
    switch key.place {
    case "objective":
      if let kind, objectives[kind] != nil { objective = kinds(objectives) }
      objective[key.name] = value
    case "network.initial":
      if let kind, initials[kind] != nil { initial = kinds(initials) }
      if key.name == "endToEnd" { initial["scale"] = nil }
      initial[key.name] = value
    case "dynamics":
      if let kind, Self.dynamics[kind] != nil { dynamics = kinds(Self.dynamics) }
      if kind == "exact" {
        objective = ["kind": "factorization", "target": "[[2, 0], [0, 1]]"]
        if key.name == "stepSize" {
          dynamics["of"] = "descent"
          network["widths"] = "[2, 2]"
        }
        if key.name == "imbalance" || key.name == "of" {
          dynamics["of"] = "regularizedFlow"
          dynamics["imbalance"] = "0.1"
        }
      }
      if key.name == "momentum" { dynamics["method"] = "heavyBall" }
      dynamics[key.name] = value
    case "dynamics.schedule":
      var schedule = ["kind": kind ?? "cosine", "steps": "10"]
      schedule[key.name] = value
      dynamics = ["kind": "descent", "stepSize": "0.01", "schedule": block(schedule)]
    case "recording":
      if key.name == "truth" { recording["quantities"] = "[relativeError]" }
      if key.name == "schatten" { recording["quantities"] = "[schattenNorm]" }
      recording[key.name] = value
    case "teacher":
      var teacher = kinds(teachers)
      if kind == nil { teacher = teachers["completion"]!.merging(["kind": "completion"]) { $1 } }
      if key.name == "entriesPerDegree" { teacher["entries"] = nil }
      if key.name == "measurementsPerDegree" { teacher["measurements"] = nil }
      teacher[key.name] = value
      root["teacher"] = block(teacher)
    case "recording.times":
      var times = ["from": "1", "to": "2", "count": "3"]
      times[key.name] = value
      recording["times"] = block(times)
    case "network":
      network[key.name] = value
      if key.name == "kind" { objective = ["kind": "factorization", "target": "[[2, 0], [0, 1]]"] }
    default: root[key.name] = value
    }
    if network["initial"] == nil { network["initial"] = block(initial) }
    for (name, keys) in [
      ("objective", objective), ("network", network), ("dynamics", dynamics),
      ("recording", recording),
    ] where root[name] == nil {
      root[name] = block(keys)
    }
    return root.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
  }

  /// A value that nothing is, in place of every key and kind of the table: each is read, and refused by its name.
  @Test func everyKeyOfTheTableIsReadByTheParser() {
    // What a sweep says beside its specification is read by a sweep.
    for key in SpecReference.all where key.name != "sweep" {
      for kind in key.kinds.isEmpty ? [nil] : key.kinds.map(Optional.some) {
        let text = Self.text(key, kind: kind, value: "{ nonsense: 1 }")
        let error = #expect(throws: BadInput.self, "\(key.place).\(key.name) of \(kind ?? "all")") {
          try Simulation(.text(text)).run(in: Self.context, observing: .none)
        }
        let place = key.place.isEmpty ? key.name : "\(key.place).\(key.name)"
        #expect(
          error?.sentence.contains(key.name) == true || error?.sentence.contains(place) == true,
          "\(place) of \(kind ?? "all"): \(error?.sentence ?? "")")
      }
    }
  }

  /// Every kind that the parser knows has what the table gives it.
  @Test func everyKindRuns() throws {
    func runs(_ root: [String: String]) throws {
      let text = root.map { "\($0.key): \($0.value)" }.sorted().joined(separator: "\n")
      do {
        _ = try Simulation(.text(text)).run(in: Self.context, observing: .none)
      } catch {
        Issue.record("\(text)\n\(error)")
      }
    }
    let recording = "{ times: [0, 1] }"
    let network = "{ widths: [2, 2, 2], initial: { kind: balanced, scale: 0.1 } }"
    #expect(Set(Self.objectives.keys) == Set(ObjectiveSpec.kinds))
    for (kind, keys) in Self.objectives {
      let objective = Self.block(keys.merging(["kind": kind]) { $1 })
      try runs([
        "objective": objective, "network": network, "dynamics": "{ kind: flow }",
        "recording": recording,
      ])
    }
    let objective = Self.block(["kind": "factorization", "target": "[[2, 0], [0, 1]]"])
    #expect(Set(Self.initials.keys) == Set(NetworkSpec.initials))
    for (kind, keys) in Self.initials {
      let initial = Self.block(keys.merging(["kind": kind]) { $1 })
      try runs([
        "objective": objective, "network": "{ widths: [2, 2, 2], initial: \(initial) }",
        "dynamics": "{ kind: flow }", "recording": recording,
      ])
    }
    #expect(Set(Self.dynamics.keys) == Set(DynamicsSpec.Kind.allCases.map(\.rawValue)))
    for (kind, keys) in Self.dynamics {
      try runs([
        "objective": objective, "network": network,
        "dynamics": Self.block(keys.merging(["kind": kind]) { $1 }), "recording": recording,
      ])
    }
    for name in RecordingSpec.quantityNames where name != "relativeError" {
      try runs([
        "objective": objective, "network": network, "dynamics": "{ kind: flow }",
        "recording": "{ times: [0, 1], quantities: [\(name)] }",
      ])
    }
  }

  /// What people write instead.
  @Test(arguments: [
    ("dynamics: { kind: descent, lr: 0.1 }", "did you mean 'stepSize'?"),
    ("dynamics: { kind: descent, learning_rate: 0.1 }", "did you mean 'stepSize'?"),
    (
      "dynamics: { kind: descent, stepSize: 0.1, epochs: 3 }",
      "'times' belongs to 'recording'; move it there."
    ),
    (
      "dynamics: { kind: descent, stepSize: 0.1, steps: 3 }",
      "'times' belongs to 'recording'; move it there."
    ),
    ("dynamics: { kind: gradient descent, stepSize: 0.1 }", "did you mean 'descent'?"),
    ("dynamics: { kind: sgd, stepSize: 0.1 }", "did you mean 'descent'?"),
    ("dynamics: { kind: gradient_flow }", "did you mean 'flow'?"),
    ("dynamics: { kind: flow, rtol: 0.1 }", "did you mean 'relativeTolerance'?"),
    ("dynamics: { kind: flow, stepSize: 0.1 }", "'stepSize' belongs to dynamics of kind descent"),
    ("optimizer: { kind: flow }", "did you mean 'dynamics'?"),
    (
      "dynamics: { kind: flow, seed: 3 }",
      "'seed' belongs to the specification itself; move it there."
    ),
  ])
  func hintsNameWhatPeopleTry(line: String, hint: String) {
    let text = """
      objective: { kind: factorization, target: [[1]] }
      network: { widths: [1, 1, 1], initial: { kind: identity, scale: 0.1 } }
      recording: { times: [0, 1] }
      \(line)
      """
    let error = #expect(throws: BadInput.self) { try Simulation(.text(text)).run() }
    #expect(error?.sentence.contains(hint) == true, "\(error?.sentence ?? "")")
  }

  @Test func theArticleIsTheTable() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources/Jobs/Jobs.docc/Specification.md")
    if ProcessInfo.processInfo.environment["DEEPLINEAR_REWRITE_EXPECTED"] != nil {
      try Data(SpecReference.article.utf8).write(to: file)
    }
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text == SpecReference.article, "set DEEPLINEAR_REWRITE_EXPECTED=1 to write it anew")
  }
}
