import Foundation
import SweepStore
import Testing

@Suite("The results of sweeps") struct SweepStoreTests {
  private static let identity = SweepStore.Identity(
    digest: "a", axes: ["network.width", "kind"], measures: ["loss", "it's \"odd\""])

  private static func run(_ point: String, _ replicate: Int = 0, width: Double = 3) -> StoredRun {
    StoredRun(
      point: point, replicate: replicate, seed: .max - UInt64(replicate), status: .done,
      seconds: 0.25, axes: [.number(width), .text("gaussian")], measures: [1e-300, nil])
  }

  private static func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("store-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appendingPathComponent("sweep.sqlite").path)
  }

  @Test("come back as they were written") func roundTrip() throws {
    try Self.inFolder { path in
      var failed = Self.run("b")
      failed.status = .failed
      failed.problem = "it's too wide; narrow it."
      let runs = [Self.run("a", 0), Self.run("a", 1, width: 0.1), failed]
      let store = try SweepStore(path: path, identity: Self.identity)
      _ = try store.exchange(ended: runs, for: [])
      #expect(try store.runs() == runs)
      let again = try SweepStore(path: path, identity: nil)
      #expect(again.identity == Self.identity)
      #expect(try again.runs() == runs)
    }
  }

  @Test("belong to one process at a time, and to none that left") func claims() throws {
    try Self.inFolder { path in
      let first = try SweepStore(path: path, identity: Self.identity)
      let second = try SweepStore(path: path, identity: Self.identity)
      let keys = (0..<6).map { RunKey(point: "a", replicate: $0) }
      #expect(try first.exchange(ended: [], for: Array(keys[..<4])) == Array(keys[..<4]))
      #expect(try second.exchange(ended: [], for: Array(keys[2...])) == Array(keys[4...]))
      // What has ended is nobody's any more.
      _ = try first.exchange(ended: [Self.run("a", 0)], for: [])
      try first.leave()
      #expect(try second.exchange(ended: [], for: keys) == Array(keys[1..<4]))
    }
  }

  @Test("of another sweep are refused with what differs") func otherSweep() throws {
    try Self.inFolder { path in
      _ = try SweepStore(path: path, identity: Self.identity)
      for (change, word) in [
        ({ $0.digest = "b" }, "specification"), ({ $0.axes = ["kind"] }, "network.width"),
        ({ $0.measures = ["steps"] }, "steps"),
      ] as [((inout SweepStore.Identity) -> Void, String)] {
        var other = Self.identity
        change(&other)
        do {
          _ = try SweepStore(path: path, identity: other)
          Issue.record("it was taken")
        } catch let error as SweepStoreError {
          guard case .otherSweep = error else {
            Issue.record("\(error)")
            continue
          }
          #expect("\(error)".contains(word))
        }
      }
    }
  }

  @Test(
    "are not looked for in other files", arguments: ["some text that is no database at all\n", ""])
  func notASweep(_ text: String) throws {
    try Self.inFolder { path in
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      #expect(throws: SweepStoreError.notASweep(path)) {
        _ = try SweepStore(path: path, identity: nil)
      }
    }
  }

  @Test("that were written stay when nothing more fits") func fullDisk() throws {
    try Self.inFolder { path in
      let store = try SweepStore(path: path, identity: Self.identity, pageLimit: 20)
      var written = 0
      do {
        while written < 100_000 {
          _ = try store.exchange(ended: [Self.run("a", written)], for: [])
          written += 1
        }
        Issue.record("the disk is never full")
      } catch let error as SweepStoreError {
        #expect(error == .diskFull(path))
      }
      #expect(written > 0)
      #expect(try SweepStore(path: path, identity: nil).runs().count == written)
    }
  }
}
