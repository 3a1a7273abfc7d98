import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// `landscape`, `race`, `tensor` and `classify`.
@Suite struct ResearchCommandTests {
  private static let specification = """
    objective: { kind: factorization, target: [[2, 0, 0], [0, 1, 0], [0, 0, 0.5]] }
    network: { widths: [3, 3, 3], initial: { kind: balanced, scale: 0.3 } }
    """

  private static func prepare(_ command: Command) throws {
    try command.write(specification, to: "spec.yaml")
    try command.write(
      specification.replacing("balanced, scale: 0.3", with: "zero"), to: "origin.yaml")
    try command.write(
      specification.replacing("widths: [3, 3, 3]", with: "widths: [3, 3, 3, 3]")
        .replacing("balanced, scale: 0.3", with: "zero"), to: "flat.yaml")
    try command.write(
      """
      objective: { kind: factorization, target: [[2, 0], [0, 1]] }
      network: { kind: symmetric, widths: [2, 2], initial: { kind: identity, scale: 0.3 } }
      """, to: "symmetric.yaml")
    try command.write(
      specification
        + "\ndynamics: { kind: flow }\nrecording: { times: [0, 50], quantities: [layers] }\n",
      to: "flow.yaml")
    try command.write(
      specification + "\ndynamics: { kind: flow }\nrecording: { times: [0, 50] }\n",
      to: "bare.yaml")
    try command.write(
      """
      objective: { kind: power, inputs: [[1, 0], [0, 1]], targets: [[8], [1]], power: 4 }
      network: { widths: [2, 1], initial: { kind: layers, files: [[[0.1, 0.1]]] } }
      """, to: "quartic.yaml")
    try tensor(command)
    try images(command)
  }

  /// A tensor of rank two with holes, as an array and as rows.
  private static func tensor(_ command: Command) throws {
    var generator = SeededGenerator(seed: 4)
    let factors = (0..<3).map { _ in Matrix.gaussian(rowCount: 8, columnCount: 2, using: &generator)
    }
    var (whole, holes, rows) = ([Double](), [Double](), ["i,j,k,value"])
    for i in 0..<8 {
      for j in 0..<8 {
        for k in 0..<8 {
          let value = (0..<2).reduce(0) {
            $0 + factors[0][i, $1] * factors[1][j, $1] * factors[2][k, $1]
          }
          let isKnown = generator.nextUniform() < 0.4
          whole.append(value)
          holes.append(isKnown ? value : .nan)
          if isKnown { rows.append("\(i),\(j),\(k),\(value)") }
        }
      }
    }
    for (name, elements) in [("whole", whole), ("holes", holes)] {
      try Data(NPYArray(shape: [8, 8, 8], elements: elements).encoded())
        .write(to: URL(fileURLWithPath: command.path("\(name).npy")))
    }
    try command.write(rows.joined(separator: "\n") + "\n", to: "rows.csv")
    try command.write("i,value\n0,1\n", to: "vector.csv")
    try command.write("i,j,value\n0,0.5,1\n1,1,2\n", to: "halves.csv")
  }

  /// Two kinds of stripes.
  private static func images(_ command: Command) throws {
    var generator = SeededGenerator(seed: 8)
    var pixels: [Double] = []
    var labels: [Double] = []
    for sample in 0..<120 {
      labels.append(Double(sample % 2))
      for row in 0..<12 {
        for column in 0..<12 {
          let place = sample % 2 == 0 ? row : column
          pixels.append((place % 4 < 2 ? 1 : 0) + 0.2 * generator.nextGaussian())
        }
      }
    }
    try Data(NPYArray(shape: [120, 12, 12], elements: pixels).encoded())
      .write(to: URL(fileURLWithPath: command.path("images.npy")))
    try Data(NPYArray(shape: [120, 144], elements: pixels).encoded())
      .write(to: URL(fileURLWithPath: command.path("rows.npy")))
    try Data(NPYArray(labels).encoded()).write(to: URL(fileURLWithPath: command.path("labels.npy")))
    try Data(NPYArray(Array(labels.prefix(7))).encoded())
      .write(to: URL(fileURLWithPath: command.path("few.npy")))
  }

  private static let lines = """
    landscape spec.yaml
    landscape origin.yaml
    landscape flat.yaml --output flat.npz --report flat
    landscape flow.yaml --trajectory path.npz
    landscape flow.yaml --trajectory path.npz --time 0 --radius 2
    race quartic.yaml --target-loss 1e-2 --depths 1,2 --step-limit 300 --output trials.csv --report race
    race spec.yaml --step-limit 200 --depths 1,2
    tensor holes.npy --truth whole.npy --output filled.npy --report tensor
    tensor rows.csv --shape 8,8,8
    classify images.npy labels.npy --channels 4 --kernel 3 --hidden 8 --depths 2,1 --epochs 4 --batch 12 --test-images images.npy --test-labels labels.npy --output found.csv --report classes
    """

  @Test func textIsAsExpected() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      #expect(try command.run("simulate", "flow.yaml", "--output", "path.npz").status == 0)
      var transcript = ""
      for line in Self.lines.split(separator: "\n") {
        let ending = try command.run(line.split(separator: " ").map(String.init))
        #expect(ending.status == 0, "\(line): \(ending.error)")
        #expect(ending.output.split(separator: "\n").allSatisfy { $0.count <= 200 })
        transcript += "$ deeplinear \(line)\n\(ending.output)\n"
      }
      // Seconds, and what is of the size of rounding.
      transcript = transcript.replacing(#/, \S+ s\n/#, with: ", # s\n")
        .replacing(#/-?\d(\.\d+)?e-(0[89]|[1-9]\d)\b/#, with: "#")
      try expectText(transcript, equals: "research.txt")
      let contents = try command.contents
      for folder in ["flat", "race", "tensor", "classes"] {
        #expect(contents.contains("\(folder)/index.html"))
      }
    }
  }

  @Test func theReferenceOfSpecificationsIsPrinted() throws {
    try Command.inFolder { command in
      let ending = try command.run("simulate", "--reference")
      #expect(ending.status == 0 && ending.error.isEmpty)
      #expect(ending.output.split(separator: "\n").allSatisfy { $0.count <= 400 })
      try expectText(ending.output, equals: "simulate-reference.txt")
      let json = try command.run("simulate", "--reference", "--json").json()
      let keys = try #require(json["keys"] as? [[String: Any]])
      #expect(keys.contains { $0["name"] as? String == "stepSize" })
      for line in ["simulate", "simulate spec.yaml"] {
        let refused = try command.run(line.split(separator: " ").map(String.init))
        #expect(refused.status == 2 && refused.error.contains("missing expected argument"))
      }
    }
  }

  @Test func kindsOfPointsAreTold() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      #expect(try command.run("simulate", "flow.yaml", "--output", "path.npz").status == 0)
      func kind(_ line: String) throws -> String? {
        try command.run(line.split(separator: " ").map(String.init) + ["--json"])
          .json()["kind"] as? String
      }
      #expect(try kind("landscape spec.yaml") == "notStationary")
      #expect(try kind("landscape origin.yaml") == "strictSaddle")
      #expect(try kind("landscape flat.yaml") == "nonStrictSaddle")
      #expect(try kind("landscape flow.yaml --trajectory path.npz") == "globalMinimum")
    }
  }

  /// The claim's kind of problem: with its best step size depth 2 needs fewer steps than descent on the loss.
  @Test func depthWinsOnTheQuarticProblem() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      let json = try command.run(
        "race", "quartic.yaml", "--target-loss", "1e-2", "--depths", "1,2", "--step-limit", "300",
        "--json"
      ).json()
      let entries = try #require(json["entries"] as? [[String: Any]])
      let steps = entries.compactMap { $0["steps"] as? Int }
      #expect(entries.count == 3 && steps.count == 3)
      #expect(steps.dropFirst().min()! < steps[0])
    }
  }

  private static let refusals = """
    landscape
    landscape nowhere.yaml
    landscape symmetric.yaml
    landscape spec.yaml --radius 0
    landscape spec.yaml --time 3
    landscape flow.yaml --trajectory path.npz --time 7
    landscape bare.yaml --trajectory bare.npz
    landscape spec.yaml --output points.csv
    race
    race symmetric.yaml
    race spec.yaml --depths 1,two
    race spec.yaml --depths 0
    race spec.yaml --depths 2,2
    race spec.yaml --target-loss 100
    race spec.yaml --target-loss -1
    race quartic.yaml
    race spec.yaml --step-limit 0
    tensor
    tensor nowhere.npy
    tensor vector.csv
    tensor halves.csv
    tensor rows.csv --shape 8,8
    tensor rows.csv --shape 8
    tensor rows.csv --shape 8,8,x
    tensor rows.csv --shape 4,4,4
    tensor holes.npy --shape 8,8
    tensor holes.npy --truth labels.npy
    tensor holes.npy --holdout 1
    tensor holes.npy --structure hierarchical
    tensor holes.npy --components 0
    classify
    classify images.npy
    classify images.npy few.npy
    classify rows.npy labels.npy
    classify rows.npy labels.npy --image-shape 3,3
    classify images.npy labels.npy --depths 2
    classify images.npy labels.npy --channels x
    classify images.npy labels.npy --test-images images.npy
    classify images.npy labels.npy --step 0
    classify images.npy images.npy
    """

  @Test func whatIsRefusedIsOneSentence() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      #expect(try command.run("simulate", "flow.yaml", "--output", "path.npz").status == 0)
      #expect(try command.run("simulate", "bare.yaml", "--output", "bare.npz").status == 0)
      var transcript = ""
      for line in Self.refusals.split(separator: "\n") {
        let ending = try command.run(line.split(separator: " ").map(String.init))
        #expect(ending.status == 2, "\(line): \(ending.output)\(ending.error)")
        #expect(ending.output.isEmpty, "\(line)")
        #expect(ending.error.split(separator: "\n").count == 1, "\(line): \(ending.error)")
        transcript += "$ deeplinear \(line)\n\(ending.error)"
      }
      try expectText(transcript, equals: "research-refusals.txt")
    }
  }
}
