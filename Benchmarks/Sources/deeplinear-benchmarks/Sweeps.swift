import DeepLinear
import Foundation
import Jobs

/// Sweeps through the job that the command runs: the recovery diagram, the map of a rate beside theory, runs a second
/// beside the same sweep by hand, and the same table after twenty kills.
enum Sweeps {
  private struct Peer: Decodable {
    var seconds: [String: Double]
  }

  private static let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("deeplinear-sweeps-\(ProcessInfo.processInfo.processIdentifier)").path

  static func run(_ result: inout BenchmarkResult) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try imbalance(&result)
    try steps(&result)
    try recovery(&result)
  }

  /// Runs a specification of Benchmarks/Sweeps; wall-clock seconds and what came of it.
  private static func sweep(
    _ name: String, threads: Int = RowBlocks.processorCount, into place: String? = nil
  ) throws -> (seconds: Double, summary: [String: Any], output: String) {
    let output = "\(folder)/\(place ?? name)"
    var request = Sweep(.file("Benchmarks/Sweeps/\(name).yaml"), output: output)
    request.threads = threads
    request.force = true
    var summary: [String: Any] = [:]
    let seconds = try wallSeconds {
      let result = try request.run()
      try result.write()
      summary =
        try JSONSerialization.jsonObject(with: Data(result.summaryJSON())) as? [String: Any] ?? [:]
    }
    return (seconds, summary, output)
  }

  private static func imbalance(_ result: inout BenchmarkResult) throws {
    let (seconds, _, output) = try sweep("imbalance")
    let lines = try String(contentsOfFile: "\(output)/runs.csv", encoding: .utf8)
      .split(separator: "\n").dropFirst()
    let errors = lines.compactMap { line -> Double? in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard let measured = Double(cells[5]), let predicted = Double(cells[6]) else { return nil }
      return abs(measured / predicted - 1)
    }.sorted()
    print(
      "\nRate of imbalanced layers, 60×60 points, against prediction: \(column(seconds, "%.1f")) s with the report, \(errors.count) rates, median difference \(column(errors[errors.count / 2], "%.1e")), largest \(column(errors.last ?? .nan, "%.1e"))"
    )
    result.seconds["sweep, rate map of 60×60 points"] = seconds
  }

  private static func steps(_ result: inout BenchmarkResult) throws {
    let one = try sweep("steps", threads: 1)
    let all = try sweep("steps")
    let runs = 1024.0
    print(
      "\nDescents of 10,000 steps on 10×10, depth 3, \(Int(runs)) runs, runs a second: ours on 1 thread \(column(runs / one.seconds)), on \(RowBlocks.processorCount) \(column(runs / all.seconds)), quotient \(column(one.seconds / all.seconds, "%.2f"))"
    )
    let peers: Peer? = peer(
      "sweep.py", ["\(Int(runs))", "10000", "10", "\(RowBlocks.processorCount)"])
    for (name, seconds) in (peers?.seconds ?? [:]).sorted(by: { $0.key < $1.key }) {
      print("  \(name): \(column(runs / seconds)) runs a second")
    }
    result.seconds["sweep, 1,024 descents"] = all.seconds
  }

  private static func recovery(_ result: inout BenchmarkResult) throws {
    let (seconds, _, output) = try sweep("recovery")
    print("\nRecovery diagram of 100×100 rank 5, 2,400 runs: \(column(seconds)) s; share recovered")
    let text = try String(contentsOfFile: "\(output)/points.csv", encoding: .utf8)
    print(text.split(separator: "\n").joined(separator: "\n"))
    result.seconds["sweep, recovery diagram"] = seconds
  }
}
