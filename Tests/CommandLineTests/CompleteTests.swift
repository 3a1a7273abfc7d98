import DataFormats
import Foundation
import LinearAlgebra
import Testing

@Suite struct CompleteTests {
  private static let exact = Tables.withHoles(rows: 14, columns: 11, rank: 1, known: 0.6, seed: 1)
  private static let noisy = Tables.withHoles(
    rows: 40, columns: 30, rank: 2, noise: 0.1, known: 0.5, seed: 2)

  @Test func itsTextIsAsExpected() throws {
    try Command.inFolder { command in
      try command.write(Tables.csv(Self.exact.observed), to: "table.csv")
      try command.write(Tables.csv(Self.exact.truth), to: "truth.csv")
      let ending = try command.run(
        "complete", "table.csv", "--truth", "truth.csv", "--output", "filled.csv", "--model",
        "fit.safetensors")
      #expect(ending.status == 0)
      #expect(ending.error.isEmpty)
      // Numbers at the level of rounding and the time differ from machine to machine.
      let text = ending.output
        .replacing(#/(error) \d\S*?(?=,|\n)/#) { "\($0.output.1) #" }
        .replacing(#/\d+ iterations, \S+ s/#, with: "# iterations, # s")
      try expectText(text, equals: "complete.txt")
    }
  }

  @Test func theNetworkItselfIsTheAnswerWithoutThePolish() throws {
    try Command.inFolder { command in
      try command.write(Tables.csv(Self.exact.observed), to: "table.csv")
      try command.write(Tables.csv(Self.exact.truth), to: "truth.csv")
      let words = ["complete", "table.csv", "--polish", "none", "--truth", "truth.csv"]
      let ending = try command.run(words + ["--depth", "2"])
      #expect(ending.status == 0 && ending.error.isEmpty)
      let text = ending.output
        .replacing(#/(error|rank) \d\S*?(?=,|\n)/#) { "\($0.output.1) #" }
        .replacing(#/\d+ iterations, \S+ s/#, with: "# iterations, # s")
      try expectText(text, equals: "complete-unpolished.txt")
      // Depth's own effect: one layer leaves the unknown entries near zero.
      func error(_ depth: Int) throws -> Double {
        let json = try command.run(words + ["--depth", "\(depth)", "--json"]).json()
        #expect(json["polish"] as? String == "none" && json["effort"] == nil)
        return try #require(json["relativeError"] as? Double)
      }
      let errors = try [1, 2, 3].map(error)
      #expect(errors[0] > 0.3 && errors[1] < 0.1 && errors[2] < 0.1, "\(errors)")
      let report = try command.run(words + ["--report", "report"])
      #expect(report.status == 0)
      #expect(
        try command.read("report/index.html").contains("what it is at the end of this path"))
      // What is held out for the page is predicted by a network, too: near, and not to rounding.
      let columns = try command.read("report/data/table-1.csv").split(separator: "\n")
        .dropFirst().compactMap { Double($0.split(separator: ",")[3]) }
      #expect(!columns.isEmpty && columns.allSatisfy { $0 > 1e-9 })
    }
  }

  @Test func itsJSONHasEveryKey() throws {
    try Command.inFolder { command in
      try command.write(Tables.csv(Self.noisy.observed), to: "table.csv")
      try command.write(Tables.csv(Self.noisy.truth), to: "truth.csv")
      let plain = try command.run("complete", "table.csv", "--json")
      #expect(plain.status == 0)
      #expect(plain.error.isEmpty)
      let keys: Set = [
        "columns", "depth", "effectiveRank", "holdoutError", "iterations", "mask", "method",
        "nuclearNorm", "observed", "offsets", "outcome", "rank", "rows", "seconds", "seed",
        "trainingError", "filled", "leftEmpty", "kept", "understood", "warnings", "baseline",
        "scaling", "effort", "rowOrder",
      ]
      let json = try plain.json()
      #expect(Set(json.keys) == keys)
      #expect(
        Set(try #require(json["mask"] as? [String: Any]).keys) == [
          "components", "method", "undeterminedColumns", "undeterminedEntries",
          "undeterminedRows",
        ])
      let outcome = try #require(json["outcome"] as? [String: Any])
      #expect(outcome["kind"] as? String == "converged")
      #expect(json["rank"] as? Int == 2)
      #expect((json["rows"] as? Int, json["columns"] as? Int) == (40, 30))

      let full = try command.run(
        "complete", "table.csv", "--json", "--truth", "truth.csv", "--intervals", "0.9",
        "--denoise", "--output", "filled.npy", "--interval-output", "widths.npy", "--model",
        "fit.safetensors", "--report", "report")
      #expect(
        Set(try full.json().keys)
          == keys.union([
            "relativeError", "meanSquaredError", "intervals", "output", "intervalOutput", "model",
            "report",
          ]))
      #expect(
        try command.contents.filter { !$0.contains("/") } == [
          "filled.npy", "fit.safetensors", "report", "table.csv", "truth.csv", "widths.npy",
        ])
      // Half the spread of the noise and a little more; zero nowhere.
      let widths = try DataFile.readMatrix(from: command.path("widths.npy"))
      #expect(widths.elements.allSatisfy { $0 > 0.05 && $0 < 1 })
      let filled = try DataFile.readMatrix(from: command.path("filled.npy"))
      #expect((filled - Self.noisy.truth).frobeniusNorm < 0.1 * Self.noisy.truth.frobeniusNorm)
    }
  }

  @Test func everyInputFormatGivesTheSameAnswer() throws {
    try Command.inFolder { command in
      let observed = Self.exact.observed
      try command.write(Tables.csv(observed), to: "table.csv")
      try command.write(Tables.triplets(observed), to: "triplets.csv")
      try command.write(Tables.triplets(observed, base: 1), to: "one-based.csv")
      try DataFile.writeMatrix(observed, to: command.path("array.npy"))
      try DataFile.writeMatrix(observed, to: command.path("array.npz"))
      try DataFile.writeMatrix(observed, to: command.path("table.csv.gz"))
      let known = try DataFile.readObservedEntries(from: command.path("table.csv")).entries
      try DataFile.writeObservedEntries(known, to: command.path("coordinates.mtx.gz"))
      try command.write(
        ",a,b,c,d,e,f,g,h,i,j,k\n"
          + Tables.csv(observed).split(separator: "\n").map { "r,\($0)\n" }.joined(),
        to: "named.csv")
      var answers: Set<Data> = []
      for line in [
        "table.csv", "triplets.csv", "one-based.csv --one-based", "array.npy", "array.npz",
        "table.csv.gz", "coordinates.mtx.gz", "named.csv",
      ] {
        let ending = try command.run(
          ["complete"] + line.split(separator: " ").map(String.init)
            + ["--output", "out.npy", "--force"])
        #expect(ending.status == 0, "\(line): \(ending.error)")
        answers.insert(try command.bytes("out.npy"))
      }
      #expect(answers.count == 1)
      let answer = try DataFile.readMatrix(from: command.path("out.npy"))
      #expect((answer - Self.exact.truth).frobeniusNorm < 1e-9 * Self.exact.truth.frobeniusNorm)
    }
  }

  @Test func everyOutputFormatHoldsTheSameMatrix() throws {
    try Command.inFolder { command in
      try command.write(Tables.csv(Self.exact.observed), to: "table.csv")
      var matrices: [Matrix] = []
      for name in ["a.npy", "a.npy.gz", "a.npz", "a.csv", "a.csv.gz", "a.tsv", "a.mtx"] {
        let ending = try command.run("complete", "table.csv", "--denoise", "--output", name)
        #expect(ending.status == 0, "\(name): \(ending.error)")
        matrices.append(try DataFile.readMatrix(from: command.path(name)))
      }
      // A table gets its fit with the digits of its columns, here those of doubles; a list of numbers does not.
      let size = matrices[0].maxAbsolute
      #expect(matrices.allSatisfy { ($0 - matrices[0]).maxAbsolute <= 1e-15 * size })
      #expect([matrices[1], matrices[2], matrices[6]].allSatisfy { $0 == matrices[0] })
    }
  }

  @Test func namesOfRowsAndColumnsAreKept() throws {
    try Command.inFolder { command in
      try command.write(
        """
        sensor,"noon, UTC",evening,night
        roof,1,2,1
        "cellar, left",2,,2
        yard,,6,3
        gate,4,8,4

        """, to: "table.csv")
      let ending = try command.run(
        "complete", "table.csv", "--output", "filled.csv", "--keep-observed")
      #expect(ending.status == 0)
      let lines = try command.read("filled.csv").split(separator: "\n")
      #expect(lines.first == "sensor,\"noon, UTC\",evening,night")
      #expect(lines[1] == "roof,1,2,1")
      #expect(lines[2].hasPrefix("\"cellar, left\",2,"))
      #expect(lines.count == 5)
    }
  }

  @Test func knownEntriesAreKeptAndValuesClippedWhenAsked() throws {
    try Command.inFolder { command in
      try command.write(Tables.csv(Self.noisy.observed), to: "table.csv")
      let ending = try command.run(
        "complete", "table.csv", "--output", "out.npy", "--keep-observed", "--clip", "-0.5,0.5")
      #expect(ending.status == 0)
      let answer = try DataFile.readMatrix(from: command.path("out.npy"))
      for (value, known) in zip(answer.elements, Self.noisy.observed.elements) {
        #expect(known.isNaN ? abs(value) <= 0.5 : value == known)
      }
    }
  }

  @Test func aPictureIsFilledWhereItsMaskIsZero() throws {
    try Command.inFolder { command in
      let picture = Tables.matrix(rows: 20, columns: 16) { Double(10 + 5 * $0 + $0 * $1 / 2) }
      let mask = Tables.matrix(rows: 20, columns: 16) { ($0 * 7 + $1 * 5) % 3 == 0 ? 0 : 255 }
      try DataFile.writeMatrix(picture, to: command.path("picture.pgm"))
      try DataFile.writeMatrix(mask, to: command.path("mask.pgm"))
      let ending = try command.run(
        "complete", "picture.pgm", "--mask", "mask.pgm", "--truth", "picture.pgm", "--output",
        "filled.pgm", "--json", "--report", "report")
      #expect(ending.status == 0, "\(ending.error)")
      #expect(try #require(try ending.json()["peakSignalToNoiseRatio"] as? Double) > 40)
      let filled = try DataFile.readMatrix(from: command.path("filled.pgm"))
      #expect((filled.rowCount, filled.columnCount) == (20, 16))
      #expect(try command.read("report/index.html").contains("Known pixels"))
    }
  }

  @Test func theSameSeedGivesTheSameBitsAtAnyNumberOfThreads() throws {
    try Command.inFolder { command in
      try command.write(Tables.csv(Self.noisy.observed), to: "table.csv")
      var answers: Set<Data> = []
      for threads in ["1", "2", "1"] {
        let ending = try command.run(
          ["complete", "table.csv", "--output", "out.npy", "--force", "--seed", "3"],
          environment: ["OPENBLAS_NUM_THREADS": threads])
        #expect(ending.status == 0)
        answers.insert(try command.bytes("out.npy"))
      }
      #expect(answers.count == 1)
    }
  }

  @Test func aSavedModelFillsItsOwnRowsAgain() throws {
    try Command.inFolder { command in
      try command.write(Tables.csv(Self.exact.observed), to: "table.csv")
      let fitted = try command.run(
        "complete", "table.csv", "--model", "fit.safetensors", "--output", "filled.npy")
      #expect(fitted.status == 0)
      let predicted = try command.run(
        "predict", "fit.safetensors", "table.csv", "--output", "again.npy", "--json")
      #expect(predicted.status == 0, "\(predicted.error)")
      #expect(
        Set(try predicted.json().keys) == [
          "rows", "columns", "observed", "rank", "undeterminedRows", "output", "new",
          "absentColumns", "understood", "filled", "leftEmpty", "kept", "warnings",
        ])
      let filled = try DataFile.readMatrix(from: command.path("filled.npy"))
      let again = try DataFile.readMatrix(from: command.path("again.npy"))
      #expect((filled - again).frobeniusNorm <= 1e-10 * filled.frobeniusNorm)
      let text = try command.run("predict", "fit.safetensors", "table.csv")
      try expectText(text.output, equals: "predict.txt")
    }
  }
}
