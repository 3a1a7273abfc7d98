import DataFormats

extension MemoryNeed {
  /// Refuses what the machine has no room for, before any of it is taken.
  ///
  /// - Parameters:
  ///   - work: what needs it, as the sentence's subject.
  ///   - remedy: what to do about it.
  func check(_ work: @autoclosure () -> String, _ remedy: @autoclosure () -> String) throws {
    if let shortage { throw BadInput("\(work()) \(shortage); \(remedy()).") }
  }
}
