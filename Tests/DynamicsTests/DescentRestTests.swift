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

  /// The weights at some steps of a descent, one step after the other.
  static func stepByStep(
    _ objective: FactorizationObjective, _ network: LinearNetwork, at marks: Set<Int>,
    advance: (inout [Double], _ velocity: [Double], _ step: Int) -> Void
  ) -> [Int: [Double]] {
    var equation = NetworkFlow(EndToEndLoss(objective, widths: network.widths), from: network)
    var state = equation.start
    var velocity = [Double](repeating: 0, count: state.count)
    var result: [Int: [Double]] = [:]
    for step in 0...(marks.max() ?? 0) {
      if marks.contains(step) { result[step] = state }
      _ = state.withUnsafeBufferPointer { state in
        velocity.withUnsafeMutableBufferPointer { equation.setVelocity(at: state, into: $0) }
      }
      advance(&state, velocity, step)
    }
    return result
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
    var rule = rule
    let expected = Self.stepByStep(objective, network, at: marks) { state, velocity, _ in
      rule.advance(&state, along: velocity, step: 0.05)
    }
    #expect(run.outcome == .stepLimit(limit))
    #expect(run.snapshots.map(\.time) == marks.sorted().map(Double.init))
    for snapshot in run.snapshots {
      #expect(snapshot.layers?.flatMap(\.elements) == expected[Int(snapshot.time)])
    }
  }

  static let schedules: [StepSchedule] = [
    StepSchedule(.cosine(end: 0.1, steps: 3000), warmup: 20),
    StepSchedule(.linear(end: 0, steps: 700)),
    StepSchedule(.stepwise(factor: 0.5, every: 40)), StepSchedule(.inverseTime(steps: 50)),
    StepSchedule(.exponential(factor: 0.5, steps: 30)), StepSchedule(.constant, warmup: 900),
  ]

  /// Where the step size still changes, nothing is skipped that would be another step.
  @Test(arguments: 0..<6, [nil, [1, 0.25]] as [[Double]?])
  func whatChangesTheStepSizeIsNotAtRest(number: Int, rates: [Double]?) {
    let (objective, network) = Self.problem(seed: 9)
    let limit = 50_001
    let marks: Set = [0, 900, 901, 20_000, 50_000, limit]
    var descent = Descent(
      stepSize: 0.1, stepLimit: limit, recording: Recording(.at(marks), of: [.layers]))
    descent.schedule = Self.schedules[number]
    descent.blockRates = rates
    let run = descent.run(objective, from: network)
    let first = network.layers[0].count
    let expected = Self.stepByStep(objective, network, at: marks) { state, velocity, step in
      let size = 0.1 * descent.schedule.factor(at: step)
      let before = state
      for k in state.indices {
        state[k] += size * velocity[k]
        if let rates { state[k] = before[k] + rates[k < first ? 0 : 1] * (state[k] - before[k]) }
      }
    }
    #expect(run.snapshots.map(\.time) == marks.sorted().map(Double.init))
    for snapshot in run.snapshots {
      #expect(snapshot.layers?.flatMap(\.elements) == expected[Int(snapshot.time)])
    }
  }

  /// A schedule that is said to be settled has the same factor from there on, and every schedule but one settles.
  @Test(arguments: 0..<6) func schedulesSettle(number: Int) {
    let schedule = Self.schedules[number]
    let settled = (0...60_000).first(where: schedule.isSettled)
    #expect((settled == nil) == (schedule.course == .inverseTime(steps: 50)))
    guard let settled else { return }
    for step in stride(from: settled, to: settled + 100_000, by: 37) {
      #expect(schedule.isSettled(at: step))
      #expect(schedule.factor(at: step) == schedule.factor(at: settled))
    }
  }

  /// Random batches differ from step to step, with weight decay around them as well.
  @Test func randomBatchesAreNeverAtRest() throws {
    var generator = SeededGenerator(seed: 3)
    let inputs = Matrix.gaussian(rowCount: 8, columnCount: 4, using: &generator)
    let targets = Matrix.gaussian(rowCount: 8, columnCount: 3, using: &generator)
    let network = LinearNetwork.gaussian(
      widths: [4, 3], standardDeviation: 0.5, using: &generator)
    let batches = MinibatchFlow(
      try RegressionObjective(inputs: inputs, targets: targets), batchSize: 2, from: network,
      using: generator)
    #expect(batches.dependsOnStep && AdjustedFlow(batches, decay: 0.1).dependsOnStep)
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
