import Foundation
import Testing

/// The studio as a person starts and ends it.
@Suite("Studio command")
struct StudioCommandTests {
  private func waiting(_ command: Command, _ running: Command.Running) throws -> String {
    for _ in 0..<400 {
      let text = try String(contentsOf: running.output, encoding: .utf8)
      if let line = text.split(separator: "\n").first(where: { $0.contains("token=") }),
        text.contains("Ctrl-C")
      {
        return line.drop { $0 == " " }.description
      }
      usleep(50_000)
    }
    return ""
  }

  /// The processes that a process has begun.
  private func children(of process: Int32) -> [Int32] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap(Int32.init)
      .filter { child in
        guard let stat = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8),
          let end = stat.lastIndex(of: ")")
        else { return false }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        return fields.count > 1 && fields[0] != "Z" && Int32(fields[1]) == process
      }
  }

  @Test("It says its address, outlives a computation that dies, and clears up when it is ended")
  func life() throws {
    try Command.inFolder { command in
      try FileManager.default.createDirectory(
        atPath: command.path("tmp"), withIntermediateDirectories: false)
      let running = try command.start(
        ["studio", "--no-open"], environment: ["TMPDIR": command.path("tmp")])
      let address = try waiting(command, running)
      #expect(address.hasPrefix("http://127.0.0.1:"))
      #expect(try command.contents.contains { $0.hasPrefix("tmp/deeplinear-studio-") })
      let base = address.components(separatedBy: "/?")[0]
      let token = address.components(separatedBy: "token=").last ?? ""
      func catalogue() throws -> Int32 {
        try command.shell(
          "curl -sf -o answer.json -H 'Authorization: Bearer \(token)' \(base)/api/catalogue")
      }
      #expect(try catalogue() == 0)
      let workers = children(of: running.process.processIdentifier)
      #expect(!workers.isEmpty)
      for worker in workers { kill(worker, SIGKILL) }
      // The one that notices the death says so; the next is answered by a fresh process.
      _ = try catalogue()
      _ = try catalogue()
      #expect(try catalogue() == 0)
      #expect(running.process.isRunning)
      let fresh = children(of: running.process.processIdentifier)
      running.process.interrupt()
      let ending = try running.ending()
      #expect(ending.status == 0 && ending.error.isEmpty)
      #expect(try !command.contents.contains { $0.hasPrefix("tmp/deeplinear-studio-") })
      usleep(300_000)
      #expect(fresh.allSatisfy { kill($0, 0) != 0 })
    }
  }

  @Test("A run that is watched can be seen until it is ended, and does what it would alone")
  func watch() throws {
    try Command.inFolder { command in
      try command.write("2,0\n0,1\n", to: "y.csv")
      try command.write(
        """
        objective: {kind: factorization, target: y.csv}
        network: {widths: [2, 2, 2], initial: {kind: identity, scale: 0.1}}
        dynamics: {kind: flow}
        recording: {times: [0, 1, 2, 4], quantities: [singularValues]}
        """, to: "spec.yaml")
      let running = try command.start(["simulate", "spec.yaml", "--output", "run.npz", "--watch"])
      var address = ""
      for _ in 0..<400 {
        let text = try String(contentsOf: running.error, encoding: .utf8)
        if text.contains("Ctrl-C"), let found = text.firstMatch(of: #/http:\S+/#) {
          address = String(found.output)
          break
        }
        usleep(50_000)
      }
      let token = address.components(separatedBy: "token=").last ?? ""
      let base = address.components(separatedBy: "/?")[0]
      #expect(
        try command.shell(
          "curl -sf -H 'Authorization: Bearer \(token)' \(base)/api/watch > watch.json") == 0)
      let told = try command.read("watch.json")
      #expect(told.contains("The run has ended.") && told.contains("singular values"))
      running.process.interrupt()
      #expect(try running.ending().status == 0)
      #expect(try command.contents.contains("run.npz"))
    }
  }

  @Test("A port that is taken is refused in a sentence")
  func takenPort() throws {
    try Command.inFolder { command in
      let first = try command.start(["studio", "--no-open"])
      let port =
        try waiting(command, first).components(separatedBy: ":").last?
        .components(separatedBy: "/").first ?? ""
      let second = try Command.inFolder { try $0.run("studio", "--no-open", "--port", port) }
      #expect(second.status == 2)
      #expect(second.error == "deeplinear: port \(port) is taken; give another, or --port auto.\n")
      first.process.interrupt()
      #expect(try first.ending().status == 0)
    }
  }
}
