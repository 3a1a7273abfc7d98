import Glibc

/// Results go to standard output, and one that cannot be written is no success.
enum StandardOutput {
  /// Writes a text and the end of its line.
  ///
  /// - Throws: ``Ended`` with status 1, after a sentence on standard error, where it cannot be written.
  static func write(_ text: String) throws {
    if let reason = Descriptor.write(text + "\n", to: STDOUT_FILENO) {
      StandardError.write(
        "deeplinear: standard output cannot be written (\(String(cString: strerror(reason)))); give it a place with room.\n"
      )
      throw Ended.withoutResult
    }
  }
}
