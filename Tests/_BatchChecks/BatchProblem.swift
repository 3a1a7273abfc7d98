import Dynamics
import LinearAlgebra
import LinearNetworks

/// Random networks of one shape with a random objective each.
struct BatchProblem {
  let widths: [Int]
  let count: Int
  let isCompletion: Bool
  let seed: UInt64

  /// With steps from one to the other.
  func batch(steps: ClosedRange<Double>) throws -> NetworkBatch {
    try batch { k in
      steps.lowerBound + (steps.upperBound - steps.lowerBound) * Double(k) / Double(count)
    }
  }

  /// With a step for each.
  func batch(step: (Int) -> Double) throws -> NetworkBatch {
    var random = SeededGenerator(seed: seed)
    let networks = (0..<count).map { _ in
      LinearNetwork.gaussian(widths: widths, standardDeviation: 0.3, using: &random)
    }
    let objectives = try (0..<count).map { _ in try objective(using: &random) }
    return NetworkBatch(networks, objectives: objectives, stepSizes: (0..<count).map(step))
  }

  private func objective(using random: inout SeededGenerator) throws -> any Objective {
    let target = Matrix.gaussian(rowCount: widths.last!, columnCount: widths[0], using: &random)
    guard isCompletion else { return FactorizationObjective(target) }
    var table = target
    for i in 0..<table.rowCount {
      for j in 0..<table.columnCount where (i + j) % 3 == 0 && i != j { table[i, j] = .nan }
    }
    return CompletionObjective(try ObservedEntries(notNaN: table))
  }
}
