import DeepLinear
import Foundation
import Records
import Reports

/// The time of a step of the path against each of the quantities it depends on, with fitted exponents.
///
/// The complexity is O(|Ω| k + (rows + columns) k² depth) for width k: where one term outweighs the others the
/// exponents are those of that term.
enum CostCurve {
  private struct Point {
    var entries = 500_000
    var lines = 6_000
    var width = 16
    var depth = 3
  }

  static func run(_ result: inout BenchmarkResult) throws {
    print(
      "\nTime per step of the path (descent on the known entries), CPU time of one thread, best of 5"
    )
    let sweeps: [(name: String, values: [Int], set: (inout Point, Int) -> Void)] = [
      ("entries", [62_500, 125_000, 250_000, 500_000, 1_000_000, 2_000_000], { $0.entries = $1 }),
      ("rows + columns", [1_500, 6_000, 24_000, 48_000, 96_000, 192_000], { $0.lines = $1 }),
      ("width", [8, 16, 32, 64, 128], { $0.width = $1 }),
      ("depth", [2, 3, 4, 6, 8], { $0.depth = $1 }),
    ]
    var series: [Series] = []
    for sweep in sweeps {
      var times: [Double] = []
      for value in sweep.values {
        var point = Point()
        sweep.set(&point, value)
        times.append(try seconds(point))
      }
      // The upper half of the range tells the exponent that remains.
      let half = sweep.values.count / 2
      let slope = exponent(
        sweep.values.dropFirst(half).map(Double.init), Array(times.dropFirst(half)))
      let text = zip(sweep.values, times).map { "\($0): " + String(format: "%.2f ms", 1e3 * $1) }
      print(
        "\(sweep.name)  " + text.joined(separator: ", ") + String(format: "  exponent %.2f", slope))
      result.exponents = (result.exponents ?? [:]).merging([sweep.name: slope]) { $1 }
      let base = Double(sweep.values[0])
      series.append(
        Series(
          sweep.name + String(format: " (exponent %.2f)", slope),
          x: sweep.values.map { Double($0) / base }, y: times.map { 1e3 * $0 },
          style: .connectedPoints))
    }
    let arguments = CommandLine.arguments
    guard let flag = arguments.firstIndex(of: "--plot"), flag + 1 < arguments.count else { return }
    let figure = Figure(
      title: "CPU time per step of the path",
      caption:
        "One quantity at a time is raised from its smallest value (62,500 entries; 1,500 rows and columns; width 8; "
        + "depth 2); the others stay at 500,000 entries, 6,000 rows and columns, width 16 and depth 3. Exponents "
        + "are fitted to the upper half of each range. \(result.machine), core \(result.core), one thread.",
      .lines(
        LinePlot(
          horizontal: Axis("Multiple of the smallest value", .logarithmic),
          vertical: Axis("Time per step", unit: "ms", .logarithmic), series: series)))
    try figure.svg().write(toFile: arguments[flag + 1], atomically: true, encoding: .utf8)
  }

  private static func seconds(_ point: Point) throws -> Double {
    let rowCount = point.lines * 3 / 5
    let table = try NoisyTable(
      rowCount: rowCount, columnCount: point.lines - rowCount, rank: 4,
      count: min(point.entries, rowCount * (point.lines - rowCount) * 9 / 10))
    return (0..<5).map { _ in
      secondsPerStep(
        table.observed, width: point.width, depth: point.depth, threadCount: 1,
        measure: { cpuSeconds($0) })
    }.min()!
  }

  /// A run of steps less a run of none, which sets up memory and evaluates the start.
  static func secondsPerStep(
    _ entries: ObservedEntries, width: Int, depth: Int, threadCount: Int,
    measure: (() -> Void) -> Double
  ) -> Double {
    var generator = SeededGenerator(seed: 1)
    let widths =
      [entries.columnCount] + [Int](repeating: width, count: depth - 1) + [entries.rowCount]
    let start = LinearNetwork.gaussian(
      widths: widths, standardDeviation: 0.1 / Double(width).squareRoot(), using: &generator)
    var loss = SparseCompletionLoss(
      entries, pattern: ObservedPattern(of: entries, threadCount: threadCount), widths: widths)
    func seconds(_ steps: Int) -> Double {
      let descent = GradientDescent(step: .fixed(1e-9), stepLimit: steps)
      return measure { _ = descent.run(&loss, from: start) }
    }
    return (seconds(6) - seconds(0)) / 6
  }

  private static func exponent(_ x: [Double], _ y: [Double]) -> Double {
    let u = x.map { log($0) }
    let v = y.map { log($0) }
    let (mu, mv) = (u.reduce(0, +) / Double(u.count), v.reduce(0, +) / Double(v.count))
    let products = zip(u, v).reduce(0) { $0 + ($1.0 - mu) * ($1.1 - mv) }
    return products / u.reduce(0) { $0 + ($1 - mu) * ($1 - mu) }
  }
}
