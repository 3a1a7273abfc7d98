import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// What a person who hands in a table is told, and what is never done to it.
@Suite struct TableTrustTests {
  /// Ten rows of rank one, whole, with a gap in row 3.
  private static let plain =
    "name,a,b,c\n"
    + (1...10).map { "r\($0),\($0),\($0 == 3 ? "" : "\(2 * $0)"),\(3 * $0)" }.joined(
      separator: "\n")
    + "\n"

  @Test func noOutputButTheFilledFileReplacesTheInput() throws {
    try Command.inFolder { command in
      try command.write(Self.plain, to: "x.csv")
      for option in ["--mark", "--interval-output"] {
        let ending = try command.run(
          "complete", "x.csv", option, "./x.csv", "--intervals", "0.9", "--force")
        #expect(ending.status == 2)
        #expect(ending.error.contains("would replace what is read"))
        #expect(try command.read("x.csv") == Self.plain)
      }
      let filled = try command.run("complete", "x.csv", "--output", "x.csv", "--force")
      #expect(filled.status == 0, "\(filled.error)")
      #expect(try command.read("x.csv") == Self.plain.replacing("r3,3,,9", with: "r3,3,6,9"))
      try command.write(Self.plain, to: "report")
      let report = try command.run("complete", "x.csv", "--report", "report", "--force")
      #expect(report.status == 2 && report.error.contains("this is a file"))
    }
  }

  @Test func oneBadFileDoesNotKeepTheOthersFromBeingDone() throws {
    try Command.inFolder { command in
      try command.write(Self.plain, to: "one.csv")
      try command.write("a,b\n1,2,3\n4\n", to: "bad.csv")
      try command.write(Self.plain, to: "two.csv")
      let ending = try command.run(
        "complete", "one.csv", "bad.csv", "two.csv", "--output", "out", "--json")
      #expect(ending.status == 2)
      let json = try ending.json()
      #expect((json["files"] as? [String: Any])?.keys.sorted() == ["one.csv", "two.csv"])
      #expect((json["failed"] as? [String: String])?.keys.sorted() == ["bad.csv"])
      #expect(ending.error.contains("1 of 3 files not done: bad.csv"))
      #expect(try command.read("out/two.csv").contains("r3,3,6,9"))
    }
  }

  @Test func limitsAndTotalsComeBackUntouched() throws {
    try Command.inFolder { command in
      let text = Self.plain.replacing("r5,5,", with: "r5,<0.05,") + "Total,55,104,165\n"
      try command.write(text, to: "x.csv")
      let ending = try command.run(
        "complete", "x.csv", "--output", "y.csv", "--mark", "m.csv", "--json")
      #expect(ending.status == 0, "\(ending.error)")
      #expect(try command.read("y.csv") == text.replacing("r3,3,,9", with: "r3,3,6,9"))
      let json = try ending.json()
      #expect(json["filled"] as? Int == 1)
      #expect(json["kept"] as? Int == 1)
      #expect(json["leftEmpty"] as? Int == 0)
      #expect(json["rowNames"] as? [String] == (1...10).map { "r\($0)" })
      #expect(try command.read("m.csv").contains("4,0,r5,a,,,kept\n"))
      let forced = try command.run(
        "complete", "x.csv", "--output", "z.csv", "--missing", "<0.05")
      #expect(forced.status == 0)
      #expect(try command.read("z.csv").contains("r5,5,10,15"))
    }
  }

  @Test func newRowsThatNothingDeterminesStayEmpty() throws {
    try Command.inFolder { command in
      // Rank two: a row with one entry is not determined, but for the columns alike.
      let lines = (1...12).map { row in
        let (u, v) = (row, (row * row) % 7)
        return "r\(row),\(u),\(2 * u),\(v),\(u + v),\(u - v)"
      }
      try command.write("name,a,b,c,d,e\n" + lines.joined(separator: "\n") + "\n", to: "x.csv")
      let fitted = try command.run("complete", "x.csv", "--model", "fit.safetensors", "--json")
      #expect(fitted.status == 0, "\(fitted.error)")
      #expect(try fitted.json()["rank"] as? Int == 2)
      try command.write("name,a,b,c,d,e\nnone,,,,,\nshort,3,,,,\nfull,3,,2,,\n", to: "new.csv")
      let ending = try command.run(
        "predict", "fit.safetensors", "new.csv", "--output", "y.csv", "--json")
      #expect(ending.status == 0, "\(ending.error)")
      #expect(
        try command.read("y.csv")
          == "name,a,b,c,d,e\nnone,,,,,\nshort,3,6,,,\nfull,3,6,2,5,1\n")
      let json = try ending.json()
      #expect(json["filled"] as? Int == 4)
      #expect(json["leftEmpty"] as? Int == 8)
      #expect(json["output"] as? String == "y.csv")
      let guessed = try command.run(
        "predict", "fit.safetensors", "new.csv", "--output", "z.csv", "--fill-undetermined",
        "--clip", "0,5", "--json")
      #expect(try guessed.json()["leftEmpty"] as? Int == 0)
      #expect(try command.read("z.csv").contains("full,3,5,2,5,1"))
      let odd = try command.run("predict", "fit.safetensors", "new.csv", "--clip", "5,1")
      #expect(odd.status == 2 && odd.error.contains("the lower end first"))
    }
  }

  @Test func fillsFarOutsideTheirColumnAreSaid() throws {
    try Command.inFolder { command in
      // The last row is far beyond all others; what is filled there is, too.
      var lines = (1...10).map { "r\($0),\($0),\(2 * $0),\(3 * $0)" }
      lines.append("far,1000,,3000")
      try command.write("name,a,b,c\n" + lines.joined(separator: "\n") + "\n", to: "x.csv")
      let ending = try command.run("complete", "x.csv", "--output", "y.csv")
      #expect(ending.status == 0, "\(ending.error)")
      #expect(ending.output.contains("1 filled cell lies far outside what is known of its column"))
      #expect(ending.output.contains("--clip LOW,HIGH"))
      #expect(ending.output.contains("the one empty cell"))
      let clipped = try command.run(
        "complete", "x.csv", "--output", "z.csv", "--clip", "0,20")
      #expect(!clipped.output.contains("far outside"))
      #expect(try command.read("z.csv").contains("far,1000,20,3000"))
    }
  }

  // MARK: what the screen says about the errors

  /// A noisy table of a rank, with a share of it known.
  private static func noisy(
    _ rows: Int, _ columns: Int, rank: Int, noise: Double, known: Double, seed: UInt64
  ) -> String {
    Tables.csv(
      Tables.withHoles(
        rows: rows, columns: columns, rank: rank, noise: noise, known: known, seed: seed
      ).observed)
  }

  @Test func aSmallHoldOutIsSaid() throws {
    try Command.inFolder { command in
      try command.write(
        Self.noisy(12, 8, rank: 1, noise: 0.2, known: 0.8, seed: 3), to: "small.csv")
      try command.write(
        Self.noisy(60, 40, rank: 1, noise: 0.2, known: 0.8, seed: 3), to: "large.csv")
      let small = try command.run("complete", "small.csv")
      let large = try command.run("complete", "large.csv")
      #expect(small.output.contains("held out: their error is a rough guide"))
      #expect(!large.output.contains("is a rough guide"))
    }
  }

  @Test func aSimpleAnswerThatIsAsGoodIsSaid() throws {
    try Command.inFolder { command in
      var generator = SeededGenerator(seed: 8)
      // Nothing but a mean for each column, and noise: no fit can do better.
      let noise = Matrix.gaussian(rowCount: 80, columnCount: 12, using: &generator)
      let means = Tables.matrix(rows: 80, columns: 12) { i, j in
        (i * 7 + j * 3) % 5 == 0 ? .nan : 10 * Double(j) + noise[i, j]
      }
      try command.write(Tables.csv(means), to: "means.csv")
      let ending = try command.run("complete", "means.csv")
      #expect(ending.output.contains("would do as well"))
      let better = Self.noisy(80, 40, rank: 2, noise: 0.05, known: 0.6, seed: 4)
      try command.write(better, to: "better.csv")
      let improved = try command.run("complete", "better.csv")
      #expect(!improved.output.contains("would do as well"))
    }
  }

  @Test func aKnownErrorFarBelowTheHeldOutOneIsSaid() throws {
    try Command.inFolder { command in
      // With six components half of the entries determine nothing for the nuclear norm: it can meet all and says little
      // of the others.
      try command.write(
        Self.noisy(40, 30, rank: 6, noise: 0.1, known: 0.5, seed: 5), to: "x.csv")
      let ending = try command.run(
        "complete", "x.csv", "--method", "nuclear", "--penalty", "auto", "--json")
      let json = try ending.json()
      let screen = try command.run("complete", "x.csv", "--method", "nuclear", "--penalty", "auto")
      let known = try #require(json["trainingError"] as? Double)
      let heldOut = try #require(json["holdoutError"] as? Double)
      let sentence = "known entries are met far more closely than held-out ones"
      #expect(known < 0.5 * heldOut)
      #expect(screen.output.contains(sentence))
      // With many entries for each number of the fit both errors are those of the noise.
      try command.write(
        Self.noisy(60, 40, rank: 1, noise: 0.2, known: 0.8, seed: 3), to: "many.csv")
      let plain = try command.run("complete", "many.csv")
      #expect(!plain.output.contains(sentence))
    }
  }
}
