import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// Nothing that was not asked for is overwritten, and what was kept is what it claims to be.
@Suite struct KeepingTests {
  private static func spec(until last: Int) -> String {
    """
    objective: { kind: factorization, target: y.npy }
    network: { widths: [5, 6, 4], initial: { kind: gaussian, standardDeviation: 0.3 } }
    dynamics: { kind: descent, stepSize: 1e-2, method: adam }
    recording: { times: [0, 10, \(last)], quantities: [loss, layers] }
    seed: 7
    """
  }

  private static func prepare(_ command: Command, until last: Int = 40) throws {
    var generator = SeededGenerator(seed: 3)
    try DataFile.writeMatrix(
      Matrix.gaussian(rowCount: 4, columnCount: 5, using: &generator), to: command.path("y.npy"),
      overwrite: true)
    try Data(spec(until: last).utf8).write(to: URL(fileURLWithPath: command.path("s.yaml")))
  }

  @Test func aCheckpointReplacesNothing() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      try Data("mine".utf8).write(to: URL(fileURLWithPath: command.path("notes")))
      for (place, words) in [
        ("notes", "give --resume"), ("s.yaml", "would replace what is read"),
        ("./s.yaml", "would replace what is read"), ("y.npy", "would replace what is read"),
        ("nowhere/kept", "does not exist"),
      ] {
        let force = place.contains("s.yaml") || place == "y.npy" ? ["--force"] : []
        func contents() -> Data? {
          FileManager.default.contents(atPath: command.path(place))
        }
        let before = contents()
        let ending = try command.run(
          ["simulate", "s.yaml", "--output", "o.npz", "--checkpoint", place] + force)
        #expect(ending.status == 2 && ending.error.contains(words), "\(place): \(ending.error)")
        #expect(contents() == before)
        #expect(!FileManager.default.fileExists(atPath: command.path("o.npz")))
      }
    }
  }

  @Test func placesAreComparedAsFiles() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      try FileManager.default.createSymbolicLink(
        atPath: command.path("link"), withDestinationPath: ".")
      for other in ["./o.npz", "link/o.npz"] {
        let ending = try command.run(
          "simulate", "s.yaml", "--output", "o.npz", "--checkpoint", other)
        #expect(ending.status == 2 && ending.error.contains("name the same place"), "\(other)")
      }
      let inside = try command.run(
        "simulate", "s.yaml", "--output", "o.npz", "--report", "r", "--checkpoint", "r/kept")
      #expect(inside.status == 2 && inside.error.contains("lies inside the other"))
    }
  }

  @Test func aLinkIsFollowedAndNotReplaced() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      let link = command.path("o.npz")
      try Data().write(to: URL(fileURLWithPath: command.path("real.npz")))
      try FileManager.default.createSymbolicLink(
        atPath: link, withDestinationPath: "real.npz")
      #expect(try command.run("simulate", "s.yaml", "--output", "o.npz", "--force").status == 0)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "real.npz")
      #expect(try Data(contentsOf: URL(fileURLWithPath: command.path("real.npz"))).count > 100)
    }
  }

  @Test func aRunGoesOnToLaterTimes() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      #expect(
        try command.run("simulate", "s.yaml", "--checkpoint", "kept", "--output", "a.npz").status
          == 0)
      try Self.prepare(command, until: 90)
      #expect(
        try command.run("simulate", "s.yaml", "--resume", "kept", "--output", "b.npz").status == 0)
      #expect(try command.run("simulate", "s.yaml", "--output", "c.npz").status == 0)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: command.path("b.npz")))
          == Data(contentsOf: URL(fileURLWithPath: command.path("c.npz"))))
      // Times that have gone by cannot be changed.
      try Self.prepare(command, until: 30)
      #expect(try command.run("simulate", "s.yaml", "--output", "e.npz").status == 0)
      let ending = try command.run("simulate", "s.yaml", "--output", "d.npz", "--resume", "kept")
      #expect(ending.status == 2 && ending.error.contains("change only later times"))
    }
  }

  @Test func aCheckpointOfOtherDataIsRefused() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      #expect(
        try command.run("simulate", "s.yaml", "--output", "a.npz", "--checkpoint", "kept").status == 0)
      try DataFile.writeMatrix(
        Matrix.identity(4).appendingZeros(columns: 1), to: command.path("y.npy"), overwrite: true)
      let ending = try command.run("simulate", "s.yaml", "--output", "d.npz", "--resume", "kept")
      #expect(ending.status == 2 && ending.error.contains("have changed since the checkpoint"))
    }
  }

  @Test func everyFlippedBitIsSeen() throws {
    try Command.inFolder { command in
      try Self.prepare(command)
      #expect(
        try command.run("simulate", "s.yaml", "--output", "a.npz", "--checkpoint", "kept").status == 0)
      let whole = try Data(contentsOf: URL(fileURLWithPath: command.path("kept")))
      var generator = SeededGenerator(seed: 11)
      for _ in 0..<24 {
        var damaged = whole
        let place = Int.random(in: 0..<whole.count, using: &generator)
        damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        try damaged.write(to: URL(fileURLWithPath: command.path("kept")))
        let ending = try command.run("simulate", "s.yaml", "--output", "d.npz", "--resume", "kept")
        #expect(ending.status == 2, "byte \(place): \(ending.error)")
      }
      for count in [0, 10, 40, whole.count - 1] {
        try whole.prefix(count).write(to: URL(fileURLWithPath: command.path("kept")))
        #expect(try command.run("simulate", "s.yaml", "--output", "d.npz", "--resume", "kept").status == 2)
      }
    }
  }

  @Test func outputThatCannotBeWrittenIsAFailure() throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    for words in ["reproduce list --json", "--help", "complete --help", "--version"] {
      for place in ["> /dev/full", ">&-"] {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", "'\(Command.executable.path)' \(words) \(place)"]
        let error = Pipe()
        shell.standardError = error
        try shell.run()
        let text = error.fileHandleForReading.readDataToEndOfFile()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 1, "\(words) \(place)")
        #expect(String(decoding: text, as: UTF8.self).contains("standard output cannot be written"))
      }
    }
  }
}

extension Matrix {
  fileprivate func appendingZeros(columns: Int) -> Matrix {
    Matrix(rows: (0..<rowCount).map { row($0) + [Double](repeating: 0, count: columns) })
  }
}
