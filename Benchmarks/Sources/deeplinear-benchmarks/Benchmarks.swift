import DeepLinear
import Foundation

/// Runs every benchmark, ours and the Python peers in turn, and prints ratios of times measured in one run.
@main
enum Benchmarks {
  static func main() throws {
    print(
      """
      OpenBLAS core \(BLASConfiguration.coreName), \(BLASConfiguration.threadCount) thread
      \(BLASConfiguration.configuration)
      """)
    try GradientStep.run()
    try Recovery.run()
    try NuclearNorm.run()
    try FlowToTarget.run()
    try ClassifierEpoch.run()
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
  process.arguments = ["python3", "Scripts/peers/\(script)"] + arguments
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
