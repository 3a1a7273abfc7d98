import Glibc

/// Ctrl-C or a request to terminate asks a computation to end and save; only Ctrl-C typed again, a second or
/// more later, ends the program at once.
///
/// `timeout` and a terminal that closes send the same signal to a process and to its group, one right after the
/// other: the second must not lose what the first is saving.
enum Interrupt {
  // Written by the signal handler and read by the computing thread: words that only ever become larger.
  nonisolated(unsafe) private static var isAsked = false
  nonisolated(unsafe) private static var firstSecond = 0

  /// Whether there is anything to save. Before that an interrupt ends the program at once, however long the work that
  /// it is in takes.
  nonisolated(unsafe) static var hasSomethingToSave = false

  static func watch() {
    // A program that starts this one may have blocked the signals in its own thread, which is inherited.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&signals, number)
      signal(number) { number in
        if !Interrupt.hasSomethingToSave { _exit(130) }
        Interrupt.ask(number)
      }
    }
    sigprocmask(SIG_UNBLOCK, &signals, nil)
  }

  /// A signal has come; called in its handler.
  static func ask(_ number: Int32) {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    if !isAsked {
      firstSecond = now.tv_sec
      isAsked = true
    } else if number == SIGINT, now.tv_sec - firstSecond >= 1 {
      _exit(130)
    }
  }

  static var wasAsked: Bool { isAsked }
}
