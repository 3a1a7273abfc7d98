import CPeakRate
import DeepLinear
import Foundation

/// One step of gradient descent on every layer, value and update included: 3(N − 1) products of n×n matrices.
///
/// Beside it the same step by NumPy, JAX and PyTorch where they are installed, each on one thread, and the floor:
/// the multiply-adds of the products at the rate of the registers.
enum GradientStep {
  private struct Peer: Decodable {
    var core: String
    var microseconds: [String: [String: Double]]
  }

  static func run(_ result: inout BenchmarkResult) throws {
    let sizes = [100, 200, 500, 1000].flatMap { n in [2, 3, 4].map { (n, $0) } }
    let peerNames = ["NumPy", "JAX", "PyTorch"]
    print(
      "\nGradient step, completion of 20 % of the entries, CPU microseconds (best of batches in two turns)"
    )
    print("     n  depth       ours      floor      NumPy        JAX    PyTorch  fastest/ours")
    // Other work on the machine can only lower the rate: the best one counts.
    var rate = 0.0
    var cores: Set<String> = []
    for (n, depth) in sizes {
      // In two turns, since other work on the machine comes and goes.
      var own = Double.infinity
      var theirs: [String: Double] = [:]
      for _ in 0..<2 {
        rate = max(rate, peak_multiply_adds_per_second())
        own = min(own, try microseconds(n, depth))
        guard let peer: Peer = peer("gradient_step.py", ["\(n),\(depth)"]) else { continue }
        cores.insert(peer.core)
        theirs.merge(peer.microseconds["\(n) \(depth)"] ?? [:]) { min($0, $1) }
      }
      let floor = 1e6 * Double(3 * (depth - 1) * n * n * n) / rate
      let fastest = theirs.values.min()
      print(
        String(format: "%6d %6d", n, depth), column(own), column(floor),
        peerNames.map { theirs[$0].map { column($0) } ?? "         –" }.joined(separator: " "),
        fastest.map { column($0 / own, "%13.2f") } ?? "")
      result.seconds["gradient step, \(n)×\(n), depth \(depth)"] = 1e-6 * own
    }
    for core in cores.sorted() { print("The peers run on \(core)") }
  }

  private static func microseconds(_ n: Int, _ depth: Int) throws -> Double {
    var generator = SeededGenerator(seed: 1)
    let problem = CompletionTeacher(rowCount: n, columnCount: n, rank: 5, entryCount: n * n / 5)
      .problem(using: &generator)
    let widths = [Int](repeating: n, count: depth + 1)
    let start = LinearNetwork.gaussian(
      widths: widths, standardDeviation: 0.3 / Double(n).squareRoot(), using: &generator)
    var loss = EndToEndLoss(CompletionObjective(problem.entries), widths: widths)
    // A run of zero steps sets up memory and evaluates the start; what a step costs is the difference.
    let batch = max(2, 4_000_000_000 / (12 * (depth - 1) * n * n * n))
    func seconds(_ steps: Int) -> Double {
      let descent = GradientDescent(step: .fixed(1e-3), stepLimit: steps)
      return cpuSeconds { _ = descent.run(&loss, from: start) }
    }
    return (0..<15).map { _ in 1e6 * (seconds(batch) - seconds(0)) / Double(batch) }.min()!
  }
}
