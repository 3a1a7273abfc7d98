import ArgumentParser
@preconcurrency import Dispatch
import Glibc
import Jobs
import Studio

struct StudioCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "studio",
    abstract: "Explore networks and fill in tables in a browser.",
    usage: "deeplinear studio [<folder>] [--port <port>] [--no-open] [--json]",
    discussion: """
      Serves one local page on 127.0.0.1 and opens it: networks in training under sliders, tables to fill in, \
      the reports below FOLDER, and the papers' figures to make anew. Only who has the address that is printed, \
      with its token, gets in. Ctrl-C ends it.

      Example: deeplinear studio reports
      """)

  @Argument(help: ArgumentHelp("The folder whose reports are shown.", valueName: "folder"))
  var folder = "."

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The port to listen on: auto, or a number.", valueName: "port"))
  var port = AutomaticNumber<UInt16>.automatic

  @Flag(name: .long, help: "Do not open a browser.")
  var noOpen = false

  @Flag(name: .long, help: "Print the address as one JSON object on standard output.")
  var json = false

  @Flag(name: .long, help: .private)
  var worker = false

  func run() throws {
    if worker { Worker.run() }
    try StudioDoor.serve(folder, on: port.value, isOpened: !noOpen) { studio in
      try StandardOutput.write(
        json
          ? String(
            decoding: try JSONText.bytes(of: ["address": studio.address, "folder": folder]),
            as: UTF8.self)
          : "The studio is at\n  \(studio.address)\nCtrl-C ends it.")
    } until: { signals in
      await signals.wait()
    }
  }
}

/// The studio's server beside what else the program does.
enum StudioDoor {
  /// Serves until a closure is done.
  static func serve(
    _ folder: String, on port: UInt16?, isOpened: Bool, watching watched: WatchedRun? = nil,
    saying say: @escaping @Sendable (StudioServer) throws -> Void,
    until isDone: @escaping @Sendable (StopSignals) async throws -> Void
  ) throws {
    guard let executable = StudioProgram.path else {
      throw BadInput("the program's own file is not to be found; give its whole path.")
    }
    let done = DispatchSemaphore(value: 0)
    let ending = StudioEnding()
    Task {
      do {
        // Watched before anything is begun, so that an early Ctrl-C clears up as well.
        let signals = StopSignals()
        let studio = try await start(folder, port, executable, watched)
        do {
          try say(studio)
          if isOpened { StudioProgram.open(studio.address) }
          try await isDone(signals)
        } catch {
          ending.error = error
        }
        await studio.stop()
      } catch {
        ending.error = error
      }
      done.signal()
    }
    done.wait()
    if let error = ending.error { throw error }
  }

  private static func start(
    _ folder: String, _ port: UInt16?, _ executable: String, _ watched: WatchedRun?
  ) async throws -> StudioServer {
    do {
      return try await .start(
        port: port, folder: folder, worker: (executable, ["studio", "--worker"]),
        watching: watched)
    } catch StudioServer.Failure.portTaken(let port) {
      throw BadInput("port \(port) is taken; give another, or --port auto.")
    } catch {
      throw BadInput("no temporary folder can be made; check TMPDIR and the space left.")
    }
  }

  /// Follows a run in a browser while it goes on, and shows how it ended until it is told to stop.
  static func open(
    watching watched: WatchedRun, _ work: @escaping @Sendable () throws -> Void
  ) throws {
    try serve(".", on: nil, isOpened: true, watching: watched) { studio in
      StandardError.write("deeplinear: the run can be watched at \(studio.address)\n")
    } until: { signals in
      var failure: (any Error)?
      // What computes does so on a thread of its own, so that the pages are answered meanwhile.
      await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
          do { try work() } catch { StudioEnding.shared.error = error }
          continuation.resume()
        }
      }
      failure = StudioEnding.shared.error
      watched.end(
        failure == nil ? "The run has ended." : "The run has ended without what was asked.")
      if let ended = failure as? Ended, ended.status == Ended.interrupted.status { throw ended }
      StandardError.write(
        "deeplinear: the run has ended and can still be seen; Ctrl-C ends the page.\n")
      while !Interrupt.wasAsked { try await Task.sleep(for: .milliseconds(100)) }
      if let failure { throw failure }
    }
  }
}

/// How something that ran elsewhere ended.
final class StudioEnding: @unchecked Sendable {
  static let shared = StudioEnding()
  // Written before the other side is told, read after it.
  var error: (any Error)?
}

/// Waits for Ctrl-C, or a request to end.
final class StopSignals: @unchecked Sendable {
  // Made once and never changed.
  private let sources: [any DispatchSourceSignal]
  private let stream: AsyncStream<Void>

  init() {
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    self.stream = stream
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler {
        // What computes in this process asks there.
        Interrupt.ask(number)
        continuation.yield()
      }
      source.resume()
      return source
    }
  }

  func wait() async {
    for await _ in stream { return }
  }
}

/// This program, and the one that shows pages.
enum StudioProgram {
  static var path: String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    return count > 0
      ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }

  /// Opens an address in the person's browser, where there is one.
  static func open(_ address: String) {
    guard getenv("DISPLAY") != nil || getenv("WAYLAND_DISPLAY") != nil else { return }
    var process: pid_t = 0
    var words: [UnsafeMutablePointer<CChar>?] = (["xdg-open", address] as [String])
      .map { strdup($0) }
    words.append(nil)
    defer { words.forEach { free($0) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    _ = posix_spawnp(&process, "xdg-open", &actions, nil, words, environ)
  }
}
