import Accelerator
import Dynamics
import LinearAlgebra
import LinearNetworks

/// The time of a step of many networks, or of one, from the difference of a long and a short run.
struct Timing {
  let count: Int
  let width: Int

  /// Microseconds for a network and step, the least of two.
  func microseconds(on backend: AcceleratorBackend, shortRun: Int, longRun: Int) throws -> Double {
    var random = SeededGenerator(seed: 1)
    var target = Matrix.gaussian(rowCount: width, columnCount: width, using: &random)
    for i in 0..<width {
      for j in 0..<width where random.nextUniform() > 0.2 { target[i, j] = .nan }
    }
    let objective = CompletionObjective(try ObservedEntries(notNaN: target))
    // A few networks many times over: what they are makes no difference to the time.
    let networks = (0..<8).map { _ in
      LinearNetwork.gaussian(
        widths: [width, width, width, width], standardDeviation: 0.5 / Double(width).squareRoot(),
        using: &random)
    }
    let batch = NetworkBatch((0..<count).map { networks[$0 % 8] }, objective: objective)
    let clock = ContinuousClock()
    var least = Double.infinity
    for _ in 0..<2 {
      let times = [shortRun, longRun].map { steps in
        clock.measure {
          _ = backend.advance(
            batch, by: Descent(stepSize: 0.01, stepLimit: steps), threadCount: 1
          ) { _ in .goOn }
        } / .seconds(1)
      }
      least = min(least, (times[1] - times[0]) / Double(longRun - shortRun) / Double(count) * 1e6)
    }
    return least
  }
}
