import DeepLinear
import Foundation

/// Many small networks by one descent: interleaved in the registers, beside each by a descent of its own.
enum NetworksAtOnce {
  static func run(_ result: inout BenchmarkResult) throws {
    print(
      "\nDepth-3 networks on ½‖Y − W‖², CPU microseconds a network and step (best of three turns)")
    print("     n     single   together  single/together")
    for n in [2, 5, 10, 20, 32, 50, 64, 80] {
      var random = SeededGenerator(seed: 1)
      let networks = (0..<16).map { _ in
        LinearNetwork.gaussian(
          widths: [n, n, n, n], standardDeviation: 0.5 / Double(n).squareRoot(), using: &random)
      }
      let objectives = networks.map { _ in
        FactorizationObjective(Matrix.gaussian(rowCount: n, columnCount: n, using: &random))
      }
      let batch = NetworkBatch(networks, objectives: objectives)
      let steps = max(20, 20_000_000 / (12 * n * n * n + 1000))
      func microseconds(_ backend: some BatchBackend) -> Double {
        func seconds(_ steps: Int) -> Double {
          let descent = Descent(stepSize: 1e-4, stepLimit: steps)
          return cpuSeconds {
            _ = backend.advance(batch, by: descent, threadCount: 1) { _ in .goOn }
          }
        }
        return 1e6 * (seconds(steps) - seconds(0)) / Double(steps * batch.count)
      }
      // In turns, since other work on the machine comes and goes.
      var (single, together) = (Double.infinity, Double.infinity)
      for _ in 0..<3 {
        single = min(single, microseconds(SingleBackend()))
        together = min(together, microseconds(InterleavedBackend()))
      }
      print(
        String(format: "%6d", n), column(single, "%10.3f"), column(together, "%10.3f"),
        column(single / together, "%16.2f"))
      result.seconds["networks at once, \(n)×\(n), depth 3"] = 1e-6 * together
    }
  }
}
