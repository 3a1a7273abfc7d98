import DataFormats
import Foundation
import LinearAlgebra
import Testing

@Suite struct CertifyTests {
  /// A start with a deficiency margin, a spectral one, and one of general position.
  private static func prepare(_ command: Command) throws {
    var generator = SeededGenerator(seed: 1)
    let target = Matrix.random(
      singularValues: [2, 1, 0.8], rowCount: 3, columnCount: 3, using: &generator)
    let near = target + 0.1 * .gaussian(rowCount: 3, columnCount: 3, using: &generator)
    let x = Matrix.gaussian(rowCount: 20, columnCount: 3, using: &generator)
    let labels = Matrix(
      rowCount: 20, columnCount: 3,
      elements: (0..<20).flatMap { row in (0..<3).map { $0 == row % 3 ? 1.0 : 0 } })
    let files: [(String, Matrix)] = [
      ("target", target), ("near", near), ("x", x), ("y", x.timesTransposed(target)),
      ("labels", labels), ("sx", x.transposedTimes(x) / 20),
    ]
    for (name, matrix) in files {
      try DataFile.writeMatrix(matrix, to: command.path("\(name).npy"))
    }
    try DataFile.writeMatrix(
      target * (x.transposedTimes(x) / 20), to: command.path("syx.npy"))
    let measurements = Matrix.gaussian(rowCount: 5, columnCount: 9, using: &generator)
    try write(
      NPYArray(shape: [5, 3, 3], elements: measurements.elements), to: command.path("a.npy"))
    try write(NPYArray([1, 2, 3, -1, 0.5]), to: command.path("b.npy"))
    try command.write(",1\n1,0\n", to: "counterexample.csv")
  }

  private static func write(_ array: NPYArray, to path: String) throws {
    try Data(array.encoded()).write(to: URL(fileURLWithPath: path))
  }

  private static func spec(
    objective: String = "kind: factorization, target: target.npy", network: String? = nil,
    dynamics: String = "kind: flow, relativeTolerance: 1e-10", times: String = "0, 1, 2, 5",
    quantities: String = "loss, singularValues, endToEnd, layers, unbalancedness"
  ) -> String {
    """
    objective: { \(objective) }
    network: { \(network ?? "widths: [3, 4, 3], initial: { kind: balanced, endToEnd: near.npy }") }
    dynamics: { \(dynamics) }
    recording: { times: [\(times)], quantities: [\(quantities)] }
    """
  }

  /// Every kind of objective, and every kind of dynamics, symmetric networks too.
  private static let runs: [(name: String, text: String, holding: Int)] = objectives + motions

  private static let objectives: [(name: String, text: String, holding: Int)] = [
    ("regression", spec(objective: "kind: regression, inputs: x.npy, targets: y.npy"), 10),
    (
      "covariance",
      spec(objective: "kind: covariance, inputCovariance: sx.npy, crossCovariance: syx.npy"), 10
    ),
    ("completion", spec(objective: "kind: completion, observed: target.npy"), 10),
    ("sensing", spec(objective: "kind: sensing, measurements: a.npy, values: b.npy"), 8),
    ("power", spec(objective: "kind: power, inputs: x.npy, targets: y.npy, power: 4"), 6),
    ("logistic", spec(objective: "kind: logistic, inputs: x.npy, targets: labels.npy"), 8),
    ("sigmoid", spec(objective: "kind: sigmoid, inputs: x.npy, targets: labels.npy"), 8),
  ]

  private static let motions: [(name: String, text: String, holding: Int)] =
    [
      ("flow", spec(), 12), ("exact", spec(dynamics: "kind: exact"), 12),
      (
        "spectral",
        spec(
          network:
            "widths: [3, 4, 3], initial: { kind: spectral, scales: [0.1, 0.1, 0.2], imbalance: [0, 0.5] }"
        ), 7
      ),
      ("regularized", spec(dynamics: "kind: regularizedFlow"), 12),
      ("penalised", spec(dynamics: "kind: regularizedFlow, imbalance: 0.5"), 2),
      (
        "endToEndFlow",
        spec(dynamics: "kind: endToEndFlow", quantities: "endToEnd, singularValues"), 10
      ),
      (
        "endToEndDescent",
        spec(
          dynamics: "kind: endToEndDescent, stepSize: 0.01", quantities: "endToEnd"), 2
      ),
      (
        "descent",
        spec(
          network: "widths: [3, 3, 3], initial: { kind: spectral, scales: [0.01, 0.01, 0.01] }",
          dynamics: "kind: descent, stepSize: 0.05", times: "0, 10, 100"), 4
      ),
      (
        "smallDescent",
        spec(
          objective: "kind: factorization, target: target.npy",
          dynamics: "kind: descent, stepSize: 1e-8", times: "0, 10, 100"), 3
      ),
      ("momentum", spec(dynamics: "kind: descent, stepSize: 0.01, method: heavyBall"), 2),
      (
        "symmetric",
        spec(
          objective: "kind: factorization, target: sx.npy",
          network: "kind: symmetric, widths: [3, 2], initial: { kind: identity, scale: 0.5 }",
          quantities: "loss, endToEnd, layers, singularValues"), 4
      ),
      (
        "counterexample",
        spec(
          objective: "kind: completion, observed: counterexample.csv",
          network: "widths: [2, 2, 2], initial: { kind: identity, scale: 0.1 }"), 8
      ),
    ]

  @Test func whatIsSimulatedKeepsToTheory() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      for (name, text, holding) in Self.runs {
        try command.write(text, to: "\(name).yaml")
        let simulated = try command.run("simulate", "\(name).yaml", "--output", "\(name).npz")
        #expect(simulated.status == 0, "\(name): \(simulated.error)")
        let ending = try command.run(
          "certify", "\(name).yaml", "--trajectory", "\(name).npz", "--json")
        #expect(ending.status == 0, "\(name): \(ending.error)")
        let json = try ending.json()
        let counts = try #require(json["counts"] as? [String: Int])
        #expect(counts["holds"] == holding, "\(name): \(counts)")
        #expect(counts["violated"] == 0)
        let list = try #require(json["certificates"] as? [[String: Any]])
        #expect(list.count == 21)
        for certificate in list where certificate["verdict"] as? String == "notApplicable" {
          let hypotheses = try #require(certificate["hypotheses"] as? [[String: Any]])
          #expect(
            certificate["exclusion"] is String
              || hypotheses.contains { $0["holds"] as? Bool == false }, "\(name): \(certificate)")
        }
      }
    }
  }

  @Test func itsTextIsAsExpected() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      try command.write(Self.spec(), to: "spec.yaml")
      let before = try command.run("certify", "spec.yaml")
      #expect(before.status == 0)
      #expect(before.error.isEmpty)
      #expect(before.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
      try expectText(Self.withoutRounding(before.output), equals: "certify.txt")
      let simulated = try command.run("simulate", "spec.yaml", "--output", "path.npz")
      #expect(simulated.status == 0)
      let after = try command.run(
        "certify", "spec.yaml", "--trajectory", "path.npz", "--report", "report")
      #expect(after.status == 0)
      #expect(after.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
      try expectText(Self.withoutRounding(after.output), equals: "certify-trajectory.txt")
      #expect(try command.contents.contains("report/index.html"))
    }
  }

  /// Numbers at the level of rounding differ from machine to machine, and with them the time of the tightest.
  private static func withoutRounding(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      if line.hasSuffix("fails") { return String(line) }
      return String(line).replacing(#/\S+(?=  (at most|must be ≤) 1\.0e-)/#, with: "#")
        .replacing(#/-?\d(\.\d+)?e-(0?[89]|[1-9]\d+)(?=$|[ ,])/#, with: "#")
        .replacing(#/ +#/#, with: " #")
    }
    return lines.joined(separator: "\n")
      .replacing(#/at(\s+)[\d.]+(\s+\(tightest)/#) { "at\($0.output.1)#\($0.output.2)" }
  }

  @Test func itsJSONHasEveryKey() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      try command.write(Self.spec(), to: "spec.yaml")
      let json = try command.run("certify", "spec.yaml", "--json").json()
      #expect(
        Set(json.keys) == [
          "accuracy", "certificates", "counts", "dynamics", "matchedAtStart", "objective",
          "recordedTimes", "seed", "specification", "trajectory", "verdict", "widths",
        ])
      let first = try #require((json["certificates"] as? [[String: Any]])?.first)
      #expect(
        Set(first.keys) == ["bounds", "claim", "exclusion", "hypotheses", "source", "verdict"])
      let bound = try #require((first["bounds"] as? [[String: Any]])?.first)
      #expect(
        Set(bound.keys) == [
          "informative", "limit", "measured", "quantity", "side", "slack", "time", "violated",
        ])
    }
  }

  /// What theory forbids, by the certificate that must notice.
  @Test func whatCannotBeIsAViolation() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      try command.write(Self.spec(), to: "spec.yaml")
      try #require(try command.run("simulate", "spec.yaml", "--output", "path.npz").status == 0)
      let honest = try NPZArchive(reading: ByteSource(path: command.path("path.npz")))
      func violated(
        _ names: [String], _ change: (inout [Double]) -> Void, dropping: [String] = []
      ) throws -> [String] {
        var archive = honest
        for name in names {
          let array = try #require(archive[name])
          var elements = array.elements
          change(&elements)
          archive[name] = NPYArray(shape: array.shape, elements: elements)
        }
        for name in dropping { archive[name] = nil }
        try archive.write(to: command.path("forged.npz"), overwrite: true)
        let ending = try command.run("certify", "spec.yaml", "--trajectory", "forged.npz", "--json")
        #expect(ending.status == 1)
        #expect(ending.error.hasPrefix("deeplinear: the trajectory violates "))
        let list = try #require(try ending.json()["certificates"] as? [[String: Any]])
        return list.filter { $0["verdict"] as? String == "violated" }
          .compactMap { $0["claim"] as? String }
      }
      let matrices = ["endToEnd", "layer1", "layer2", "singularValues", "unbalancedness"]
      // Half as fast as it is, and still falling: slower than the bound allows.
      let slow = try violated(
        ["loss"], { loss in for k in loss.indices { loss[k] = loss[0] * exp(-0.1 * Double(k)) } },
        dropping: matrices)
      #expect(slow.contains("linear convergence"))
      #expect(slow.contains("the record follows its dynamics"))
      let rising = try violated(
        ["loss"], { $0[3] = 2 * $0[2] + 1e-3 }, dropping: matrices)
      #expect(rising.contains("loss never rises"))
      // One layer doubled and the other halved: the same product, another balance.
      let unbalanced = try violated(["layer1"], { for k in 36..<48 { $0[k] *= 2 } })
      #expect(unbalanced.contains("conservation of balance"))
      #expect(unbalanced.contains("the record agrees with itself"))
      let scaled = try violated(
        ["endToEnd"], { for k in 18..<27 { $0[k] *= 0.3 } },
        dropping: ["layer1", "layer2", "unbalancedness", "singularValues"])
      #expect(scaled.contains("singular values stay above the margin"))
      #expect(scaled.contains("the record agrees with itself"))
    }
  }
}
