import DataFormats
import Foundation
import Jobs
import Records
import Testing

/// A request in JSON, run without the command, gives the bytes that the command gives: summary, files and report.
@Suite struct SecondDoorTests {
  struct Case: CustomTestStringConvertible, Sendable {
    /// The command's words, with @ for the folder.
    var words: String
    /// The same request in JSON.
    var request: String

    var testDescription: String { words }
  }

  static let cases = [
    Case(
      words: "complete @/table.csv --truth @/truth.csv --output @/o.csv --intervals 0.8 "
        + "--interval-output @/o.npy --model @/o.safetensors --report @/r --seed 3",
      request: """
        {"job": "complete", "observed": "@/table.csv", "truth": "@/truth.csv", "output": "@/o.csv",
         "intervals": 0.8, "intervalOutput": "@/o.npy", "model": "@/o.safetensors", "report": "@/r",
         "seed": 3}
        """),
    Case(
      words: "complete @/triplets.csv --one-based --rows 15 --method nuclear --penalty auto "
        + "--keep-observed --clip 0,1 --output @/o.mtx --report @/r",
      request: """
        {"job": "complete", "method": "nuclear", "penalty": "auto", "keepObserved": true,
         "observed": {"file": "@/triplets.csv", "oneBased": true, "rows": 15}, "clip": [0, 1],
         "output": "@/o.mtx", "report": "@/r"}
        """),
    Case(
      words: "predict @/fit.safetensors @/table.csv --keep-observed --output @/o.csv",
      request: """
        {"job": "predict", "model": "@/fit.safetensors", "observed": "@/table.csv",
         "keepObserved": true, "output": "@/o.csv"}
        """),
    Case(
      words: "regress @/x.npy @/y.csv --output @/o.npy --path @/p.csv --predict @/x.npy "
        + "--predictions @/o.csv --validation 4 --standardize --no-intercept --report @/r --seed 2",
      request: """
        {"job": "regress", "inputs": "@/x.npy", "targets": "@/y.csv", "output": "@/o.npy",
         "path": "@/p.csv", "predict": "@/x.npy", "predictions": "@/o.csv", "validation": 4,
         "standardize": true, "noIntercept": true, "report": "@/r", "seed": 2}
        """),
    Case(
      words: "sense @/a.npy @/b.npy --truth @/w.csv --output @/o.csv --report @/r",
      request: """
        {"job": "sense", "measurements": "@/a.npy", "values": "@/b.npy", "truth": "@/w.csv",
         "output": "@/o.csv", "report": "@/r"}
        """),
    Case(
      words: "layers expand @/net.safetensors --layer fc1 --layer conv1 --groups 1 --depth 3 "
        + "--output @/o.safetensors --report @/r",
      request: """
        {"job": "layers", "action": "expand", "model": "@/net.safetensors", "depth": 3,
         "layer": ["fc1", "conv1"], "groups": ["1"], "output": "@/o.safetensors", "report": "@/r"}
        """),
    Case(
      words: "layers collapse @/net.safetensors --layer deep --output @/o.safetensors",
      request: """
        {"job": "layers", "action": "collapse", "model": "@/net.safetensors", "layer": ["deep"],
         "output": "@/o.safetensors"}
        """),
    Case(
      words: "layers compress @/net.safetensors --layer fc1 --energy 0.9 --output @/o.safetensors",
      request: """
        {"job": "layers", "action": "compress", "model": "@/net.safetensors", "layer": ["fc1"],
         "energy": 0.9, "output": "@/o.safetensors"}
        """),
    Case(
      words: "simulate @/spec.yaml --output @/o.npz --report @/r --checkpoint @/c --seed 0",
      request: """
        {"job": "simulate", "spec": "@/spec.yaml", "output": "@/o.npz", "report": "@/r",
         "checkpoint": "@/c", "seed": 0}
        """),
    Case(
      words: "certify @/spec.yaml --trajectory @/path.npz --report @/r",
      request: """
        {"job": "certify", "spec": "@/spec.yaml", "trajectory": "@/path.npz", "report": "@/r"}
        """),
    Case(
      words: "datasets measure @/x.npy --targets @/y.csv --centering center",
      request: """
        {"job": "measure", "inputs": ["@/x.npy"], "targets": ["@/y.csv"], "centering": "center"}
        """),
    Case(words: "reproduce list", request: #"{"job": "catalogue"}"#),
    Case(
      words: "reproduce gidel-figure-1 --quick --output @/site",
      request: """
        {"job": "reproduce", "items": ["gidel-figure-1"], "quick": true, "output": "@/site"}
        """),
  ]

  private static func prepare(_ command: Command) throws {
    let table = Tables.withHoles(
      rows: 14, columns: 11, rank: 1, noise: 0.1, known: 0.7, seed: 1)
    try command.write(Tables.csv(table.observed), to: "table.csv")
    try command.write(Tables.csv(table.truth), to: "truth.csv")
    try command.write(Tables.triplets(table.observed, base: 1), to: "triplets.csv")
    try EstimatorProblems.regression(in: command)
    try EstimatorProblems.sensing(in: command)
    try EstimatorProblems.network(in: command)
    try command.write(
      """
      objective: { kind: factorization, target: w.csv }
      network: { widths: [5, 4, 6], initial: { kind: gaussian, standardDeviation: 0.3 } }
      dynamics: { kind: flow }
      recording: { times: [0, 1, 2], quantities: [endToEnd, singularValues, layers] }
      seed: 4
      """, to: "spec.yaml")
    for words in [
      ["complete", "table.csv", "--model", "fit.safetensors"],
      ["simulate", "spec.yaml", "--output", "path.npz"],
    ] {
      let ending = try command.run(words)
      #expect(ending.status == 0, "\(ending.error)")
    }
  }

  @Test(arguments: cases)
  func givesTheSameBytes(_ door: Case) throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      let given = Set(try command.contents)
      let words = door.words.replacing("@", with: command.folder.path)
        .split(separator: " ").map(String.init)
      let ending = try command.run(words + ["--json"])
      #expect(ending.status == 0, "\(ending.error)")
      let written = try files(command, besides: given)
      for file in Set(try command.contents.compactMap { $0.split(separator: "/").first })
      where !given.contains(String(file)) {
        try FileManager.default.removeItem(at: command.folder.appendingPathComponent(String(file)))
      }

      let json = door.request.replacing("@", with: command.folder.path)
      let result = try AnyJob(json: Array(json.utf8))
        .run(in: JobContext(arguments: words + ["--json"]))
      #expect(Set(try command.contents).subtracting(given).allSatisfy { Self.isWrittenEarly($0) })
      #expect(
        withoutTime(String(decoding: try result.summaryJSON(), as: UTF8.self) + "\n")
          == withoutTime(ending.output))
      try result.write()
      let again = try files(command, besides: given)
      #expect(again.keys.sorted() == written.keys.sorted())
      for (name, content) in again {
        #expect(content == written[name], "\(name) differs")
      }
    }
  }

  /// A gallery and checkpoints are written on the way, all else after it.
  private static func isWrittenEarly(_ name: String) -> Bool {
    name == "c" || name.hasPrefix("site")
  }

  /// The files that are new; of a report all that does not follow from its record, and that without the time.
  private func files(_ command: Command, besides given: Set<String>) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try command.contents where !given.contains(name) {
      let isDerived = ["index.html", "report.md"].contains { name.hasSuffix($0) }
      guard let content = try? command.bytes(name), !isDerived else { continue }
      files[name] = name.hasSuffix("record.json") ? try withoutTime(content) : content
    }
    return files
  }

  private func withoutTime(_ text: String) -> String {
    text.replacing(#/"seconds" : [^,\n]*/#, with: "\"seconds\" : #")
  }

  private func withoutTime(_ content: Data) throws -> Data {
    var record = try Record(json: [UInt8](content))
    record.provenance?.finished = nil
    record.summary.removeAll { $0.label == "time" }
    return Data(try record.json())
  }
}
