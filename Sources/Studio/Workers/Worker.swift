import Dispatch
import Foundation
import Glibc
import Jobs
import Synchronization

/// The other side of ``WorkerProcess``: takes work from standard input one after the other, and answers on
/// standard output.
public enum Worker {
  /// Works until the server is gone.
  public static func run() -> Never {
    signal(SIGPIPE, SIG_IGN)
    // Ctrl-C goes to every process of a terminal; when to end is the server's word.
    signal(SIGINT, SIG_IGN)
    // The server's sockets are no business of a worker.
    for descriptor in Int32(3)..<4096 { close(descriptor) }
    // Nothing but frames may come out: whatever else prints goes to standard error.
    let output = dup(STDOUT_FILENO)
    dup2(STDERR_FILENO, STDOUT_FILENO)
    let flag = Mutex(StopFlag())
    let queue = DispatchQueue(label: "studio.worker")
    let thread = Thread {
      while let frame = Frame.read(from: STDIN_FILENO) {
        switch frame.kind {
        case .work:
          let own = StopFlag()
          flag.withLock { $0 = own }
          queue.async { carryOut(frame, output, own) }
        case .stop: flag.withLock { $0 }.set()
        default: break
        }
      }
      _exit(0)
    }
    thread.start()
    dispatchMain()
  }

  private static func carryOut(_ frame: Frame, _ output: Int32, _ flag: StopFlag) {
    guard let first = frame.body.first, let work = Work(rawValue: first) else { _exit(1) }
    let pace = Mutex(ContinuousClock.now - .seconds(1))
    let outcome = work.carryOut(
      Array(frame.body.dropFirst()),
      observing: JobObserver { progress in
        // Written under the lock: a computation may report from several threads.
        pace.withLock { last in
          let now = ContinuousClock.now
          guard work.isFollowed, progress.sentence != nil || now - last > .milliseconds(100) else {
            return
          }
          last = now
          if let body = try? Work.compact(progress), !Frame(.progress, body).write(to: output) {
            _exit(0)
          }
        }
        return !flag.wasSet
      })
    let answer =
      switch outcome {
      case .done(let body): Frame(.done, body)
      case .refused(let sentence): Frame(.refused, sentence)
      case .failed(let sentence): Frame(.failed, sentence)
      case .interrupted: Frame(.interrupted)
      }
    pace.withLock { _ in if !answer.write(to: output) { _exit(0) } }
  }
}
