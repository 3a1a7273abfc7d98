import Glibc

/// The memory that this process can still have: the least of what the machine, its control groups and the limits of the
/// process leave.
public enum FreeMemory {
  /// In bytes; infinite where nothing says it.
  public static var bytes: Double {
    [machine, process, group].compactMap(\.self).min() ?? .infinity
  }

  /// What Linux thinks can be had without swapping.
  private static var machine: Double? {
    text("/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
      .flatMap { $0.split(separator: " ").dropFirst().first }
      .flatMap { Double($0) }.map { $0 * 1024 }
  }

  /// What the limits on address space and data, as `ulimit -v` sets them, leave of it.
  private static var process: Double? {
    // Address space, resident, shared, text, library, data: in pages.
    let pages = text("/proc/self/statm")?.split(separator: " ").compactMap { Double($0) } ?? []
    guard pages.count > 5 else { return nil }
    let page = Double(sysconf(Int32(_SC_PAGESIZE)))
    func left(_ resource: __rlimit_resource, used: Double) -> Double? {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0, limit.rlim_cur < 1 << 62
      else { return nil }
      return max(Double(limit.rlim_cur) - used * page, 0)
    }
    return [left(RLIMIT_AS, used: pages[0]), left(RLIMIT_DATA, used: pages[5])].compactMap(\.self)
      .min()
  }

  /// What the process's control groups leave, each being bound by those around it as well.
  private static var group: Double? {
    let lines = text("/proc/self/cgroup")?.split(separator: "\n") ?? []
    return lines.flatMap { line -> [Double] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      // One hierarchy for everything, or that of memory among several.
      if parts[1].isEmpty {
        return left(
          above: String(parts[2]), in: "/sys/fs/cgroup", limit: "memory.max",
          usage: "memory.current")
      }
      guard parts[1].split(separator: ",").contains("memory") else { return [] }
      return left(
        above: String(parts[2]), in: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes",
        usage: "memory.usage_in_bytes")
    }.min()
  }

  private static func left(
    above group: String, in root: String, limit: String, usage: String
  ) -> [Double] {
    var names = group.split(separator: "/")
    var result: [Double] = []
    while true {
      let folder = ([root] + names.map(String.init)).joined(separator: "/")
      if let most = number("\(folder)/\(limit)"), most < 0x1p62,
        let used = number("\(folder)/\(usage)")
      {
        // Pages of files that were read are given back when they are needed.
        let cache = text("\(folder)/memory.stat")?.split(separator: "\n")
          .first { $0.hasPrefix("inactive_file ") || $0.hasPrefix("total_inactive_file ") }
          .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
        result.append(max(most - used + (cache ?? 0), 0))
      }
      if names.isEmpty { return result }
      names.removeLast()
    }
  }

  private static func number(_ path: String) -> Double? {
    text(path).flatMap { Double($0.split(separator: "\n").first ?? "") }
  }

  /// A short file of the system; nil if there is none.
  private static func text(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 13)
    while bytes.count < 1 << 20 {
      let got = read(file, &piece, piece.count)
      guard got > 0 else { break }
      bytes += piece[..<got]
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
