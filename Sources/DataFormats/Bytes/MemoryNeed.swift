/// Bytes that are about to be taken, in a number that cannot overflow.
public struct MemoryNeed: Equatable, Sendable {
  /// In bytes.
  public var bytes: Double

  /// Nothing yet.
  public init() { bytes = 0 }

  /// Adds as many numbers of double precision as a product of extents says.
  public mutating func add(numbers extents: Double..., copies: Double = 1) {
    bytes += 8 * copies * extents.reduce(1, *)
  }

  /// Adds bytes.
  public mutating func add(bytes count: Double) { bytes += count }

  /// What is wrong where there is less free memory than this: `needs 8 TB of memory, and 6.1 GB are free`; nil where
  /// there is enough.
  public var shortage: String? {
    // Asking the system takes longer than a small computation, and a process that runs has this much.
    guard !(bytes <= Self.smallest) else { return nil }
    let free = FreeMemory.bytes
    guard !(bytes <= free) else { return nil }
    return "needs about \(Self.text(bytes)) of memory, and \(Self.text(free)) are free"
  }

  /// Needs up to this are not compared with what is free.
  private static let smallest = 0x1p20

  /// Bytes for people: `512 MB`, `7.45 TB`.
  public static func text(_ bytes: Double) -> String {
    var (value, unit) = (bytes / 1e6, 0)
    let units = ["MB", "GB", "TB", "PB", "EB"]
    while value >= 999.5, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    guard value < 1e6 else { return "more than 10²³ bytes" }
    let step: Double = value >= 100 ? 1 : value >= 10 ? 10 : 100
    let rounded = (value * step).rounded() / step
    let isWhole = rounded == rounded.rounded()
    return "\(isWhole ? "\(Int(rounded))" : "\(rounded)") \(units[unit])"
  }
}
