import DeepLinear
import Foundation

/// One step of gradient descent on every layer, value and update included: 3(N − 1) products of n×n matrices.
enum GradientStep {
  private struct Peer: Decodable {
    var core: String
    var microseconds: [String: Double]
  }

  static func run() throws {
    let sizes = [(100, 3), (100, 2), (100, 4), (200, 3), (500, 3)]
    print("\nGradient step, completion of 20 % of the entries, microseconds (best of 15 batches)")
    print("     n  depth       ours  NumPy out=      ratio")
    var ours: [String: Double] = [:]
    for (n, depth) in sizes { ours["\(n) \(depth)"] = try microseconds(n, depth) }
    let peer: Peer? = peer("gradient_step.py", sizes.map { "\($0.0),\($0.1)" })
    for (n, depth) in sizes {
      let own = ours["\(n) \(depth)"]!
      let theirs = peer?.microseconds["\(n) \(depth)"]
      print(
        String(format: "%6d %6d", n, depth), column(own),
        theirs.map { column($0) + " " + column(own / $0, "%10.2f") } ?? "   no NumPy")
    }
    if let peer { print("NumPy runs on \(peer.core)") }
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
    let batch = max(4, 20_000_000_000 / (12 * (depth - 1) * n * n * n) / 5)
    let clock = ContinuousClock()
    func seconds(_ steps: Int) -> Double {
      let descent = GradientDescent(step: .fixed(1e-3), stepLimit: steps)
      let time = clock.measure { _ = descent.run(&loss, from: start) }
      return Double(time.components.seconds) + 1e-18 * Double(time.components.attoseconds)
    }
    return (0..<15).map { _ in 1e6 * (seconds(batch) - seconds(0)) / Double(batch) }.min()!
  }
}
