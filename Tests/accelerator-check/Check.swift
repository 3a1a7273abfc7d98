import Accelerator
import Dynamics
import Glibc
import _BatchChecks

/// Runs the suite of batches on the GPU of this machine: ends with 1 where something does not hold, and with 2 where
/// there is no GPU. Names of checks ask for these alone; `--time` says what a step costs instead.
@main enum Check {
  static func main() throws {
    let accelerator: Accelerator
    do {
      accelerator = try Accelerator()
      print(try accelerator.facts())
    } catch {
      print("\(error).")
      exit(2)
    }
    if CommandLine.arguments.contains("--time") {
      for (count, width, long) in [(4096, 100, 4000), (8192, 50, 12_000), (1, 100, 80_000)] {
        let time = try Timing(count: count, width: width).microseconds(
          on: AcceleratorBackend(accelerator, isOnCluster: count == 1), shortRun: long / 4,
          longRun: long)
        print("\(count) of \(width)×\(width), three layers: \(time) µs a network and step")
      }
      return
    }
    let named = CommandLine.arguments.dropFirst().compactMap(BatchBackendCheck.init)
    let checks = named.isEmpty ? BatchBackendCheck.allCases : named
    var isClean = true
    // The second takes several networks at a time where the first takes all at once.
    let members = [
      AcceleratorBackend(accelerator), AcceleratorBackend(accelerator, memoryShare: 1e-6),
      AcceleratorBackend(accelerator, isOnCluster: true),
    ]
    for (number, member) in members.enumerated() {
      for check in checks where number < 2 || check == .alone {
        let failures = try check.failures(of: member)
        print(failures.isEmpty ? "holds" : "FAILS", number, check.rawValue)
        for failure in failures { print("  \(failure)") }
        isClean = isClean && failures.isEmpty
      }
    }
    exit(isClean ? 0 : 1)
  }
}
