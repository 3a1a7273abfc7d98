import Glibc

/// Messages and progress go to standard error; standard output holds the result alone.
enum StandardError {
  static func write(_ text: String) {
    var bytes = Array(text.utf8)
    while !bytes.isEmpty {
      let written = Glibc.write(STDERR_FILENO, bytes, bytes.count)
      guard written > 0 else { return }
      bytes.removeFirst(written)
    }
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
