import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// What `regress`, `sense`, `layers` and the nuclear norm print, write and draw.
@Suite struct EstimatorCommandTests {
  @Test func theirTextsAreAsExpected() throws {
    try Command.inFolder { command in
      try EstimatorProblems.regression(in: command)
      try EstimatorProblems.sensing(in: command)
      try EstimatorProblems.network(in: command)
      var transcript = ""
      for line in [
        "regress x.npy y.csv --output coefficients.csv --report regression",
        "sense a.npy b.npy --truth w.csv --output found.csv --report sensing",
        "layers expand net.safetensors --layer fc1 --layer conv1 --groups 1 --depth 3 "
          + "--output e.safetensors --report expansion",
        "layers collapse net.safetensors --layer deep --output c.safetensors --report collapse",
        "layers compress net.safetensors --layer fc1 --energy 0.9 --output s.safetensors "
          + "--report compression",
      ] {
        let ending = try command.run(line.split(separator: " ").map(String.init))
        #expect(ending.status == 0, "\(line): \(ending.error)")
        #expect(ending.error.isEmpty, "\(line)")
        transcript += "$ deeplinear \(line)\n\(ending.output)"
      }
      // Numbers at the level of rounding differ from machine to machine.
      try expectText(
        transcript.replacing(#/\d\S*e-\d+/#, with: "#"), equals: "estimators.txt")
      for report in ["regression", "sensing", "expansion", "collapse", "compression"] {
        let page = try command.read("\(report)/index.html")
        #expect(page.contains("<figure"), "\(report)")
      }
    }
  }

  @Test func jsonIsOneObjectThatNamesWhatWasWritten() throws {
    try Command.inFolder { command in
      try EstimatorProblems.regression(in: command)
      try EstimatorProblems.sensing(in: command)
      try EstimatorProblems.network(in: command)
      let regression = try command.run("regress", "x.npy", "y.csv", "--json", "--report", "r")
        .json()
      #expect(regression["report"] as? String == "r" && regression["rank"] as? Int == 2)
      let sensing = try command.run("sense", "a.npy", "b.npy", "--json", "--report", "s").json()
      #expect(sensing["report"] as? String == "s" && sensing["rank"] as? Int == 1)
      let layers = try command.run(
        "layers", "compress", "net.safetensors", "--layer", "fc1", "--rank", "2", "--output",
        "o.safetensors", "--json", "--report", "l"
      ).json()
      #expect(layers["report"] as? String == "l")
      let change = try #require((layers["layers"] as? [[String: Any]])?.first)
      #expect(change["rank"] as? Int == 2 && change["parametersAfter"] as? Int == 28)
      #expect(change["singularValues"] == nil)
    }
  }

  /// With what is written the predictions can be made again: a table with names has the intercept in it.
  @Test func coefficientsCarryNamesAndIntercept() throws {
    try Command.inFolder { command in
      let inputs = (0..<12).map { "s\($0),\($0),\(($0 * $0) % 7)" }
      let targets = (0..<12).map { "s\($0),\(5 + 2 * $0),\(1 - ($0 * $0) % 7)" }
      try command.write("id,a,b\n" + inputs.joined(separator: "\n") + "\n", to: "x.csv")
      try command.write("id,u,v\n" + targets.joined(separator: "\n") + "\n", to: "y.csv")
      let ending = try command.run(
        "regress", "x.csv", "y.csv", "--rank", "2", "--output", "w.csv")
      #expect(ending.status == 0 && ending.output.contains("intercept: "), "\(ending.error)")
      let lines = try command.read("w.csv").split(separator: "\n").map(String.init)
      #expect(lines[0] == ",a,b,intercept")
      for (line, (name, expected)) in zip(
        lines.dropFirst(), [("u", [2.0, 0, 5]), ("v", [0, -1, 1])])
      {
        let cells = line.split(separator: ",")
        #expect(cells[0] == name)
        for (cell, value) in zip(cells.dropFirst(), expected) {
          #expect(abs(try #require(Double(cell)) - value) < 1e-10)
        }
      }
      // Without an intercept, or without names, the matrix stands alone.
      _ = try command.run(
        "regress", "x.csv", "y.csv", "--no-intercept", "--output", "plain.csv")
      #expect(try command.read("plain.csv").hasPrefix(",a,b\nu,"))
    }
  }

  /// Known entries come back to the bit where they are to be met exactly, and within the noise with a penalty.
  @Test func nuclearNormMeetsEntriesOrWeighsThem() throws {
    try Command.inFolder { command in
      let (observed, truth) = Tables.withHoles(
        rows: 24, columns: 20, rank: 1, noise: 0.1, known: 0.6, seed: 4)
      try command.write(Tables.csv(observed), to: "table.csv")
      try command.write(Tables.csv(truth), to: "truth.csv")
      func complete(_ arguments: String...) throws -> (json: [String: Any], filled: Matrix) {
        let ending = try command.run(
          ["complete", "table.csv", "--method", "nuclear", "--truth", "truth.csv", "--json"]
            + ["--output", "filled.csv", "--force"] + arguments)
        #expect(ending.status == 0, "\(ending.error)")
        return (try ending.json(), try DataFile.readMatrix(from: command.path("filled.csv")))
      }
      let exact = try complete()
      for (known, filled) in zip(observed.elements, exact.filled.elements) where !known.isNaN {
        #expect(filled == known)
      }
      #expect(exact.json["penalty"] == nil && exact.json["trainingError"] as? Double == 0)
      #expect(try #require(exact.json["relativeGap"] as? Double) <= 1e-7)
      let norm = try #require(exact.json["nuclearNorm"] as? Double)
      #expect(try abs(exact.filled.singularValues().reduce(0, +) - norm) <= 1e-9 * norm)

      let chosen = try complete("--penalty", "auto", "--report", "report")
      #expect(try #require(chosen.json["penalty"] as? Double) > 0)
      #expect(try #require(chosen.json["relativeGap"] as? Double) <= 1e-7)
      #expect(try #require(chosen.json["holdoutError"] as? Double) > 0)
      #expect(try command.read("report/index.html").contains("Which penalty"))
      let errors = try [exact, chosen].map { try #require($0.json["relativeError"] as? Double) }
      // The noise is fitted to the bit by one and shrunk by the other.
      #expect(errors[1] < errors[0])
      let penalty = try #require(chosen.json["penalty"] as? Double)
      let fixed = try complete("--penalty", "\(penalty)")
      #expect((fixed.filled - chosen.filled).maxAbsolute <= 1e-12 * chosen.filled.maxAbsolute)
    }
  }
}
