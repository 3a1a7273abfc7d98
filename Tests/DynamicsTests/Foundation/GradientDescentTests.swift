import LinearAlgebra
import LinearNetworks
import Testing
import _AllocationCounter
import _TestSupport

@testable import Dynamics

@Suite struct GradientDescentTests {
  // MARK: the fixed step

  /// W ← W − η∇ for every layer, with gradients that a second loss computes from outside.
  @Test func fixedStepFollowsTheGradient() {
    let (start, problem) = smallProblem(depth: 3)
    var loss = problem.loss(start.widths)
    let step = 0.07
    let run = GradientDescent(step: .fixed(step), stepLimit: 4, recording: everything(every: 1))
      .run(&loss, from: start)
    #expect(run.outcome == .stepLimit(4))
    #expect(run.times == [0, 1, 2, 3, 4])
    var outside = problem.loss(start.widths)
    var expected = start
    var gradients = start.layers
    for snapshot in run.snapshots {
      #expect(snapshot.layers == expected.layers)
      #expect(snapshot.loss == outside.value(at: expected))
      outside.gradients(at: expected, into: &gradients)
      for layer in expected.layers.indices {
        expected.layers[layer].add(gradients[layer], scaledBy: -step)
      }
    }
    #expect(run.finalNetwork.layers == run.snapshots.last?.layers)
  }

  /// With G_j = ∂φ/∂W_j, one step changes W_{j+1}ᵀW_{j+1} − W_jW_jᵀ by η²(G_{j+1}ᵀG_{j+1} − G_jG_jᵀ): the terms
  /// of first order cancel. Over a flow time T there are T/η steps, so the drift is of first order in η.
  @Test(arguments: [2, 3, 5]) func unbalancednessDriftsAtFirstOrderOverAFlowTime(_ depth: Int) {
    let (start, problem) = smallProblem(depth: depth)
    func drift(_ steps: Int) -> Double {
      var loss = problem.loss(start.widths)
      let run = GradientDescent(step: .fixed(0.5 / Double(steps)), stepLimit: steps)
        .run(&loss, from: start)
      return difference(gramDifferences(run.finalNetwork), gramDifferences(start))
    }
    let drifts = [400, 800, 1600].map(drift)
    for (coarse, fine) in zip(drifts, drifts.dropFirst()) {
      #expect(abs(coarse / fine - 2) < 0.05, "drifts \(drifts)")
    }
    // One step: second order.
    func oneStep(_ step: Double) -> Double {
      var loss = problem.loss(start.widths)
      let run = GradientDescent(step: .fixed(step), stepLimit: 1).run(&loss, from: start)
      return difference(gramDifferences(run.finalNetwork), gramDifferences(start))
    }
    expectClose(oneStep(2e-2) / oneStep(1e-2), 4, ulps: 1e6)
  }

  @Test func aStepTooLargeDiverges() {
    let (start, problem) = smallProblem(depth: 3)
    var loss = problem.loss(start.widths)
    let run = GradientDescent(step: .fixed(100), stepLimit: 10_000).run(&loss, from: start)
    guard case .diverged(let step) = run.outcome else {
      Issue.record("\(run.outcome)")
      return
    }
    #expect(step == run.stepCount && step > 0)
    // Either the loss itself or the square of its gradient left the range of numbers.
    #expect(run.losses.last! > 1e100)
    #expect(run.outcome.kind == "diverged" && run.outcome.step == step)
  }

  // MARK: the adaptive step

  @Test(arguments: [1, 2, 3, 4]) func lossNeverRisesAndEveryStepHasItsQuotient(_ depth: Int) {
    let (start, problem) = smallProblem(depth: depth)
    var loss = problem.loss(start.widths)
    let control = AdaptiveStep()
    var outside = problem.loss(start.widths)
    var before = outside.value(at: start)
    let first = before
    var gradients = start.layers
    outside.gradients(at: start, into: &gradients)
    var squaredNorm = gradients.reduce(0) { $0 + $1.inner($1) }
    var sum = 0.0
    let run = GradientDescent(targetLoss: 1e-6, stepLimit: 5000).run(&loss, from: start) {
      progress in
      #expect(progress.loss <= before)
      let quotient = (before - progress.loss) / (progress.stepSize * squaredNorm)
      // The same quotient in the same arithmetic: no tolerance.
      #expect(quotient >= control.acceptance)
      sum += progress.stepSize * squaredNorm
      #expect(progress.loss == outside.value(at: progress.network))
      outside.gradients(at: progress.network, into: &gradients)
      squaredNorm = gradients.reduce(0) { $0 + $1.inner($1) }
      expectClose(progress.gradientNorm, squaredNorm.squareRoot(), ulps: 2)
      before = progress.loss
      return .goOn
    }
    #expect(run.outcome == .converged)
    #expect(run.losses.last! <= 1e-6)
    #expect(sum <= first / control.acceptance)
  }

  /// At depth 1 the loss is 1/m-smooth everywhere, so the documented least step can be checked: from a start
  /// where the first trial is far too large, and from one where it is small.
  @Test func stepsStayAboveTheSafeShare() {
    let (far, problem) = smallProblem(depth: 1)
    let control = AdaptiveStep()
    let curvature = 1 / Double(problem.entries.count)
    let most = 2 * (1 - control.acceptance) / curvature
    let least =
      min(control.shrink * (1 - control.acceptance), control.caution * (1 - control.rough))
      * 2 / curvature
    func steps(from start: LinearNetwork) -> [Double] {
      var loss = problem.loss(start.widths)
      var steps: [Double] = []
      _ = GradientDescent(targetLoss: 1e-25, stepLimit: 500).run(&loss, from: start) {
        steps.append($0.stepSize)
        return .goOn
      }
      return steps
    }
    var near = far
    near.layers[0] = problem.entries.dense(elsewhere: 1) + 1e-4 * far.layers[0]
    let short = steps(from: near)
    #expect(short.count > 3 && short.allSatisfy { $0 >= least && $0 <= most * (1 + 1e-9) })
    let long = steps(from: far)
    #expect(long[0] < least)
    #expect(
      zip(long, long.dropFirst()).allSatisfy {
        $0 < $1 || $1 > 2 * (1 - control.smooth) / curvature
      })
  }

  /// ρ = 1 − ½ηκ for a quadratic of curvature κ.
  @Test func nextStepFollowsTheQuotient() {
    let control = AdaptiveStep()
    #expect(control.next(after: 2, quotient: 0.9) == 2 * control.growth)
    #expect(control.next(after: 2, quotient: 0.7) == 2)
    #expect(control.next(after: 2, quotient: 0.3) == 2 * control.caution)
  }

  /// The first step moves no layer by more than a tenth of its size, whatever the scale of the problem.
  @Test(arguments: [1e-2, 1, 1e6]) func firstStepIsATenthOfALayer(_ scale: Double) {
    let (unscaled, problem) = smallProblem(depth: 3)
    var start = unscaled
    for layer in start.layers.indices { start.layers[layer].scale(by: scale) }
    var loss = problem.loss(start.widths)
    let run = GradientDescent(stepLimit: 1).run(&loss, from: start)
    let moves = zip(run.finalNetwork.layers, start.layers).map {
      ($0 - $1).frobeniusNorm / $1.frobeniusNorm
    }
    // Rounding of differences of numbers of which a tenth or less changes.
    #expect(moves.max()! <= 0.1 * (1 + 1e-6))
    #expect(moves.max()! > 0)
  }

  // MARK: endings

  @Test func targetAlreadyReachedTakesNoStep() {
    let (start, problem) = smallProblem(depth: 2)
    var loss = problem.loss(start.widths)
    let run = GradientDescent(targetLoss: .infinity, stepLimit: 10).run(&loss, from: start)
    #expect(run.outcome == .converged)
    #expect(run.stepCount == 0)
    #expect(run.times == [0])
    #expect(run.finalNetwork == start)
  }

  @Test func noStepAllowed() {
    let (start, problem) = smallProblem(depth: 2)
    var loss = problem.loss(start.widths)
    let run = GradientDescent(stepLimit: 0).run(&loss, from: start)
    #expect(run.outcome == .stepLimit(0))
    #expect(run.finalNetwork == start)
  }

  @Test func zeroIsASaddleWhereNothingMoves() {
    let (_, problem) = smallProblem(depth: 3)
    let start = LinearNetwork(zerosOfWidths: [6, 4, 4, 5])
    var loss = problem.loss(start.widths)
    let run = GradientDescent(stepLimit: 100).run(&loss, from: start)
    #expect(run.outcome == .stalled(atStep: 0))
  }

  @Test func minimumThatIsNotZeroStalls() throws {
    var generator = SeededGenerator(seed: 9)
    // Rank 1 cannot fit a matrix of full rank.
    let teacher = CompletionTeacher(
      rowCount: 4, columnCount: 4, rank: 4, entryCount: 16)
    let entries = teacher.problem(using: &generator).entries
    let start = LinearNetwork.gaussian(
      widths: [4, 1, 4], standardDeviation: 0.5, using: &generator)
    var loss = SparseCompletionLoss(entries, widths: start.widths)
    let run = GradientDescent(stepLimit: 100_000).run(&loss, from: start)
    guard case .stalled(let step) = run.outcome else {
      Issue.record("\(run.outcome)")
      return
    }
    #expect(step == run.stepCount)
    let values = try entries.dense().singularValues()
    let best = values.dropFirst().reduce(0) { $0 + $1 * $1 } / 32
    expectClose(run.losses.last!, best, ulps: 1e5)
  }

  /// A loss may be negative: ½W² − W has the minimum −½, where no step can lower it further.
  @Test func lossesMayBeNegative() throws {
    var loss = NegativeLoss()
    let start = try LinearNetwork(layers: [Matrix(rows: [[0.3]])])
    let run = GradientDescent(targetLoss: -.infinity, stepLimit: 10_000).run(&loss, from: start)
    #expect(run.outcome.kind == "stalled")
    #expect(abs(run.finalNetwork.layers[0][0, 0] - 1) < 1e-7)
  }

  /// The squares of a gradient may overflow where the loss does not.
  @Test(arguments: [GradientDescent.Step.fixed(1), .adaptive(AdaptiveStep())])
  func gradientBeyondTheRangeOfNumbersDiverges(_ step: GradientDescent.Step) throws {
    let entries = try ObservedEntries(
      rowCount: 1, columnCount: 1, rows: [0], columns: [0], values: [1e150])
    let start = try LinearNetwork(layers: [Matrix(rows: [[1e80]]), Matrix(rows: [[1]])])
    var loss = SparseCompletionLoss(entries, widths: [1, 1, 1])
    let run = GradientDescent(step: step, stepLimit: 10).run(&loss, from: start)
    #expect(run.outcome.kind == "diverged")
  }

  @Test func observerEndsTheRun() {
    let (start, problem) = smallProblem(depth: 3)
    for (verdict, outcome) in [
      (GradientDescent.Verdict.enough, Outcome.converged), (.interrupt, .interrupted(atStep: 7)),
    ] {
      var loss = problem.loss(start.widths)
      let run = GradientDescent(stepLimit: 100, recording: .spectrum(every: 5))
        .run(&loss, from: start) { $0.step == 7 ? verdict : .goOn }
      #expect(run.outcome == outcome)
      #expect(run.stepCount == 7)
      #expect(run.times == [0, 5, 7])
      #expect(run.losses.last == loss.value(at: run.finalNetwork))
    }
  }

  // MARK: recordings

  @Test func chosenStepsAreRecordedAndTheLastAlways() {
    let (start, problem) = smallProblem(depth: 3)
    func times(_ schedule: Recording.Schedule) -> [Double] {
      var loss = problem.loss(start.widths)
      return GradientDescent(stepLimit: 10, recording: Recording(schedule))
        .run(&loss, from: start).times
    }
    #expect(times(.last) == [10])
    #expect(times(.every(4)) == [0, 4, 8, 10])
    #expect(times(.every(5)) == [0, 5, 10])
    #expect(times(.at([0, 3, 99])) == [0, 3, 10])
    #expect(times(.at([10])) == [10])
  }

  @Test func snapshotsHoldTheQuantitiesAskedFor() {
    let (start, problem) = smallProblem(depth: 3)
    var loss = problem.loss(start.widths)
    let run = GradientDescent(stepLimit: 3, recording: everything(every: 1)).run(&loss, from: start)
    for snapshot in run.snapshots {
      let network = LinearNetwork(fitting: snapshot.layers!)
      #expect(snapshot.endToEnd == network.endToEnd())
      #expect(snapshot.singularValues == network.singularValues())
      #expect(snapshot.unbalancedness == network.unbalancedness())
    }
    let bare = GradientDescent(stepLimit: 3).run(&loss, from: start).snapshots[0]
    #expect(bare.layers == nil && bare.endToEnd == nil)
    #expect(bare.singularValues == nil && bare.unbalancedness == nil)
  }

  @Test func theSameStartGivesTheSameBits() {
    func run() -> Trajectory {
      let (start, problem) = smallProblem(depth: 3)
      var loss = problem.loss(start.widths)
      return GradientDescent(stepLimit: 200, recording: everything(every: 50))
        .run(&loss, from: start)
    }
    #expect(run() == run())
  }

  /// Everything needed to go on is in the result: with a fixed step, ten steps and ten more are twenty.
  @Test func aRunCanBeContinued() {
    let (start, problem) = smallProblem(depth: 3)
    func run(_ steps: Int, from network: LinearNetwork) -> LinearNetwork {
      var loss = problem.loss(network.widths)
      return GradientDescent(step: .fixed(0.1), stepLimit: steps).run(&loss, from: network)
        .finalNetwork
    }
    #expect(run(10, from: run(10, from: start)) == run(20, from: start))
  }

  @Test(arguments: [GradientDescent.Step.fixed(0.01), .adaptive(AdaptiveStep())])
  func stepsAllocateNothing(_ step: GradientDescent.Step) {
    let (start, problem) = smallProblem(depth: 3)
    var loss = SparseCompletionLoss(problem.entries, widths: start.widths)
    var dense = EndToEndLoss(CompletionObjective(problem.entries), widths: start.widths)
    func allocations(_ steps: Int) -> (sparse: Int, dense: Int) {
      let descent = GradientDescent(step: step, stepLimit: steps)
      let before = allocation_count()
      let sparse = descent.run(&loss, from: start)
      let between = allocation_count()
      let run = descent.run(&dense, from: start)
      let after = allocation_count()
      #expect(sparse.stepCount == steps && run.stepCount == steps)
      return (between - before, after - between)
    }
    _ = allocations(2)
    #expect(allocations(100) == allocations(50))
  }
}

/// ½W² − W at depth one.
private struct NegativeLoss: NetworkLoss {
  func value(at network: LinearNetwork) -> Double {
    let w = network.layers[0][0, 0]
    return w * w / 2 - w
  }

  func gradients(at network: LinearNetwork, into gradients: inout [Matrix]) {
    gradients[0][0, 0] = network.layers[0][0, 0] - 1
  }
}

private struct Problem {
  let entries: ObservedEntries

  func loss(_ widths: [Int]) -> AnyCompletionLoss { AnyCompletionLoss(entries, widths: widths) }
}

/// Sparse where there are factors, dense at depth 1.
private enum AnyCompletionLoss: NetworkLoss {
  case dense(EndToEndLoss<CompletionObjective>)
  case sparse(SparseCompletionLoss)

  init(_ entries: ObservedEntries, widths: [Int]) {
    self =
      widths.count == 2
      ? .dense(EndToEndLoss(CompletionObjective(entries), widths: widths))
      : .sparse(SparseCompletionLoss(entries, widths: widths))
  }

  mutating func value(at network: LinearNetwork) -> Double {
    switch self {
    case .dense(var loss):
      let value = loss.value(at: network)
      self = .dense(loss)
      return value
    case .sparse(var loss):
      let value = loss.value(at: network)
      self = .sparse(loss)
      return value
    }
  }

  mutating func gradients(at network: LinearNetwork, into gradients: inout [Matrix]) {
    switch self {
    case .dense(var loss):
      loss.gradients(at: network, into: &gradients)
      self = .dense(loss)
    case .sparse(var loss):
      loss.gradients(at: network, into: &gradients)
      self = .sparse(loss)
    }
  }
}

private func everything(every steps: Int) -> Recording {
  Recording(.every(steps), of: Set(Recording.Quantity.allCases))
}

/// 5×6, rank 2, 20 entries; widths 6, 4, …, 4, 5 and weights of standard deviation 0.6.
private func smallProblem(depth: Int) -> (start: LinearNetwork, problem: Problem) {
  var generator = SeededGenerator(seed: 11)
  let entries = CompletionTeacher(rowCount: 5, columnCount: 6, rank: 2, entryCount: 20)
    .problem(using: &generator).entries
  let start = LinearNetwork.gaussian(
    widths: [6] + [Int](repeating: 4, count: depth - 1) + [5], standardDeviation: 0.6,
    using: &generator)
  return (start, Problem(entries: entries))
}

/// W_{j+1}ᵀW_{j+1} − W_jW_jᵀ for every j.
private func gramDifferences(_ network: LinearNetwork) -> [Matrix] {
  zip(network.layers, network.layers.dropFirst()).map { lower, upper in
    upper.transposedTimes(upper) - lower.timesTransposed(lower)
  }
}

private func difference(_ a: [Matrix], _ b: [Matrix]) -> Double {
  zip(a, b).map { ($0 - $1).frobeniusNorm }.max() ?? 0
}
