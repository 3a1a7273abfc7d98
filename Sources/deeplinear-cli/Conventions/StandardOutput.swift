import Glibc

/// Results go to standard output, and one that cannot be written is no success.
enum StandardOutput {
  /// Writes a text and the end of its line.
  ///
  /// - Throws: ``Ended`` with status 1, after a sentence on standard error, where it cannot be written.
  static func write(_ text: String) throws {
    var rest = Array((text + "\n").utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        StandardError.write(
          "deeplinear: standard output cannot be written (\(String(cString: strerror(errno)))); give it a place with room.\n"
        )
        throw Ended.withoutResult
      }
      rest = rest.dropFirst(written)
    }
  }
}
