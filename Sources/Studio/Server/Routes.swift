import FlyingFox
import Foundation
import Jobs

/// What is answered to each request.
struct Routes: HTTPHandler {
  let gate: Gate
  let runner: any WorkRunner
  let desk: JobDesk
  let hub: EventHub
  let workspace: Workspace
  let runs: RunFolder
  let watched: WatchedRun?
  let files = PageFiles()

  /// The largest request that is no upload.
  static let largestRequest = 32 << 20

  private static let pages = [
    "/": "explore.html", "/fill": "fill.html", "/runs": "runs.html", "/papers": "papers.html",
  ]

  func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
    var response: HTTPResponse
    switch gate.verdict(request) {
    case .refuse(let status, let words): response = .sentence(status, words)
    case .introduce:
      response = .of(
        .seeOther, "text/plain", Data(),
        headers: [
          (.location, watched == nil ? "/" : "/#watch"), (HTTPHeader("Set-Cookie"), gate.setCookie),
        ])
    case .welcome:
      do {
        response = try await answer(request)
      } catch let refusal as Refusal {
        response = .sentence(refusal.status, refusal.words)
      }
    }
    if request.method == .HEAD { response = response.withoutBody }
    return response
  }

  /// A request that is not answered as it asks.
  struct Refusal: Error {
    var status: HTTPStatusCode
    var words: String

    init(_ status: HTTPStatusCode, _ words: String) {
      self.status = status
      self.words = words
    }
  }

  private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
    let parts = request.path.split(separator: "/").map { String($0).removingPercentEncoding ?? "" }
    if parts.first != "api" {
      guard request.method == .GET || request.method == .HEAD else {
        return .notAllowed("GET, HEAD")
      }
      return asset(request.path, parts)
    }
    switch (parts.count, parts.count > 1 ? parts[1] : "") {
    case (2, "about"): return try only(.GET, request) { about }
    case (2, "explore"):
      return try await only(.POST, request) { try await explore(request) }
    case (2, "uploads"): return try await only(.POST, request) { try await upload(request) }
    case (3, "uploads"):
      return try only(.DELETE, request) {
        workspace.forget(parts[2]) ? .none : Self.notFound("There is no such file.")
      }
    case (2, "tables"): return try await only(.POST, request) { try await preview(request) }
    case (2, "jobs"): return try await only(.POST, request) { try await begin(request) }
    case (3, "jobs"): return try await job(request, parts[2])
    case (4, "jobs"): return try await only(.GET, request) { try await product(parts[2], parts[3]) }
    case (2, "watch"):
      return try only(.GET, request) {
        watched.map { .json($0.answer(after: request.query("after").flatMap { Int($0) } ?? -1)) }
          ?? Self.notFound("No run is watched here; see simulate --watch.")
      }
    case (2, "events"): return try await only(.GET, request) { try await events(request) }
    case (2, "catalogue"): return try await only(.GET, request) { try await catalogue() }
    case (2, "runs"): return try only(.GET, request) { .json(["reports": runs.reports()]) }
    case (3, "runs") where parts[2] == "file":
      return try only(.GET, request) { try runFile(request) }
    default: return Self.notFound("There is nothing at this address.")
    }
  }

  private func only(
    _ method: HTTPMethod, _ request: HTTPRequest, _ body: () throws -> HTTPResponse
  ) throws -> HTTPResponse {
    request.method == method ? try body() : .notAllowed(method.rawValue)
  }

  private func only(
    _ method: HTTPMethod, _ request: HTTPRequest, _ body: () async throws -> HTTPResponse
  ) async throws -> HTTPResponse {
    request.method == method ? try await body() : .notAllowed(method.rawValue)
  }

  private static func notFound(_ words: String) -> HTTPResponse { .sentence(.notFound, words) }

  // MARK: pages

  private func asset(_ path: String, _ parts: [String]) -> HTTPResponse {
    let name =
      Self.pages[path]
      ?? (parts.count == 2 && parts[0] == "static"
        ? parts[1] : path == "/openapi.json" ? "openapi.json" : "")
    guard let file = files.contents(name) else {
      return Self.notFound("There is nothing at this address.")
    }
    return .of(.ok, file.type, file.body)
  }

  private var about: HTTPResponse {
    struct About: Encodable {
      var program = "deeplinear"
      var version = Version.text
      var runs: String
      var largestUpload: Int
    }
    return .json(About(runs: runs.folder, largestUpload: workspace.largestUpload))
  }

  // MARK: exploring

  private func body(_ request: HTTPRequest) async throws -> [UInt8] {
    guard let data = try await request.body(atMost: Self.largestRequest) else {
      throw Refusal(
        .payloadTooLarge, "The request is larger than \(Self.largestRequest >> 20) MB.")
    }
    return Array(data)
  }

  private func explore(_ request: HTTPRequest) async throws -> HTTPResponse {
    response(
      to: await runner.perform(.explore, try await body(request), isLong: false) { _ in })
  }

  private func response(to outcome: WorkOutcome) -> HTTPResponse {
    switch outcome {
    case .done(let answer): .json(answer)
    case .refused(let words): .sentence(.unprocessableContent, words)
    case .failed(let words): .sentence(.serviceUnavailable, words)
    case .interrupted: .sentence(.serviceUnavailable, "The computation was stopped.")
    }
  }

  private func catalogue() async throws -> HTTPResponse {
    response(to: await runner.perform(.catalogue, [], isLong: false) { _ in })
  }

  // MARK: files

  private func upload(_ request: HTTPRequest) async throws -> HTTPResponse {
    struct Taken: Encodable {
      var id: String
      var name: String
      var size: Int
    }
    do {
      let (id, upload) = try await workspace.receive(
        named: request.query("name") ?? "", request.bodySequence)
      return .json(Taken(id: id, name: upload.name, size: upload.size), .created)
    } catch let failure as Workspace.Failure {
      switch failure {
      case .tooLarge:
        throw Refusal(
          .payloadTooLarge,
          "The file is larger than \(workspace.largestUpload >> 20) MB; use deeplinear complete.")
      case .full:
        throw Refusal(
          .insufficientStorage, "There is no room for more files; close other tables first.")
      case .unwritable:
        throw Refusal(.insufficientStorage, "The file could not be kept; is the disk full?")
      }
    }
  }

  private func uploaded(_ id: String, mask: String?) throws -> UploadedFile {
    guard let upload = workspace[id] else {
      throw Refusal(.notFound, "There is no such file; hand it in again.")
    }
    return UploadedFile(
      name: upload.name, path: upload.path,
      maskPath: try mask.map { id in
        guard let mask = workspace[id] else {
          throw Refusal(.notFound, "There is no such mask; hand it in again.")
        }
        return try workspace.link(mask)
      })
  }

  private struct TableRequest: Decodable {
    var upload: String
    var mask: String?
    var reading: Reading?
  }

  /// A page names no file of its own accord.
  private func checked(_ reading: Reading?) throws -> Reading? {
    guard reading?.mask == nil else {
      throw Refusal(.unprocessableContent, "A mask is handed in like the file itself.")
    }
    return reading
  }

  private func decoded<Value: Decodable>(
    _ type: Value.Type, _ request: HTTPRequest
  ) async throws -> Value {
    do {
      return try Work.decoded(type, try await body(request))
    } catch let refusal as Refusal {
      throw refusal
    } catch let bad as BadInput {
      throw Refusal(.unprocessableContent, bad.sentence)
    } catch {
      throw Refusal(.unprocessableContent, "The request is not understood.")
    }
  }

  private func preview(_ request: HTTPRequest) async throws -> HTTPResponse {
    let table = try await decoded(TableRequest.self, request)
    let work = TablePreview(
      file: try uploaded(table.upload, mask: table.mask), reading: try checked(table.reading))
    return response(
      to: await runner.perform(.preview, try Work.compact(work), isLong: false) { _ in })
  }

  // MARK: jobs

  private struct JobRequest: Decodable {
    var page: String
    var job: String
    // Of a table.
    var upload: String?
    var mask: String?
    var reading: Reading?
    var options: FillIn.Options?
    // Of an item of the papers.
    var item: String?
    var quick: Bool?
    var seed: UInt64?
    var set: [String]?
  }

  private func begin(_ request: HTTPRequest) async throws -> HTTPResponse {
    let asked = try await decoded(JobRequest.self, request)
    guard await hub.isOpen(asked.page) else {
      throw Refusal(.conflict, "The page does not listen to events; open its event stream first.")
    }
    let work: Work
    let body: [UInt8]
    let folder: String
    switch asked.job {
    case "complete":
      guard let upload = asked.upload else {
        throw Refusal(.unprocessableContent, "Name an upload to fill in.")
      }
      let file = try uploaded(upload, mask: asked.mask)
      folder = try workspace.newFolder()
      work = .fillIn
      body = try Work.compact(
        FillIn(
          file: file, reading: try checked(asked.reading), options: asked.options, folder: folder))
    case "reproduce":
      guard let item = asked.item else {
        throw Refusal(.unprocessableContent, "Name an item to make anew.")
      }
      folder = try workspace.newFolder()
      work = .reproduce
      body = try Work.compact(
        PaperRun(
          item: item, quick: asked.quick, seed: asked.seed, set: asked.set, folder: folder))
    default:
      throw Refusal(.unprocessableContent, "A page asks for the jobs complete and reproduce.")
    }
    guard let id = await desk.take(work, for: asked.page, in: folder, body) else {
      throw Refusal(.tooManyRequests, "Too many jobs run already; wait for one to end.")
    }
    return .json(["id": id], .accepted)
  }

  private func job(_ request: HTTPRequest, _ id: String) async throws -> HTTPResponse {
    switch request.method {
    case .DELETE:
      return await desk.cancel(id) ? .none : Self.notFound("There is no such job.")
    case .GET:
      guard let entry = await desk[id] else { return Self.notFound("There is no such job.") }
      var text = "{\"state\":\"\(entry.state.rawValue)\""
      switch entry.state {
      case .done: text += ",\"answer\":\(String(decoding: entry.answer, as: UTF8.self))}"
      case .refused, .failed:
        let sentence = String(decoding: entry.answer, as: UTF8.self)
        text += ",\"error\":\(String(decoding: try Work.compact(sentence), as: UTF8.self))}"
      case .running, .cancelled:
        text += entry.progress?.fraction.map { ",\"fraction\":\($0)}" } ?? "}"
      }
      return .json(Array(text.utf8))
    default: return .notAllowed("GET, DELETE")
    }
  }

  /// A file that a job has made.
  private func product(_ id: String, _ kind: String) async throws -> HTTPResponse {
    struct Names: Decodable {
      var file: String?
      var record: String?
    }
    guard let entry = await desk[id], entry.state == .done else {
      return Self.notFound("There is no such job, or it has not ended.")
    }
    let names = try JSONDecoder().decode(Names.self, from: Data(entry.answer))
    let manager = FileManager.default
    switch kind {
    case "record":
      if let data = manager.contents(atPath: "\(entry.folder)/\(names.record ?? "record.json")") {
        return .json(Array(data))
      }
    case "arrays":
      if let data = manager.contents(atPath: "\(entry.folder)/answer.npz") {
        return .download(data, named: "answer.npz", type: "application/octet-stream")
      }
    case "file":
      if let name = names.file, let data = manager.contents(atPath: "\(entry.folder)/\(name)") {
        return .download(data, named: name, type: "application/octet-stream")
      }
    default: break
    }
    return Self.notFound("The job has no such product.")
  }

  private func events(_ request: HTTPRequest) async throws -> HTTPResponse {
    guard let page = request.query("page"), (8...64).contains(page.utf8.count) else {
      throw Refusal(.unprocessableContent, "Give the page a name of 8 to 64 letters.")
    }
    guard let stream = await hub.listen(page) else {
      throw Refusal(.tooManyRequests, "Too many pages are open; close one.")
    }
    var response = HTTPResponse.of(.ok, "text/event-stream", Data())
    response.payload = .httpBody(HTTPBodySequence(from: EventBytes(stream: stream)))
    return response
  }

  // MARK: runs

  private func runFile(_ request: HTTPRequest) throws -> HTTPResponse {
    let path = request.query("path") ?? ""
    let types = [
      "json": "application/json", "html": "text/html; charset=utf-8",
      "csv": "text/csv; charset=utf-8", "svg": "image/svg+xml", "md": "text/plain; charset=utf-8",
    ]
    let ending = path.split(separator: ".").last.map(String.init) ?? ""
    guard let type = types[ending], let data = runs.contents(path) else {
      return Self.notFound("There is no such file of a report.")
    }
    return .of(.ok, type, data, policy: HTTPResponse.reportPolicy)
  }
}

extension HTTPStatusCode {
  static let insufficientStorage = HTTPStatusCode(507, phrase: "Insufficient Storage")
}
