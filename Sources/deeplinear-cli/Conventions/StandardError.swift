import Glibc

/// Messages and progress go to standard error; standard output holds the result alone.
enum StandardError {
  /// Writes what can be written; there is no place left to say that it cannot.
  static func write(_ text: String) { _ = Descriptor.write(text, to: STDERR_FILENO) }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// An open file of the process.
enum Descriptor {
  /// Writes all of a text.
  ///
  /// - Returns: the system's number of the reason where it cannot be written, and nil where it was.
  static func write(_ text: String, to descriptor: CInt) -> CInt? {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      let reason = errno
      if written < 0, reason == EINTR { continue }
      guard written > 0 else { return reason }
      rest = rest.dropFirst(written)
    }
    return nil
  }
}
