import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// Texts that stand for more than they hold, or say what means something elsewhere: one sentence each, at once.
@Suite struct HostileSpecificationTests {
  static let plain = """
    objective: { kind: factorization, target: y.npy }
    network: { widths: [4, 3, 3], initial: { kind: gaussian, standardDeviation: 0.1 } }
    dynamics: { kind: flow }
    recording: { times: [0, 1] }

    """

  private static func ending(
    _ text: String, in command: Command
  ) throws -> (Command.Ending, Duration) {
    try DataFile.writeMatrix(
      Matrix(rowCount: 3, columnCount: 4, repeating: 1), to: command.path("y.npy"), overwrite: true)
    try command.write(text, to: "s.yaml")
    let clock = ContinuousClock()
    let start = clock.now
    let ending = try command.run("simulate", "s.yaml", "--output", "o.npz", "--force")
    return (ending, clock.now - start)
  }

  /// Each level a list of the level before, as key or as value.
  private static func bomb(asKeys: Bool) -> String {
    (0..<25).reduce("first: &a0 [x, x, x, x]\n") { text, level in
      let list = "&a\(level + 1) [*a\(level), *a\(level), *a\(level), *a\(level)]"
      return text + (asKeys ? "? \(list)\n: 1\n" : "level\(level): \(list)\n")
    }
  }

  static let bombs: [(String, String)] = [
    (bomb(asKeys: true) + plain, "aliases"), (bomb(asKeys: false) + plain, "aliases"),
    (plain + (0..<1_000_000).map { "key\($0): 1\n" }.joined(), "more than 10000 keys"),
    (plain + "x: " + String(repeating: "[", count: 100_000), "not valid YAML"),
    (plain + "x: " + String(repeating: "{a: ", count: 9_000), "not valid YAML"),
    (plain.replacing("kind: flow", with: "<<: *b"), "undefined alias"),
    (
      plain.replacing("{ times", with: "&r { times").replacing(
        "kind: flow", with: "kind: flow, <<: { a: 1 }"),
      "merge keys are not read here"
    ),
    (plain + "\"a\\e[31mb\\nc\": 1\n", #"unknown key 'a\u{1B}[31mb\nc'"#),
    (plain.replacing("kind: flow", with: "kind: \"a\\nb\""), #"cannot be 'a\nb'"#),
    (plain + String(repeating: "k", count: 1000) + ": 1\n", "unknown key 'kkkk"),
    (plain + String(repeating: "k", count: 100_000) + ": 1\n", "not valid YAML"),
  ]

  @Test(arguments: 0..<bombs.count)
  func oneSentenceAtOnce(number: Int) throws {
    let (text, words) = Self.bombs[number]
    try Command.inFolder { command in
      let (ending, time) = try Self.ending(text, in: command)
      #expect(ending.status == 2)
      #expect(ending.error.contains(words), "\(ending.error.prefix(300))")
      #expect(ending.error.filter { $0 == "\n" }.count == 1 && ending.error.utf8.count < 400)
      #expect(time < .seconds(10))
    }
  }

  @Test func marksAndAliasesThatAreHarmlessAreRead() throws {
    try Command.inFolder { command in
      for text in [
        "\u{FEFF}" + Self.plain, Self.plain.replacing("[4, 3, 3]", with: "[4, &h 3, *h]"),
        String(repeating: "# * a list in a comment\n", count: 40) + Self.plain,
      ] {
        let (ending, _) = try Self.ending(text, in: command)
        #expect(ending.status == 0, "\(ending.error)")
      }
    }
  }

  @Test(arguments: [
    ("kind: flow", "kind: flow, rtol: 1e-6", "'relativeTolerance'"),
    ("kind: flow", "kind: gd, lr: 0.1", "'descent'"),
    ("kind: flow", "kind: descent, stepSize: 0.1, lr: 0.1", "'stepSize'"),
    ("kind: flow", "kind: descent, learning_rate: 0.1, stepSize: 1", "'stepSize'"),
    ("kind: flow", "kind: descent, stepSize: 0.1, optimizer: adam", "'method'"),
    ("kind: flow", "kind: descent, stepSize: 0.1, method: momentum", "'heavyBall'"),
    ("kind: flow", "kind: flow, method: RK45", "'dormandPrince'"),
    ("kind: flow", "kind: flow, method: BDF", "'radau'"),
    ("kind: gaussian", "kind: randn", "'gaussian'"),
    ("standardDeviation", "std", "'standardDeviation'"),
    ("initial:", "init:", "'initial'"),
    ("times:", "steps:", "'times'"),
  ])
  func whatPeopleWriteIsUnderstood(old: String, new: String, hint: String) throws {
    try Command.inFolder { command in
      let (ending, _) = try Self.ending(Self.plain.replacing(old, with: new), in: command)
      #expect(
        ending.status == 2 && ending.error.contains("did you mean \(hint)"), "\(ending.error)")
    }
  }

  /// What is saved where a download went wrong, and what is no data.
  @Test func filesThatAreSomethingElseAreNamed() throws {
    try Command.inFolder { command in
      try command.write(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", to: "p.csv")
      try command.write("\n<!DOCTYPE html><html></html>", to: "w.npy")
      try command.write("", to: "m.pt")
      try command.write("1\n2\n3\n1\n", to: "l.csv")
      try command.write("1,2\n2,1\n3,1\n5,6\n", to: "x.csv")
      for (arguments, words) in [
        (["complete", "p.csv"], "p.csv: this is a Git LFS pointer"),
        (["complete", "w.npy"], "w.npy: this is a web page, not data"),
        (["complete", "m.pt"], "files ending in .pt can run code"),
        (
          ["layers", "expand", "m.pt", "--layer", "fc", "--output", "e.safetensors"],
          "save the network with safetensors.torch.save_file"
        ),
        (
          ["datasets", "measure", "x.csv", "--labels", "l.csv"],
          "the labels seem to count from 1, to 3"
        ),
      ] {
        let ending = try command.run(arguments)
        #expect(ending.status == 2 && ending.error.contains(words), "\(ending.error)")
      }
    }
  }
}
