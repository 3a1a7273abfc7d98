import Jobs

extension JSONTree {
  /// As one line.
  var text: String {
    get throws { String(decoding: try Work.compact(self), as: UTF8.self) }
  }
}
