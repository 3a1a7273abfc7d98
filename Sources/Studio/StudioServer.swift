import FlyingFox
import FlyingSocks
import Foundation
import Glibc
import Jobs

/// The local web page: it listens on 127.0.0.1 alone, and answers who knows its token.
public final class StudioServer: Sendable {
  /// What cannot be served.
  public enum Failure: Error, Equatable {
    case portTaken(UInt16)
    case noTemporaryFolder
  }

  /// The address to open, with the token.
  public var address: String { "http://127.0.0.1:\(port)/?token=\(gate.token)" }
  /// The port it listens on.
  public let port: UInt16

  let gate: Gate
  let desk: JobDesk
  let hub: EventHub
  let workspace: Workspace
  private let runner: any WorkRunner
  private let server: HTTPServer
  private let task: Task<Void, any Error>

  /// Begins to listen.
  ///
  /// - Parameters:
  ///   - port: where; nil for one that is free.
  ///   - folder: whose reports are shown.
  ///   - worker: the program and its arguments that run ``Worker/run()``.
  ///   - watched: a run that pages follow.
  public static func start(
    port: UInt16?, folder: String, worker: (executable: String, arguments: [String]),
    watching watched: WatchedRun? = nil
  ) async throws -> StudioServer {
    let count = max(2, min(4, ProcessInfo.processInfo.activeProcessorCount))
    return try await start(
      port: port, folder: folder,
      runner: ProcessRunner(
        executable: worker.executable, arguments: worker.arguments, count: count),
      watching: watched)
  }

  static func start(
    port: UInt16?, folder: String, runner: any WorkRunner, largestUpload: Int = 256 << 20,
    grace: Duration = .seconds(2), watching watched: WatchedRun? = nil
  ) async throws -> StudioServer {
    // A page that closes while it is answered is no reason to end.
    signal(SIGPIPE, SIG_IGN)
    guard let workspace = try? Workspace(largestUpload: largestUpload) else {
      throw Failure.noTemporaryFolder
    }
    for _ in 0..<16 {
      guard let chosen = port ?? FreePort.find() else { break }
      let studio = StudioServer(chosen, folder, runner, workspace, grace, watched)
      if await studio.isListening() {
        await studio.desk.report(to: studio.hub)
        return studio
      }
      if port != nil { break }
    }
    workspace.remove()
    throw Failure.portTaken(port ?? 0)
  }

  private init(
    _ port: UInt16, _ folder: String, _ runner: any WorkRunner, _ workspace: Workspace,
    _ grace: Duration, _ watched: WatchedRun?
  ) {
    self.port = port
    self.runner = runner
    self.workspace = workspace
    gate = Gate(port: port)
    let desk = JobDesk(runner)
    self.desk = desk
    hub = EventHub(grace: grace) { page in await desk.cancelAll(of: page) }
    let routes = Routes(
      gate: gate, runner: runner, desk: desk, hub: hub, workspace: workspace,
      runs: RunFolder(folder), watched: watched)
    let address = try! sockaddr_in.inet(ip4: "127.0.0.1", port: port)
    // Long enough to hand a large file in, and no longer: the server keeps the timer of every request until it rings.
    let server = HTTPServer(
      config: .init(
        address: address, timeout: 120, pool: PromptSocketPool(HTTPServer.defaultPool()),
        logger: .disabled),
      handler: routes)
    self.server = server
    task = Task { try await server.run() }
  }

  private func isListening() async -> Bool {
    do {
      try await server.waitUntilListening(timeout: 5)
      return true
    } catch {
      return false
    }
  }

  /// Ends when the server does.
  public func wait() async { _ = try? await task.value }

  /// Ends: jobs are stopped, streams closed, the temporary folder removed.
  public func stop() async {
    await desk.cancelAll()
    await hub.close()
    runner.close()
    await server.stop(timeout: 0)
    task.cancel()
    workspace.remove()
  }
}

/// A port that nobody listens on.
enum FreePort {
  static func find() -> UInt16? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
      }
    }
    return status == 0 ? UInt16(bigEndian: address.sin_port) : nil
  }
}
