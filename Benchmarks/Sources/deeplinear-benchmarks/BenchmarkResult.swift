import DeepLinear
import Foundation

/// Times of one run of the benchmarks, with what is needed to compare them with another run.
struct BenchmarkResult: Codable {
  var machine = Self.machineName
  var processors = RowBlocks.processorCount
  var core = BLASConfiguration.coreName
  var commit = Self.output(["git", "rev-parse", "--short", "HEAD"]) ?? "unknown"
  var date = String(ISO8601DateFormatter().string(from: Date()).prefix(10))
  /// Seconds by the name of what was done; less is better.
  var seconds: [String: Double] = [:]
  /// Exponents of the cost curve by the name of the quantity.
  var exponents: [String: Double]?

  static let folder = "Benchmarks/Results"

  /// Prints the quotient of each time and the last kept one, and lists what takes more than a tenth longer.
  func compareWithLastKept() throws {
    guard let last = try Self.lastKept(like: self) else {
      return print("\nNo result of a \(machine) with core \(core) is kept in \(Self.folder).")
    }
    print("\nBeside the result of \(last.date), commit \(last.commit): quotients of times")
    var slower: [String] = []
    for name in seconds.keys.sorted() {
      guard let before = last.seconds[name], let now = seconds[name] else { continue }
      print(column(now / before, "%8.2f") + "  " + name)
      if now > 1.1 * before { slower.append(name) }
    }
    print(
      slower.isEmpty
        ? "Nothing takes more than a tenth longer."
        : "More than a tenth longer: \(slower.joined(separator: ", ")).")
  }

  /// Writes the result, over one of the same day and core.
  func keep() throws {
    try FileManager.default.createDirectory(
      atPath: Self.folder, withIntermediateDirectories: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let path = "\(Self.folder)/\(date)-\(core).json"
    var kept = self
    // What this run left out stays as it was.
    if let old = try? JSONDecoder().decode(
      Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    {
      kept.seconds.merge(old.seconds) { new, _ in new }
      kept.exponents = exponents ?? old.exponents
    }
    try (encoder.encode(kept) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path))
    print("Kept in \(path).")
  }

  private static func lastKept(like result: BenchmarkResult) throws -> BenchmarkResult? {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
      try? JSONDecoder().decode(
        Self.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
    }.last {
      $0.machine == result.machine && $0.core == result.core && $0.processors == result.processors
    }
  }

  private static var machineName: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    func field(_ name: String) -> String {
      text.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: ":").last.map {
        $0.trimmingCharacters(in: .whitespaces)
      } ?? "unknown"
    }
    return "\(field("model name")), family \(field("cpu family"))"
  }

  private static func output(_ command: [String]) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(data: data, encoding: .utf8)?.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// The wall-clock seconds of a closure.
func wallSeconds(_ body: () throws -> Void) rethrows -> Double {
  let time = try ContinuousClock().measure(body)
  return Double(time.components.seconds) + 1e-18 * Double(time.components.attoseconds)
}

/// The CPU seconds of a closure that runs on one thread: other work on the machine does not count.
func cpuSeconds(_ body: () throws -> Void) rethrows -> Double {
  let start = processorSeconds()
  try body()
  return processorSeconds() - start
}
