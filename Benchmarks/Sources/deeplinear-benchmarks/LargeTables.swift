import DataFormats
import DeepLinear
import Foundation

/// A million entries of a 6,000×4,000 table of rank 10: reading, and fits by one thread and by two.
enum LargeTables {
  static func run(_ result: inout BenchmarkResult) throws {
    let table = try NoisyTable(rowCount: 6000, columnCount: 4000, rank: 10, count: 1_000_000)
    print(
      "\n6000×4000 rank 10, \(table.observed.count) entries, noise 0.1 of the signal (best of 7, in turn)"
    )
    try read(table, &result)
    for (name, completer) in [
      ("rank not told", MatrixCompleter()),
      ("rank 10, nothing held out", MatrixCompleter(rank: 10, holdoutFraction: 0)),
    ] {
      var best = [Double.infinity, .infinity]
      var model: CompletionModel?
      for _ in 0..<7 {
        for threadCount in 1...2 {
          var completer = completer
          completer.threadCount = threadCount
          let seconds = try wallSeconds { model = try completer.fit(table.observed).model }
          best[threadCount - 1] = min(best[threadCount - 1], seconds)
        }
      }
      print(
        String(
          format: "fit, %@: one thread %.3f s, two %.3f s (%.2f times as fast), held out %.4f",
          name,
          best[0], best[1], best[0] / best[1], model.map(table.error) ?? .nan))
      result.seconds["10⁶ entries, \(name), one thread"] = best[0]
      result.seconds["10⁶ entries, \(name), two threads"] = best[1]
    }
    try step(table, &result)
  }

  private static func read(_ table: NoisyTable, _ result: inout BenchmarkResult) throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("deeplinear-\(ProcessInfo.processInfo.processIdentifier).csv")
    try table.csv().write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let seconds = try (0..<5).map { _ in
      try wallSeconds { _ = try DataFile.readObservedEntries(from: file.path) }
    }.min()!
    print(String(format: "reading the entries from CSV: %.3f s", seconds))
    result.seconds["10⁶ entries, CSV"] = seconds
  }

  /// One step of the path and one round of the factors: what threads share.
  private static func step(_ table: NoisyTable, _ result: inout BenchmarkResult) throws {
    var best = [Double.infinity, .infinity]
    for _ in 0..<25 {
      for threadCount in 1...2 {
        let seconds = CostCurve.secondsPerStep(
          table.observed, width: 16, depth: 3, threadCount: threadCount
        ) { body in
          wallSeconds(body)
        }
        best[threadCount - 1] = min(best[threadCount - 1], seconds)
      }
    }
    print(
      String(
        format: "one step of the path: one thread %.2f ms, two %.2f ms (%.2f times as fast)",
        1e3 * best[0], 1e3 * best[1], best[0] / best[1]))
    result.seconds["10⁶ entries, a step, one thread"] = best[0]
    result.seconds["10⁶ entries, a step, two threads"] = best[1]
  }
}
