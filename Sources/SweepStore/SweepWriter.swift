import Glibc
import GRDB

/// A process that takes runs of a sweep; what it took and did not finish is free again when it is gone.
struct SweepWriter: Sendable {
  let machine: String
  let process: Int32
  /// When the process started, in ticks of the machine: another process with its number is not it.
  let start: String

  static var current: SweepWriter {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let process = getpid()
    return SweepWriter(
      machine: String(decoding: bytes, as: UTF8.self), process: process,
      start: startTime(of: process) ?? "")
  }

  /// Seconds after which a writer on another machine that gave no sign is gone.
  private static let patience = 300.0

  /// Whether it can still finish what it took.
  func isAlive(quietFor seconds: Double) -> Bool {
    guard machine == Self.current.machine else { return seconds < Self.patience }
    return Self.startTime(of: process) == start
  }

  /// The twenty-second field of the process's line, which is the twentieth after its name.
  private static func startTime(of process: Int32) -> String? {
    guard let file = fopen("/proc/\(process)/stat", "r") else { return nil }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = fread(&buffer, 1, buffer.count, file)
    let text = String(decoding: buffer.prefix(count), as: UTF8.self)
    guard let name = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: name)...].split(separator: " ")
    // A process that ended and was not asked for its status yet is gone as well.
    return fields.count > 19 && fields[0] != "Z" ? String(fields[19]) : nil
  }
}
