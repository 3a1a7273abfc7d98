import ArgumentParser
import Jobs
import LinearAlgebra

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version",
    abstract: "Say which version this is, and what computes.",
    discussion: """
      With --verbose also which kernels of the linear algebra library run, and whether they are the best \
      that this processor can.

      Example: deeplinear version --verbose
      """)

  @Flag(name: .long, help: "Say what computes.")
  var verbose = false

  @Flag(name: .long, help: "Print exactly one JSON object on standard output.")
  var json = false

  private struct Summary: Encodable {
    var version = Version.text
    var kernels: String?
    var bestKernels: String?
    var shortfall: String?
    var library: String?
    var threads: Int?
  }

  func run() throws {
    var summary = Summary()
    if verbose {
      summary.kernels = BLASConfiguration.coreName
      summary.bestKernels = BLASConfiguration.bestCoreName
      summary.shortfall = BLASConfiguration.shortfall
      summary.library = BLASConfiguration.configuration
      summary.threads = BLASConfiguration.threadCount
    }
    try StandardOutput.write(
      json ? String(decoding: try JSONText.bytes(of: summary), as: UTF8.self) : text(summary))
  }

  private func text(_ summary: Summary) -> String {
    var lines = ["deeplinear \(summary.version)"]
    if let kernels = summary.kernels {
      lines.append("kernels   \(kernels)")
      if let shortfall = summary.shortfall { lines.append("slower    \(shortfall)") }
      lines.append("library   \(summary.library ?? "")")
      lines.append("threads   \(summary.threads ?? 1) a product")
    }
    return lines.joined(separator: "\n")
  }
}
