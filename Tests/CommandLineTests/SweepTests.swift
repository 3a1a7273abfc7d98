import Foundation
import Testing

/// Sweeps through the command: killed, continued, refused.
@Suite(.serialized) struct SweepTests {
  private static let spec = """
    teacher: {kind: factorization, rows: 6, columns: 6, singularValues: [2, 1]}
    objective: {kind: factorization, target: {array: target}}
    network: {widths: [6, 6, 6], initial: {kind: gaussian, standardDeviation: 0.01}}
    dynamics: {kind: descent, stepSize: 0.05}
    recording: {times: [0, 500]}
    sweep: {seeds: 4, measure: [finalLoss, {name: half, halfRise: 1}]}
    """

  private static let arguments = [
    "sweep", "spec.yaml", "--axis", "dynamics.stepSize=0.01:0.1:6:log", "--axis",
    "network.initial.standardDeviation=1e-3:0.1:3:log", "--json",
  ]

  @Test("killed at any moment and continued, a sweep gives the table of one that was not")
  func kills() throws {
    try Command.inFolder { command in
      try command.write(Self.spec, to: "spec.yaml")
      // With the time that the command takes to begin, which is most of it where the machine is busy.
      let began = ContinuousClock.now
      let whole = try command.run(Self.arguments + ["--output", "whole"])
      let seconds = (ContinuousClock.now - began) / .seconds(1)
      #expect(whole.status == 0, "\(whole.error)")
      var random = SystemRandomNumberGenerator()
      var done = 0
      for attempt in 0..<20 {
        let running = try command.start(
          Self.arguments + ["--output", "killed"] + (attempt == 0 ? [] : ["--resume"]))
        Thread.sleep(forTimeInterval: .random(in: 0.02...max(0.1, 0.9 * seconds), using: &random))
        kill(running.process.processIdentifier, SIGKILL)
        _ = try running.ending()
        guard FileManager.default.fileExists(atPath: command.path("killed/sweep.sqlite")) else {
          continue
        }
        done += 1
      }
      #expect(done > 0)
      let last = try command.run(Self.arguments + ["--output", "killed", "--resume"])
      #expect(last.status == 0, "\(last.error)")
      #expect(try last.json()["done"] as? Int == 72)
      for table in ["runs.csv", "points.csv"] {
        #expect(try command.read("killed/\(table)") == command.read("whole/\(table)"))
      }
    }
  }

  @Test("two processes share a sweep, and neither repeats the other's runs")
  func twoWriters() throws {
    try Command.inFolder { command in
      try command.write(Self.spec, to: "spec.yaml")
      // In a folder of its own, since each command's words go into files beside its folder.
      let beside = Command(folder: command.folder.appendingPathComponent("beside"))
      try FileManager.default.createDirectory(at: beside.folder, withIntermediateDirectories: true)
      let first = try beside.start(
        Self.arguments.map { $0 == "spec.yaml" ? "../spec.yaml" : $0 }
          + ["--output", "../both", "--threads", "1"])
      while !FileManager.default.fileExists(atPath: command.path("both/sweep.sqlite")),
        first.process.isRunning
      { Thread.sleep(forTimeInterval: 0.002) }
      // The file is there before its tables are.
      Thread.sleep(forTimeInterval: 0.05)
      let second = try command.run(
        Self.arguments + ["--output", "both", "--threads", "1", "--resume"])
      let ending = try first.ending()
      #expect(second.status == 0, "\(second.error)")
      #expect(ending.status == 0, "\(ending.error)")
      let ran = try [ending, second].map { try #require($0.json()["ran"] as? Int) }
      let before = try #require(second.json()["before"] as? Int)
      #expect(ran[0] + ran[1] == 72)
      #expect(before <= ran[0])
      let whole = try command.run(Self.arguments + ["--output", "whole"])
      #expect(whole.status == 0)
      let again = try command.run(Self.arguments + ["--output", "both", "--resume"])
      #expect(again.status == 0)
      #expect(try command.read("both/runs.csv") == command.read("whole/runs.csv"))
    }
  }

  @Test("what cannot be meant is refused in one sentence, with nothing written") func refusals()
    throws
  {
    try Command.inFolder { command in
      try command.write(Self.spec, to: "spec.yaml")
      let cases: [([String], String)] = [
        (["--axis", "dynamics.stepSiz=0.01:0.1:6"], "stepSize"),
        (["--axis", "dynamics.stepSize=1:2:0"], "has no values"),
        (["--axis", "dynamics.stepSize=1:2:1000000000"], "1,000,000,000 runs, more than --limit"),
        (["--axis", "dynamics.stepSize=1:2:1000000"], "--limit 4000000"),
        (["--axis", "dynamics.stepSize=1:2:3", "--part", "4/3"], "3/16"),
        (["--set", "network.widths[7]=3", "--axis", "dynamics.stepSize=1,2"], "3 members"),
      ]
      for (arguments, words) in cases {
        let ending = try command.run(["sweep", "spec.yaml", "--output", "out"] + arguments)
        #expect(ending.status == 2)
        #expect(ending.error.contains(words), "\(ending.error)")
        #expect(ending.error.split(separator: "\n").count == 1)
        #expect(ending.output.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: command.path("out")))
      }
    }
  }

  @Test("a value set on the command stands instead of the one written") func set() throws {
    try Command.inFolder { command in
      try command.write(Self.spec, to: "spec.yaml")
      try command.write(
        Self.spec.replacing("stepSize: 0.05", with: "stepSize: 0.02")
          .replacing("standardDeviation: 0.01", with: "standardDeviation: 0.003"), to: "other.yaml")
      let set = try command.run(
        "simulate", "spec.yaml", "--set", "dynamics.stepSize=0.02", "--set",
        "network.initial.standardDeviation=3e-3", "--output", "set.npz")
      #expect(set.status == 0, "\(set.error)")
      #expect(try command.run("simulate", "other.yaml", "--output", "other.npz").status == 0)
      #expect(try command.bytes("set.npz") == command.bytes("other.npz"))
      let bad = try command.run(
        "simulate", "spec.yaml", "--set", "dynamics.stepSize=-1", "--output", "bad.npz")
      #expect(bad.status == 2)
      #expect(bad.error.contains("as set: dynamics.stepSize must be positive"))
    }
  }
}
