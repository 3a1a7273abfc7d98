import Dispatch
import Foundation
import Glibc
import Jobs
import Synchronization

/// A process that works for the server; it is replaced when it dies.
final class WorkerProcess: Sendable {
  private struct Child {
    var process: pid_t
    var input: Int32
    var output: Int32
  }

  private let executable: String
  private let arguments: [String]
  private let child = Mutex<Child?>(nil)
  private let queue = DispatchQueue(label: "studio.worker.process")

  /// A process made of a program, when it is first needed.
  init(executable: String, arguments: [String]) {
    self.executable = executable
    self.arguments = arguments
  }

  deinit { end() }

  /// Ends the process and clears up after it.
  private func end() {
    child.withLock { child in
      guard let running = child else { return }
      close(running.input)
      close(running.output)
      kill(running.process, SIGKILL)
      var status: Int32 = 0
      waitpid(running.process, &status, 0)
      child = nil
    }
  }

  /// Ends the process; who waits for it notices.
  func terminate() {
    child.withLock { child in
      if let running = child { kill(running.process, SIGKILL) }
    }
    queue.sync { end() }
  }

  /// Carries out one piece of work; the pool sees to it that there is no other meanwhile.
  func perform(
    _ work: Work, _ request: [UInt8], flag: StopFlag,
    reporting report: @escaping @Sendable (JobProgress) -> Void
  ) async -> WorkOutcome {
    await withCheckedContinuation { continuation in
      queue.async { [self] in
        continuation.resume(returning: exchange(work, request, flag, report))
      }
    }
  }

  /// Asks what is running to stop, and ends the process if it does not within some seconds.
  func stop(_ flag: StopFlag, patience seconds: Int = 5) {
    guard !flag.hasEnded else { return }
    flag.set()
    let asked = child.withLock { child -> pid_t? in
      guard let running = child else { return nil }
      _ = Frame(.stop).write(to: running.input)
      return running.process
    }
    guard let asked else { return }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds)) { [self] in
      child.withLock { child in
        guard let running = child, running.process == asked, !flag.hasEnded else { return }
        kill(running.process, SIGKILL)
      }
    }
  }

  private func exchange(
    _ work: Work, _ request: [UInt8], _ flag: StopFlag, _ report: (JobProgress) -> Void
  ) -> WorkOutcome {
    defer { flag.end() }
    if flag.wasSet { return .interrupted }
    guard
      let running = child.withLock({ child in
        if child == nil { child = start() }
        return child
      })
    else { return .failed("no process could be started for the computation.") }
    var isSent = Frame(.work, [work.rawValue] + request).write(to: running.input)
    if flag.wasSet { isSent = Frame(.stop).write(to: running.input) }
    while isSent, let frame = Frame.read(from: running.output) {
      switch frame.kind {
      case .progress:
        if let progress = try? JSONDecoder().decode(JobProgress.self, from: Data(frame.body)) {
          report(progress)
        }
      case .done: return .done(frame.body)
      case .refused: return .refused(frame.text)
      case .failed: return .failed(frame.text)
      case .interrupted: return .interrupted
      case .work, .stop: break
      }
    }
    end()
    return flag.wasSet
      ? .interrupted
      : .failed("the computation ended unexpectedly; a fresh process stands by for the next one.")
  }

  /// One process begins at a time: between the making of a pipe and its mark that it is not to be inherited
  /// no other may begin.
  private static let beginning = Mutex(())

  private func start() -> Child? {
    Self.beginning.withLock { _ in startAlone() }
  }

  /// The two ends of a pipe, which no other process inherits.
  private static func ends() -> [Int32]? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return ends
  }

  private func startAlone() -> Child? {
    guard let toChild = Self.ends() else { return nil }
    guard let fromChild = Self.ends() else {
      toChild.forEach { close($0) }
      return nil
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toChild[0], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fromChild[1], STDOUT_FILENO)
    var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
    words.append(nil)
    defer { words.forEach { free($0) } }
    var process: pid_t = 0
    let status = posix_spawn(&process, executable, &actions, nil, words, environ)
    close(toChild[0])
    close(fromChild[1])
    guard status == 0 else {
      close(toChild[1])
      close(fromChild[0])
      return nil
    }
    return Child(process: process, input: toChild[1], output: fromChild[0])
  }

  /// For tests of what happens when it dies.
  var processIdentifier: pid_t? { child.withLock { $0?.process } }
}
