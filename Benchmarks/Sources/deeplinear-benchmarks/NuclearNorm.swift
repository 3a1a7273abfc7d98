import DeepLinear
import Foundation

/// The smallest nuclear norm that agrees with 2,000 entries of a 100×100 matrix of rank 5, to a relative duality gap of
/// 1e-7, beside Douglas–Rachford splitting in NumPy and SCS through cvxpy.
///
/// With DEEPLINEAR_HEADLINE set to a folder with obs_2000.csv, on those data; on a random instance otherwise.
enum NuclearNorm {
  private struct Peer: Decodable {
    struct Result: Decodable {
      var seconds: Double
      var iterations: Int
      var gap: Double
    }

    var numpy: Result
    var cvxpy: Result?
  }

  static func run() throws {
    let entries = try entries()
    print("\nSmallest nuclear norm, 100×100 from \(entries.count) entries, relative gap 1e-7")
    let completer = NuclearNormCompleter(tolerance: 1e-7)
    var fit = try completer.fit(entries)
    var times: [Double] = []
    for _ in 0..<9 {
      let start = processorSeconds()
      fit = try completer.fit(entries)
      times.append(processorSeconds() - start)
    }
    let own = median(times)
    func show(_ name: String, _ seconds: Double, _ iterations: Int, _ gap: Double, _ end: String) {
      print(
        String(
          format: "%@ %8.3f CPU s  %5d iterations  gap %.1e%@",
          name.padding(toLength: 28, withPad: " ", startingAt: 0), seconds, iterations, gap, end))
    }
    show("ours", own, fit.iterations, fit.relativeGap, "")
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("deeplinear-norm-\(ProcessInfo.processInfo.processIdentifier).csv")
    defer { try? FileManager.default.removeItem(at: file) }
    let lines = entries.values.indices.map {
      "\(entries.rows[$0]),\(entries.columns[$0]),\(entries.values[$0])\n"
    }
    try ("row,column,value\n" + lines.joined()).write(to: file, atomically: true, encoding: .utf8)
    let peer: Peer? = peer("nuclear_norm.py", [file.path, "100", "1e-7"])
    guard let peer else { return print("NumPy: no Python with NumPy") }
    for (name, result) in [("NumPy, Douglas–Rachford", peer.numpy), ("cvxpy, SCS", peer.cvxpy)] {
      guard let result else {
        print("\(name): not installed")
        continue
      }
      show(
        name, result.seconds, result.iterations, result.gap,
        String(format: "; %.1f times as long", result.seconds / own))
    }
  }

  private static func entries() throws -> ObservedEntries {
    guard let folder = ProcessInfo.processInfo.environment["DEEPLINEAR_HEADLINE"] else {
      var generator = SeededGenerator(seed: 1000)
      return CompletionTeacher(rowCount: 100, columnCount: 100, rank: 5, entryCount: 2000)
        .problem(using: &generator).entries
    }
    let file = URL(fileURLWithPath: folder).appendingPathComponent("obs_2000.csv")
    let cells = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",").compactMap { Double($0) } }
    return try ObservedEntries(
      rowCount: 100, columnCount: 100, rows: cells.map { Int32($0[0]) },
      columns: cells.map { Int32($0[1]) }, values: cells.map { $0[2] })
  }
}
