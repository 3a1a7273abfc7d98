import DeepLinear
import Foundation

/// Runs benchmarks, ours and the Python peers in turn, prints ratios of times measured in one run, and compares
/// with the last kept result of the same machine.
///
/// Arguments: names of benchmarks, all but `cost-curve` when there are none; `--keep` writes the result to
/// Benchmarks/Results, `--plot FILE` the cost curve's figure.
@main
enum Benchmarks {
  private static var all: [(name: String, run: (inout BenchmarkResult) throws -> Void)] {
    [
      ("gradient-step", { try GradientStep.run(&$0) }),
      ("networks-at-once", { try NetworksAtOnce.run(&$0) }),
      ("recovery", { _ in try Recovery.run() }),
      ("nuclear-norm", { _ in try NuclearNorm.run() }),
      ("flow", { _ in try FlowToTarget.run() }),
      ("classifier-epoch", { _ in try ClassifierEpoch.run() }),
      ("large-tables", { try LargeTables.run(&$0) }),
      ("sweeps", { try Sweeps.run(&$0) }),
      ("cost-curve", { try CostCurve.run(&$0) }),
    ]
  }

  static func main() throws {
    print(
      """
      OpenBLAS core \(BLASConfiguration.coreName), \(BLASConfiguration.threadCount) thread
      \(BLASConfiguration.configuration)
      """)
    let arguments = CommandLine.arguments.dropFirst()
    let names = all.map(\.name)
    let asked = arguments.filter(names.contains)
    var result = BenchmarkResult()
    for (name, run) in all
    where asked.isEmpty ? name != "cost-curve" : asked.contains(name) {
      try run(&result)
    }
    try result.compareWithLastKept()
    if arguments.contains("--keep") { try result.keep() }
  }
}

/// CPU seconds of this process.
func processorSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    + 1e-6 * Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
}

/// The median of some numbers.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// Runs a Python peer and decodes what it prints; nil when there is no Python with NumPy.
func peer<Result: Decodable>(_ script: String, _ arguments: [String]) -> Result? {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  // `make bench-peers` makes an environment with all peers.
  let environment = ".build/peers/bin/python"
  let python = FileManager.default.isExecutableFile(atPath: environment) ? environment : "python3"
  process.arguments = [python, "Scripts/peers/\(script)"] + arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return nil }
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return try? JSONDecoder().decode(Result.self, from: data)
}

/// A number with a few digits, padded on the left.
func column(_ value: Double, _ format: String = "%10.1f") -> String {
  String(format: format, value)
}
