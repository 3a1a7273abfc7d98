import Dynamics
import LinearAlgebra
import LinearNetworks
import Synchronization
import Testing
import _TestSupport

@Suite("Descents on many networks at once") struct BatchedDescentTests {
  /// A kind of objective, and one of its kind for the k-th network.
  enum Problem: String, CaseIterable, CustomTestStringConvertible {
    case factorization, completion, regression, covariances

    var testDescription: String { rawValue }

    func objective(
      inputs: Int, outputs: Int, using random: inout SeededGenerator
    ) throws -> any Objective {
      let target = Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &random)
      switch self {
      case .factorization: return FactorizationObjective(target)
      case .completion:
        var places: [(Int32, Int32)] = []
        for i in 0..<outputs {
          for j in 0..<inputs where (i + j) % 3 != 0 || i == j {
            places.append((Int32(i), Int32(j)))
          }
        }
        return CompletionObjective(
          try ObservedEntries(
            rowCount: outputs, columnCount: inputs, rows: places.map(\.0), columns: places.map(\.1),
            values: places.map { target[Int($0.0), Int($0.1)] }))
      case .regression:
        let x = Matrix.gaussian(rowCount: 3 * inputs, columnCount: inputs, using: &random)
        return try RegressionObjective(inputs: x, targets: x.timesTransposed(target))
      case .covariances:
        // Σx singular and Σyx outside its range: no minimum.
        let x = Matrix.gaussian(rowCount: max(1, inputs - 1), columnCount: inputs, using: &random)
        return try RegressionObjective(
          inputCovariance: x.transposedTimes(x) / Double(inputs), crossCovariance: target)
      }
    }
  }

  static func batch(
    _ problem: Problem, widths: [Int], count: Int, seed: UInt64, step: ClosedRange<Double>
  ) throws -> NetworkBatch {
    var random = SeededGenerator(seed: seed)
    let networks = (0..<count).map { _ in
      LinearNetwork.gaussian(widths: widths, standardDeviation: 0.3, using: &random)
    }
    let objectives = try (0..<count).map { _ in
      try problem.objective(inputs: widths[0], outputs: widths.last!, using: &random)
    }
    let steps = (0..<count).map { k in
      step.lowerBound + (step.upperBound - step.lowerBound) * Double(k) / Double(count)
    }
    return NetworkBatch(networks, objectives: objectives, stepSizes: steps)
  }

  /// Sums in another order differ by rounding, which steps below the stable one do not enlarge beyond their number.
  static func expectClose(_ left: [Trajectory], _ right: [Trajectory], _ size: Double) {
    #expect(left.count == right.count)
    for (a, b) in zip(left, right) {
      #expect(a.outcome == b.outcome)
      #expect(a.stepCount == b.stepCount)
      #expect(a.times == b.times)
      let tolerance = Double(a.stepCount + 1) * size * .ulpOfOne
      for (x, y) in zip(a.losses, b.losses) { #expect(abs(x - y) <= tolerance * (1 + abs(x))) }
      for (x, y) in zip(a.finalNetwork.layers, b.finalNetwork.layers) {
        #expect((x - y).frobeniusNorm <= tolerance * (1 + x.frobeniusNorm))
      }
    }
  }

  @Test(
    "give what each network's own descent gives", arguments: Problem.allCases,
    [[3, 3], [2, 5, 4], [7, 6, 13, 5], [9, 9, 9, 9, 9], [50, 51, 49]])
  func agrees(_ problem: Problem, widths: [Int]) throws {
    // More networks than places, and not a multiple of them.
    let batch = try Self.batch(problem, widths: widths, count: 11, seed: 4, step: 0.001...0.004)
    let descent = Descent(stepSize: 1, stepLimit: 40, recording: Recording(.every(9)))
    let together = InterleavedBackend()
    #expect(together.takes(batch, by: descent))
    let single = SingleBackend().advance(batch, by: descent, threadCount: 1) { _ in .goOn }
    let result = together.advance(batch, by: descent, threadCount: 1) { _ in .goOn }
    Self.expectClose(result, single, 8 * Double(widths.max()!))
  }

  @Test(
    "give what each network's own descent gives, by every rule", arguments: DescentRuleTests.all)
  func rules(_ entry: DescentRuleTests.Rule) throws {
    let batch = try Self.batch(
      .regression, widths: [4, 5, 3], count: 9, seed: 11,
      step: 0.2 * entry.stepSize...0.4 * entry.stepSize)
    let descent = Descent(
      entry.rule, stepSize: 1, stepLimit: 60, recording: Recording(.at([3, 17]), of: [.layers]))
    let single = SingleBackend().advance(batch, by: descent, threadCount: 1) { _ in .goOn }
    let result = InterleavedBackend().advance(batch, by: descent, threadCount: 1) { _ in .goOn }
    // Adam divides by roots of squares, whose rounding relative to a weight is larger.
    Self.expectClose(result, single, entry.rule.name == "adam" ? 4096 : 64)
    #expect(result.allSatisfy { $0.times == [3, 17, 60] && $0.snapshots[0].layers != nil })
  }

  @Test("end each network at its own end, and go on with the next") func ends() throws {
    var random = SeededGenerator(seed: 6)
    let networks = (0..<40).map { _ in
      LinearNetwork.gaussian(widths: [3, 3, 3], standardDeviation: 0.5, using: &random)
    }
    let objective = FactorizationObjective(.gaussian(rowCount: 3, columnCount: 3, using: &random))
    // Some diverge, some arrive, some are at the limit.
    let steps = (0..<40).map { k in k % 5 == 0 ? 40.0 : k % 5 == 1 ? 1e-4 : 0.05 }
    let batch = NetworkBatch(networks, objective: objective, stepSizes: steps)
    let descent = Descent(stepSize: 1, stepLimit: 3000, targetLoss: 1e-6)
    let single = SingleBackend().advance(batch, by: descent, threadCount: 1) { _ in .goOn }
    let result = InterleavedBackend().advance(batch, by: descent, threadCount: 1) { _ in .goOn }
    #expect(Set(result.map(\.outcome.kind)) == ["diverged", "converged", "stepLimit"])
    for (a, b) in zip(result, single) {
      #expect(a.outcome.kind == b.outcome.kind)
      #expect(abs(a.stepCount - b.stepCount) <= 1)
    }
  }

  @Test("have bits that depend neither on the threads nor on the company") func bits() throws {
    let batch = try Self.batch(
      .completion, widths: [6, 5, 7], count: 21, seed: 3, step: 0.5...1.5)
    let descent = Descent(
      stepSize: 1, stepLimit: 200, targetLoss: 1e-3, recording: .spectrum(every: 50))
    let all = BatchedDescent(descent).run(batch)
    #expect(BatchedDescent(descent, threadCount: 3).run(batch) == all)
    let reversed = NetworkBatch(
      batch.networks.reversed(), objectives: batch.objectives.reversed(),
      stepSizes: batch.stepSizes!.reversed())
    #expect(BatchedDescent(descent).run(reversed) == all.reversed())
    let alone = NetworkBatch(
      [batch.networks[5]], objectives: [batch.objectives[5]], stepSizes: [batch.stepSizes![5]])
    #expect(BatchedDescent(descent).run(alone)[0] == all[5])
  }

  @Test("take any objective, one by one where it must be") func anyObjective() throws {
    var random = SeededGenerator(seed: 8)
    let x = Matrix.gaussian(rowCount: 20, columnCount: 3, using: &random)
    let y = Matrix.gaussian(rowCount: 20, columnCount: 2, using: &random)
    let power = try PowerObjective(inputs: x, targets: y, power: 4)
    let networks = (0..<3).map { _ in
      LinearNetwork.gaussian(widths: [3, 4, 2], standardDeviation: 0.2, using: &random)
    }
    let batch = NetworkBatch(networks, objective: power)
    let descent = Descent(stepSize: 1e-3, stepLimit: 20)
    #expect(!InterleavedBackend().takes(batch, by: descent))
    let result = BatchedDescent(descent, threadCount: 2).run(batch)
    #expect(result == networks.map { descent.run(power, from: $0) })
  }

  @Test("stop when asked, with what there is", arguments: [true, false]) func interruption(
    together: Bool
  ) throws {
    let batch = try Self.batch(
      .factorization, widths: [3, 3, 3], count: 9, seed: 5, step: 1e-5...2e-5)
    let descent = Descent(stepSize: 1, stepLimit: 100_000_000)
    let calls = Atomic<Int>(0)
    let backend: any BatchBackend = together ? InterleavedBackend() : SingleBackend()
    let result = backend.advance(batch, by: descent, threadCount: 1) { _ in
      calls.wrappingAdd(1, ordering: .relaxed).newValue < 3 ? .goOn : .interrupt
    }
    #expect(result.allSatisfy { $0.outcome.kind == "interrupted" })
    #expect(result.contains { $0.stepCount > 0 })
  }

  @Test("leave networks too large for a cache to their own descents") func large() throws {
    let descent = Descent(stepSize: 1, stepLimit: 1)
    for (width, isTaken) in [(50, true), (200, false)] {
      let batch = try Self.batch(
        .factorization, widths: [width, width, width], count: 1, seed: 5, step: 1e-5...2e-5)
      #expect(InterleavedBackend().takes(batch, by: descent) == isTaken)
    }
  }
}
