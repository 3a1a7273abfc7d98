import Jobs
import LinearAlgebra

extension SweepSummary {
  /// The summary for people.
  var text: String {
    var lines = [runLine]
    if let rate = runsPerSecond {
      lines.append("\(readable(rate)) runs a second on \(threads) threads, \(readable(seconds)) s")
    }
    if let device { lines.append(device) }
    if failed > 0 {
      lines.append("\(failed) failed:")
      lines += failures.prefix(5).map { "  \($0.point), run \($0.replicate): \($0.problem)" }
    }
    lines.append(
      "results in \(output): sweep.sqlite, runs.csv, points.csv, sweep.npz, report/index.html")
    return lines.joined(separator: "\n")
  }
}

extension SweepMergeSummary {
  /// The summary for people.
  var text: String {
    "\(runs) runs at \(points) points from \(parts.count) parts"
      + (failed > 0 ? ", \(failed) of them failed" : "") + "\nresults in \(output)"
  }
}
