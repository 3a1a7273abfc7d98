import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// Ctrl-C saves what there is; pressed again a second later, it ends the program at once.
@Suite(.serialized) struct InterruptTests {
  private static let table = Tables.withHoles(
    rows: 400, columns: 300, rank: 8, noise: 0.5, known: 0.4, seed: 5
  ).observed

  @Test(.timeLimit(.minutes(2)))
  func theBestSoFarIsSaved() throws {
    try Command.inFolder { command in
      try DataFile.writeMatrix(Self.table, to: command.path("table.npy"))
      let running = try command.start([
        "complete", "table.npy", "--output", "out.npy", "--json",
      ])
      try Self.waitUntilWatched(running.process)
      running.process.interrupt()
      let ending = try running.ending()
      #expect(ending.status == 130)
      let outcome = try #require(try ending.json()["outcome"] as? [String: Any])
      #expect(outcome["kind"] as? String == "interrupted")
      let answer = try DataFile.readMatrix(from: command.path("out.npy"))
      #expect((answer.rowCount, answer.columnCount) == (400, 300))
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func aSecondSignalRightAfterTheFirstLosesNothing() throws {
    try Command.inFolder { command in
      try DataFile.writeMatrix(Self.table, to: command.path("table.npy"))
      let running = try command.start(["complete", "table.npy", "--output", "out.npy"])
      try Self.waitUntilWatched(running.process)
      for _ in 0..<2 {
        running.process.terminate()
        Thread.sleep(forTimeInterval: 0.005)
      }
      #expect(try running.ending().status == 130)
      #expect(FileManager.default.fileExists(atPath: command.path("out.npy")))
    }
  }

  /// Waits until the process catches SIGINT; before it becomes the program, it may be a copy of this one.
  private static func waitUntilWatched(_ process: Process) throws {
    while process.isRunning {
      let status = try String(
        contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
      let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
      let mask = caught.flatMap { UInt64($0.dropFirst(7).filter { !$0.isWhitespace }, radix: 16) }
      let isProgram = status.hasPrefix("Name:\tdeeplinear\n")
      if isProgram, let mask, mask & 1 << UInt64(SIGINT - 1) != 0 { return }
      Thread.sleep(forTimeInterval: 0.002)
    }
  }
}
