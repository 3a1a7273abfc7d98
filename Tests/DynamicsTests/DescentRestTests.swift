import Dynamics
import LinearAlgebra
import LinearNetworks
import Testing

/// Descents that repeat themselves to the bit are not computed step by step, and end where they would.
@Suite struct DescentRestTests {
  static func problem(seed: UInt64) -> (FactorizationObjective, LinearNetwork) {
    var generator = SeededGenerator(seed: seed)
    let target = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &generator)
    let network = LinearNetwork.gaussian(
      widths: [4, 3, 3], standardDeviation: 0.5, using: &generator)
    return (FactorizationObjective(target), network)
  }

  static let rules: [AnyDescentRule] = [
    .plain(PlainDescent()), .heavyBall(HeavyBallDescent(momentum: 0.5)),
    .nesterov(NesterovDescent(momentum: 0.5)),
  ]

  @Test(arguments: 0..<4 as Range<UInt64>, rules)
  func whatIsSkippedIsWhatWouldBeComputed(seed: UInt64, rule: AnyDescentRule) {
    let (objective, network) = Self.problem(seed: seed)
    let limit = 60_001
    let marks: Set = [0, 7, 20_000, 59_999, 60_000, limit]
    let run = Descent(
      rule, stepSize: 0.05, stepLimit: limit, recording: Recording(.at(marks), of: [.layers])
    ).run(objective, from: network)
    // One step after the other.
    var equation = NetworkFlow(EndToEndLoss(objective, widths: network.widths), from: network)
    var (state, rule) = (equation.start, rule)
    var velocity = [Double](repeating: 0, count: state.count)
    var expected: [Int: [Double]] = [:]
    for step in 0...limit {
      if marks.contains(step) { expected[step] = state }
      _ = state.withUnsafeBufferPointer { state in
        velocity.withUnsafeMutableBufferPointer { equation.setVelocity(at: state, into: $0) }
      }
      rule.advance(&state, along: velocity, step: 0.05)
    }
    #expect(run.outcome == .stepLimit(limit))
    #expect(run.snapshots.map(\.time) == marks.sorted().map(Double.init))
    for snapshot in run.snapshots {
      #expect(snapshot.layers?.flatMap(\.elements) == expected[Int(snapshot.time)])
    }
  }

  /// All the steps that an integer can count.
  @Test(arguments: rules)
  func theLargestLimitIsReached(rule: AnyDescentRule) {
    let (objective, network) = Self.problem(seed: 1)
    var steps = 0
    let run = Descent(rule, stepSize: 0.05, stepLimit: .max).run(objective, from: network) { _ in
      steps += 1
      return steps < 1_000_000 ? .goOn : .interrupt
    }
    #expect(run.outcome == .stepLimit(.max))
    #expect(run.stepCount == .max && run.snapshots.last?.loss ?? 1 < 1e-28)
  }
}
