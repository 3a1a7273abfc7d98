import DataFormats
import FlyingSocks
import Foundation
import Glibc
import Jobs
import Testing

@testable import Studio

@Suite("Server", .serialized)
struct ServerTests {
  /// Runs a body with a server that works in this process.
  private func serving(
    largestUpload: Int = 1 << 20, folder: String = "/nonexistent",
    _ body: (StudioServer, LocalClient) async throws -> Void
  ) async throws {
    let server = try await StudioServer.start(
      port: nil, folder: folder, runner: LocalRunner(), largestUpload: largestUpload,
      grace: .milliseconds(50))
    let client = LocalClient(port: server.port, token: server.gate.token)
    do {
      try await body(server, client)
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  private static let spec = """
    {"objective":{"kind":"factorization","target":{"array":"y"}},"network":{"widths":[2,2,2],"initial":{"kind":"identity","scale":0.1}},"dynamics":{"kind":"flow","relativeTolerance":1e-9},"recording":{"times":[0,1,2],"quantities":["loss","singularValues","unbalancedness"]}}
    """
  private static let exploration = Array(
    "{\"spec\":\(spec),\"arrays\":{\"y\":{\"shape\":[2,2],\"values\":[2,0,0,1]}},\"exact\":true,\"certificates\":true}"
      .utf8)

  @Test("What a connection sends goes at once, whichever socket is waited for first")
  func promptness() async throws {
    struct Nothing: AsyncSocketPool {
      func prepare() async throws {}
      func run() async throws {}
      func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {}
    }
    func isPrompt(_ socket: Socket) throws -> Bool {
      try socket.getValue(for: BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY))
    }
    let pool = PromptSocketPool(Nothing())
    let (other, listener) = (try Socket(domain: AF_INET), try Socket(domain: AF_INET))
    defer { for socket in [other, listener] { try? socket.close() } }
    try listener.bind(to: try sockaddr_in.inet(ip4: "127.0.0.1", port: 0))
    try listener.listen()
    #expect(try !isPrompt(listener))
    try await pool.suspendSocket(other, untilReadyFor: .read)
    try await pool.suspendSocket(listener, untilReadyFor: .read)
    #expect(try isPrompt(listener))
  }

  @Test("What takes too long is told, and what has ended before is not")
  func deadlines() async throws {
    let deadlines = Deadlines()
    defer { deadlines.close() }
    let (late, ended, early) = (StopFlag(), StopFlag(), StopFlag())
    _ = deadlines.add(after: .zero) { late.set() }
    deadlines.remove(deadlines.add(after: .zero) { ended.set() })
    _ = deadlines.add(after: .seconds(600)) { early.set() }
    for _ in 0..<600 where !late.wasSet { try await Task.sleep(for: .milliseconds(50)) }
    #expect(late.wasSet)
    #expect(!ended.wasSet && !early.wasSet)
  }

  @Test("Only who knows the token, from a page of the server, gets in")
  func gate() async throws {
    try await serving { server, client in
      let own = "http://127.0.0.1:\(server.port)"
      let strangers = LocalClient(port: server.port, token: nil)
      for path in ["/", "/fill", "/static/page.js", "/openapi.json", "/api/about", "/api/runs"] {
        #expect(await strangers.ask("GET", path).status == 401, "\(path)")
        #expect(await client.ask("GET", path).status == 200, "\(path)")
      }
      #expect(await LocalClient(port: server.port, token: "x").ask("GET", "/").status == 401)
      #expect(await client.ask("GET", "/", headers: ["Host": "evil.test"]).status == 421)
      #expect(await client.ask("GET", "/", headers: ["Host": "127.0.0.1:1"]).status == 421)
      #expect(await client.ask("GET", "/", headers: ["Host": ""]).status == 421)
      #expect(
        await client.ask("GET", "/", headers: ["Host": "localhost:\(server.port)"]).status == 200)
      #expect(
        await client.ask("POST", "/api/explore", headers: ["Origin": "http://evil.test"]).status
          == 403)
      #expect(await client.ask("POST", "/api/explore", headers: ["Origin": "null"]).status == 403)
      #expect(await client.ask("GET", "/", headers: ["Origin": own]).status == 200)
      #expect(
        await client.ask("POST", "/api/explore", headers: ["Sec-Fetch-Site": "cross-site"]).status
          == 403)
    }
  }

  @Test("The address with the token gives a cookie that pages keep to themselves")
  func introduction() async throws {
    try await serving { server, _ in
      let client = LocalClient(port: server.port, token: nil)
      let answer = await client.ask("GET", "/?token=\(server.gate.token)")
      #expect(answer.status == 303)
      let cookie = try #require(answer.headers["set-cookie"])
      #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
      let pair = String(try #require(cookie.split(separator: ";").first))
      #expect(await client.ask("GET", "/", headers: ["Cookie": "a=b; \(pair)"]).status == 200)
      #expect(await client.ask("GET", "/?token=wrong").status == 401)
    }
  }

  @Test("Pages may run no script but their own files")
  func policy() async throws {
    try await serving { _, client in
      for path in ["/", "/fill", "/runs", "/papers"] {
        let page = await client.ask("GET", path)
        let policy = try #require(page.headers["content-security-policy"])
        #expect(policy.contains("script-src 'self'") && !policy.contains("unsafe"))
        #expect(
          !page.text.contains("<script>") && !page.text.contains(" style=")
            && !page.text.contains(" onclick="))
        #expect(page.headers["x-content-type-options"] == "nosniff")
      }
      #expect(await client.ask("GET", "/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd").status == 404)
      #expect(await client.ask("GET", "/static/nothing.js").status == 404)
      #expect(await client.ask("POST", "/").status == 405)
    }
  }

  @Test("A network in training comes with its closed form, which it follows, and its certificates")
  func explore() async throws {
    try await serving { _, client in
      let answer = await client.ask("POST", "/api/explore", body: Self.exploration)
      #expect(answer.status == 200)
      let json = try answer.json()
      func values(_ holder: Any?) throws -> [Double] {
        let arrays = try #require((holder as? [String: Any])?["arrays"] as? [String: Any])
        let array = try #require(arrays["singularValues"] as? [String: Any])
        let text = try #require(array["data"] as? String)
        let data = try #require(Data(base64Encoded: text))
        return data.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
      }
      let (flow, exact) = (try values(json), try values(json["exact"]))
      #expect(flow.count == 6)
      // w(t) = σ / (1 + (σ/w₀ − 1) e^{−2σt}) of the first component, with w₀ = 0.1².
      #expect(abs(flow[2] - 2 / (1 + 199 * exp(-4))) < 1e-7)
      for (a, b) in zip(flow, exact) { #expect(abs(a - b) <= 1e-7 * b) }
      let certificates = try #require(
        (json["certificates"] as? [String: Any])?["certificates"] as? [[String: Any]])
      #expect(certificates.contains { $0["verdict"] as? String == "holds" })
      #expect(!certificates.contains { $0["verdict"] as? String == "violated" })
    }
  }

  @Test("What cannot be worked with is refused in a sentence; files are none of a page's business")
  func refusals() async throws {
    try await serving { _, client in
      for body in [
        "", "nonsense", "{}", "[1]", "{\"spec\":{}}", "{\"spec\":3}",
        "{\"spec\":\(Self.spec.replacing("{\"array\":\"y\"}", with: "\"/etc/passwd\""))}",
        "{\"spec\":\(Self.spec.replacing("{\"array\":\"y\"}", with: "{\"upload\":\"/etc/passwd\"}"))}",
        "{\"spec\":\(Self.spec),\"arrays\":{\"y\":{\"shape\":[2,2],\"values\":[1]}}}",
        "{\"spec\":\(Self.spec.replacing("[2,2,2]", with: "[2,4000,2]"))}",
      ] {
        let answer = await client.ask("POST", "/api/explore", body: Array(body.utf8))
        #expect(answer.status == 422, "\(body)")
        let sentence = try answer.json()["error"] as? String
        #expect(sentence?.isEmpty == false)
        #expect(!answer.text.contains("root:"))
      }
    }
  }

  @Test("A file beyond the limit is refused, and nothing of it stays")
  func limits() async throws {
    try await serving(largestUpload: 1_000) { server, client in
      let small = await client.ask("POST", "/api/uploads?name=a.csv", body: Array("1,2\n".utf8))
      #expect(small.status == 201)
      let large = await client.ask(
        "POST", "/api/uploads?name=b.csv", body: [UInt8](repeating: 49, count: 5_000_000))
      #expect(large.status == 413)
      let files = try FileManager.default.contentsOfDirectory(atPath: server.workspace.folder)
      #expect(files.count == 1)
      let taken = try small.json()
      let id = try #require(taken["id"] as? String)
      #expect(await client.ask("DELETE", "/api/uploads/\(id)").status == 204)
      #expect(await client.ask("DELETE", "/api/uploads/\(id)").status == 404)
    }
  }

  @Test("A name from a page is a name and no place")
  func names() {
    #expect(Workspace.plainName("../../etc/passwd") == "passwd")
    #expect(Workspace.plainName("a\\b\\c.csv") == "c.csv")
    #expect(Workspace.plainName("") == "table.csv")
    #expect(Workspace.plainName("..") == "table.csv")
    #expect(Workspace.plainName("x\n\u{0}y.csv") == "xy.csv")
  }

  @Test("A table is understood, filled and given back; its folder goes with the server")
  func fillIn() async throws {
    var folder = ""
    try await serving { server, client in
      folder = server.workspace.folder
      // Rank 1: row i times column j, with one gap.
      var lines = "name,a,b,c,d,e\n"
      for i in 1...8 {
        lines +=
          "r\(i)," + (1...5).map { i == 3 && $0 == 2 ? "" : "\(i * $0)" }.joined(separator: ",")
          + "\n"
      }
      let upload = try await client.ask(
        "POST", "/api/uploads?name=t.csv", body: Array(lines.utf8)
      ).json()
      let id = try #require(upload["id"] as? String)
      let preview = try await client.ask(
        "POST", "/api/tables", body: Array("{\"upload\":\"\(id)\"}".utf8)
      ).json()
      #expect(preview["rows"] as? Int == 8 && preview["columns"] as? Int == 5)
      #expect(preview["known"] as? Int == 39)
      let body = Array(
        "{\"page\":\"page-of-a-test\",\"job\":\"complete\",\"upload\":\"\(id)\"}".utf8)
      #expect(await client.ask("POST", "/api/jobs", body: body).status == 409)
      let stream = client.connect()
      client.send(
        client.head(
          "GET", "/api/events?page=page-of-a-test", length: 0, headers: ["Connection": "keep-alive"]
        ),
        on: stream)
      while await !server.hub.isOpen("page-of-a-test") {
        try await Task.sleep(for: .milliseconds(10))
      }
      let begun = try await client.ask("POST", "/api/jobs", body: body).json()
      let job = try #require(begun["id"] as? String)
      var state = "running"
      while state == "running" {
        try await Task.sleep(for: .milliseconds(50))
        state = try await client.ask("GET", "/api/jobs/\(job)").json()["state"] as? String ?? ""
      }
      #expect(state == "done")
      let filled = await client.ask("GET", "/api/jobs/\(job)/file")
      #expect(filled.text.contains("r3,3,6,9,12,15"))
      #expect(filled.headers["content-disposition"]?.contains("t-filled.csv") == true)
      #expect(await client.ask("GET", "/api/jobs/\(job)/record").status == 200)
      let arrays = await client.ask("GET", "/api/jobs/\(job)/arrays")
      let archive = try NPZArchive(reading: ByteSource(arrays.body, named: "answer.npz"))
      #expect(archive["completion"]?.shape == [8, 5])
      close(stream)
    }
    #expect(!folder.isEmpty && !FileManager.default.fileExists(atPath: folder))
  }

  @Test("The job of a page ends when the page closes")
  func departure() async throws {
    let runner = WaitingRunner()
    let server = try await StudioServer.start(
      port: nil, folder: "/nonexistent", runner: runner, grace: .milliseconds(50))
    let client = LocalClient(port: server.port, token: server.gate.token)
    let stream = client.connect()
    client.send(
      client.head(
        "GET", "/api/events?page=page-of-a-test", length: 0, headers: ["Connection": "keep-alive"]),
      on: stream)
    while await !server.hub.isOpen("page-of-a-test") {
      try await Task.sleep(for: .milliseconds(10))
    }
    let body = Array("{\"page\":\"page-of-a-test\",\"job\":\"reproduce\",\"item\":\"x\"}".utf8)
    #expect(await client.ask("POST", "/api/jobs", body: body).status == 202)
    #expect(await server.desk.runningCount == 1)
    close(stream)
    let deadline = ContinuousClock.now + .seconds(20)
    while await server.desk.runningCount > 0, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(await server.desk.runningCount == 0)
    await server.stop()
  }

  @Test("A run that is watched is told as far as it has come, and only what is new")
  func watching() async throws {
    let run = WatchedRun("spec.yaml")
    let server = try await StudioServer.start(
      port: nil, folder: "/nonexistent", runner: LocalRunner(), watching: run)
    let client = LocalClient(port: server.port, token: server.gate.token)
    run.hear(JobProgress(stage: "simulating", fraction: 0.25))
    let first = try await client.ask("GET", "/api/watch").json()
    #expect(first["fraction"] as? Double == 0.25 && first["name"] as? String == "spec.yaml")
    let number = first["number"] as? Int ?? 0
    #expect(try await client.ask("GET", "/api/watch?after=\(number)").json().isEmpty)
    run.end("The run has ended.")
    let last = try await client.ask("GET", "/api/watch?after=\(number)").json()
    #expect(last["ending"] as? String == "The run has ended.")
    let opened = await LocalClient(port: server.port, token: nil)
      .ask("GET", "/?token=\(server.gate.token)")
    #expect(opened.headers["location"] == "/#watch")
    await server.stop()
  }

  @Test("Reports are given out, and nothing outside of their folder")
  func runs() async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/studio-runs-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: "\(folder)/reports/one", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data("{\"title\":\"One\",\"sections\":[]}".utf8).write(
      to: URL(fileURLWithPath: "\(folder)/reports/one/record.json"))
    try Data("{}".utf8).write(to: URL(fileURLWithPath: "\(folder)/secret.json"))
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder)/reports/link.json", withDestinationPath: "\(folder)/secret.json")
    try await serving(folder: "\(folder)/reports") { _, client in
      let list = try await client.ask("GET", "/api/runs").json()["reports"] as? [[String: Any]]
      #expect(list?.map { $0["path"] as? String } == ["one"])
      #expect(await client.ask("GET", "/api/runs/file?path=one/record.json").status == 200)
      for path in [
        "../secret.json", "link.json", "/etc/passwd", "one", "", "one/../../secret.json", "%00",
      ] {
        #expect(await client.ask("GET", "/api/runs/file?path=\(path)").status == 404, "\(path)")
      }
    }
  }
}

/// Works until it is called off.
private struct WaitingRunner: WorkRunner {
  func perform(
    _ work: Work, _ request: [UInt8], isLong: Bool,
    reporting report: @escaping @Sendable (JobProgress) -> Void
  ) async -> WorkOutcome {
    while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(10)) }
    return .interrupted
  }

  func close() {}
}
