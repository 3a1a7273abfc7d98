import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// Sizes are checked before anything of that size is made: each is done at once, cut with a notice, or refused in one
/// sentence.
@Suite struct SizeTests {
  static let sizes: [Int] = [1_000_000, 1 << 31, 1 << 40, 1 << 53, 1 << 62, .max]

  private static func prepare(_ command: Command) throws {
    var generator = SeededGenerator(seed: 5)
    func write(_ rows: Int, _ columns: Int, _ name: String) throws {
      try DataFile.writeMatrix(
        Matrix.gaussian(rowCount: rows, columnCount: columns, using: &generator),
        to: command.path(name), overwrite: true)
    }
    try write(30, 5, "x.npy")
    try write(30, 4, "y.npy")
    try command.write("row,column,value\n0,0,1\n1,1,2\n2,0,3\n2,1,1.5\n0,1,4\n", to: "t.csv")
    try command.write("1,2,3\n2,4,\n3,6,9\n5,10,15\n1,,3\n", to: "o.csv")
    let elements = (0..<12).map { "\($0),\($0 % 3),\($0 % 4),1\n" }.joined()
    try command.write("m,i,j,a\n" + elements, to: "a.csv")
    try write(12, 1, "b.npy")
    try write(20, 64, "i.npy")
    try command.write((0..<20).map { "\($0 % 2)\n" }.joined(), to: "l.csv")
    let places = (0..<18).map { "\($0 % 3),\($0 / 3 % 3),\($0 / 9),\($0 % 3 + 1)\n" }.joined()
    try command.write(places, to: "p.csv")
    let four = (0..<30).map { "\($0 % 2),\($0 / 2 % 3),\($0 / 6 % 2),\($0 / 12),\($0 % 3)\n" }
      .joined()
    try command.write(four, to: "q.csv")
    let weight = try Safetensors.Tensor(
      name: "fc.weight", type: .float32, shape: [4, 3], values: (0..<12).map(Double.init))
    try Safetensors([weight]).write(to: command.path("m.safetensors"), overwrite: true)
  }

  private static func spec(widths: String, times: String, dynamics: String) -> String {
    """
    objective: { kind: factorization, target: y.npy }
    network: { widths: \(widths), initial: { kind: gaussian, standardDeviation: 0.1 } }
    dynamics: \(dynamics)
    recording: { times: \(times) }
    """
  }

  /// One line at most on standard error, a status of the contract, and no more than some seconds.
  private static func expectWellEnded(
    _ ending: Command.Ending, _ arguments: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      (0...2).contains(ending.status), "\(arguments): \(ending.error)",
      sourceLocation: sourceLocation)
    #expect(
      ending.error.filter { $0 == "\n" }.count <= 1, "\(arguments): \(ending.error)",
      sourceLocation: sourceLocation)
  }

  @Test(arguments: sizes)
  func optionsOfAnySize(size: Int) throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      let n = "\(size)"
      for arguments in [
        ["complete", "o.csv", "--depth", n], ["complete", "o.csv", "--width", n],
        ["complete", "o.csv", "--rank", n], ["complete", "t.csv", "--rows", n],
        ["complete", "t.csv", "--columns", n],
        ["complete", "t.csv", "--rows", n, "--columns", n, "--output", "o.npy", "--force"],
        ["sense", "a.csv", "b.npy", "--rows", n, "--columns", n],
        ["sense", "a.csv", "b.npy", "--rows", "3", "--columns", "4", "--depth", n],
        ["sense", "a.csv", "b.npy", "--rows", "3", "--columns", "4", "--width", n],
        ["regress", "x.npy", "y.npy", "--rank", n],
        ["regress", "x.npy", "y.npy", "--validation", n],
        [
          "layers", "expand", "m.safetensors", "--layer", "fc", "--width", n, "--output",
          "e.safetensors", "--force",
        ],
        [
          "layers", "compress", "m.safetensors", "--layer", "fc", "--rank", "1", "--depth", n,
          "--output", "e.safetensors", "--force",
        ],
        [
          "layers", "compress", "m.safetensors", "--layer", "fc", "--rank", n, "--output",
          "e.safetensors", "--force",
        ],
        [
          "layers", "expand", "m.safetensors", "--layer", "fc", "--groups", n, "--output",
          "e.safetensors", "--force",
        ],
      ] { Self.expectWellEnded(try command.run(arguments), arguments) }
      if size > 1 << 40 {
        let arguments = [
          "layers", "expand", "m.safetensors", "--layer", "fc", "--depth", n, "--output",
          "e.safetensors", "--force",
        ]
        let ending = try command.run(arguments)
        Self.expectWellEnded(ending, arguments)
        #expect(ending.status == 2 && ending.error.contains("of memory, and "), "\(ending.error)")
      }
    }
  }

  @Test(arguments: sizes)
  func optionsOfOtherCommands(size: Int) throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      let n = "\(size)"
      let images = ["classify", "i.npy", "l.csv", "--image-shape"]
      for arguments in [
        ["tensor", "p.csv", "--shape", "\(n),\(n),\(n)"],
        ["tensor", "p.csv", "--shape", "3,3,\(n)"],
        ["tensor", "p.csv", "--shape", "3,3,\(n)", "--output", "o.npy", "--force"],
        ["tensor", "p.csv", "--components", n],
        ["tensor", "q.csv", "--structure", "hierarchical", "--components", n],
        images + ["\(n),\(n)"], images + ["8,8", "--kernel", n],
        images + ["8,8", "--kernel", "3", "--channels", "2", "--hidden", "4", "--batch", n],
      ] { Self.expectWellEnded(try command.run(arguments), arguments) }
      // What a machine may have room for takes its time.
      guard size > 1 << 39 else { return }
      try command.write(
        Self.spec(widths: "[4, 3, 30]", times: "[0, 1]", dynamics: "{ kind: flow }"), to: "s.yaml")
      try command.write(
        """
        teacher: { kind: sensing, rows: 9, columns: 9, rank: 1, measurements: \(n) }
        network: { widths: [9, 9], initial: { kind: identity, scale: 0.1 } }
        dynamics: { kind: flow }
        recording: { times: [0, 1] }
        """, to: "teacher.yaml")
      for arguments in [
        images + ["8,8", "--kernel", "3", "--channels", n],
        images + ["8,8", "--kernel", "3", "--channels", "2", "--hidden", n],
        images + ["8,8", "--kernel", "3", "--channels", "2", "--depths", "1,\(n)"],
        images + ["8,8", "--kernel", "3", "--channels", "2", "--epochs", n],
        ["simulate", "teacher.yaml", "--output", "t.npz", "--force"],
        ["race", "s.yaml", "--depths", n],
        ["sweep", "s.yaml", "--axis", "seed=0:1:\(n)", "--output", "w"],
        ["sweep", "s.yaml", "--axis", "seed=0,1", "--seeds", n, "--output", "w"],
        ["modes", "x.npy", "y.npy", "--depth", n],
        ["datasets", "measure", "x.npy", "--labels", "l.csv", "--classes", n],
      ] {
        let ending = try command.run(arguments)
        Self.expectWellEnded(ending, arguments)
        #expect(ending.status == 2, "\(arguments): \(ending.error)")
      }
    }
  }

  @Test(arguments: sizes)
  func specificationsOfAnySize(size: Int) throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      var specs = [
        ("[4, \(size), 30]", "[0, 1]", "{ kind: flow }"),
        ("[\(size), 3, \(size)]", "[0, 1]", "{ kind: flow }"),
        ("[4, 3, 30]", "[0, 1]", "{ kind: descent, stepSize: 0.05, batchSize: \(size) }"),
      ]
      // What would run for hours is to be interrupted, not refused.
      if size > 1 << 50 { specs.append(("[4, 3, 30]", "[0, \(size)]", "{ kind: flow }")) }
      if size > 1 << 39 {
        specs.append(("[4, 3, 30]", "[0, \(size)]", "{ kind: descent, stepSize: 0.05 }"))
      }
      for (widths, times, dynamics) in specs where !widths.contains("1000000") {
        try command.write(
          Self.spec(widths: widths, times: times, dynamics: dynamics), to: "s.yaml")
        let arguments = ["simulate", "s.yaml", "--output", "t.npz", "--force"]
        Self.expectWellEnded(try command.run(arguments), arguments + [widths, times, dynamics])
      }
    }
  }

  @Test func whatCannotHelpIsCutWithANotice() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      let wide = try command.run("complete", "o.csv", "--width", "10000", "--json")
      #expect(wide.error.contains("--width 10000 of a 5×3 matrix acts like 3, which is taken"))
      let plain = try command.run("complete", "o.csv", "--width", "3", "--json")
      #expect(plain.error.isEmpty, "\(plain.error)")
      func answer(_ ending: Command.Ending) throws -> [Double] {
        try ["trainingError", "effectiveRank"].map { key in
          try #require(ending.json()[key] as? Double)
        }
      }
      #expect(try answer(wide) == answer(plain))
      let deep = try command.run("complete", "o.csv", "--depth", "1000000", "--json")
      #expect(deep.error.contains("--depth 1000000 acts like 64"))
      #expect(try deep.json()["depth"] as? Int == 64)
    }
  }

  /// `ulimit -v` counts as well as what the machine has.
  @Test func limitsOfTheProcessAreSeen() throws {
    try Command.inFolder { command in
      try command.write("row,column,value\n0,0,1\n1,1,2\n9999,9999,1\n", to: "t.csv")
      let line = "'\(Command.program)' complete t.csv --output o.npy"
      #expect(try command.shell("ulimit -v 1500000; \(line) 2> told") == 2)
      let told = try command.read("told")
      #expect(
        told.contains(
          "a 10000×10000 matrix with every cell filled in needs about 2.4 GB of memory"),
        "\(told)")
      #expect(!FileManager.default.fileExists(atPath: command.path("o.npy")))
    }
  }
}
