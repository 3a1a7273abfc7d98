import Glibc

/// Ctrl-C asks a computation to end and save; pressed again, it ends the program at once.
enum Interrupt {
  // Written by the signal handler and read by the computing thread: a word that only ever becomes larger.
  nonisolated(unsafe) private static var count: Int32 = 0

  static func watch() {
    // A program that starts this one may have blocked the signals in its own thread, which is inherited.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&signals, number)
      signal(number) { _ in
        Interrupt.count += 1
        if Interrupt.count > 1 { _exit(130) }
      }
    }
    sigprocmask(SIG_UNBLOCK, &signals, nil)
  }

  static var wasAsked: Bool { count > 0 }
}
