import Dynamics
import Foundation
import LinearAlgebra
import LinearNetworks
import Testing

@Suite("Every descent rule") struct DescentRuleTests {
  struct Rule: Sendable, CustomTestStringConvertible {
    let rule: AnyDescentRule
    let stepSize: Double
    var testDescription: String { rule.name }
  }

  static let all = zip(AnyDescentRule.all, [0.1, 0.02, 0.02, 0.01, 0.004]).map {
    Rule(rule: $0, stepSize: $1)
  }

  static func problem() throws -> (RegressionObjective, LinearNetwork) {
    var random = SeededGenerator(seed: 90)
    let x = Matrix.gaussian(rowCount: 40, columnCount: 4, using: &random)
    let truth = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &random)
    let noise = Matrix.gaussian(
      rowCount: 40, columnCount: 3, standardDeviation: 0.1, using: &random)
    return (
      try RegressionObjective(inputs: x, targets: x.timesTransposed(truth) + noise),
      .gaussian(widths: [4, 5, 3], standardDeviation: 0.4, using: &random)
    )
  }

  @Test("reaches the minimum", arguments: all) func converges(_ entry: Rule) throws {
    let (objective, network) = try Self.problem()
    let minimum = try #require(objective.minimum).value
    let run = Descent(entry.rule, stepSize: entry.stepSize, stepLimit: 4000)
      .run(objective, from: network)
    // A rule that normalises keeps jumping by about its step.
    let isNormalised = entry.rule.name == "groupRMSprop" || entry.rule.name == "adam"
    #expect(run.snapshots.last!.loss - minimum <= (isNormalised ? 1e-3 : 1e-9))
  }

  @Test("continues from a checkpoint to the same bits", arguments: all) func checkpoint(
    _ entry: Rule
  ) throws {
    let (objective, network) = try Self.problem()
    let settings = Descent(
      entry.rule, stepSize: entry.stepSize, stepLimit: 60,
      recording: Recording(.every(7), of: [.layers, .singularValues]))
    let equation = NetworkFlow(EndToEndLoss(objective, widths: network.widths), from: network)
    let whole = settings.run(equation)
    var run = DescentRun(settings, equation)
    _ = run.advance { $0.step == 31 ? .interrupt : .goOn }
    let data = try PropertyListEncoder().encode(run.checkpoint)
    var resumed = DescentRun(
      settings, equation, from: try PropertyListDecoder().decode(DescentCheckpoint.self, from: data)
    )
    #expect(resumed.advance() == whole)
  }

  @Test("calls a step that is too long divergence", arguments: all.prefix(3)) func diverges(
    _ entry: Rule
  ) throws {
    let (objective, network) = try Self.problem()
    let run = Descent(entry.rule, stepSize: 50, stepLimit: 1000).run(objective, from: network)
    #expect(run.outcome.kind == "diverged")
    #expect(run.stepCount < 1000)
  }
}

@Suite("Descents") struct DescentTests {
  @Test("plain descent takes the steps of GradientDescent") func agrees() throws {
    let (objective, network) = try DescentRuleTests.problem()
    var loss = EndToEndLoss(objective, widths: network.widths)
    let a = GradientDescent(step: .fixed(0.05), stepLimit: 50).run(&loss, from: network)
    let b = Descent(stepSize: 0.05, stepLimit: 50).run(objective, from: network)
    for (x, y) in zip(a.finalNetwork.layers, b.finalNetwork.layers) {
      #expect((x - y).frobeniusNorm <= 1e-13 * x.frobeniusNorm)
    }
  }

  @Test("momentum of a scalar quadratic is the two-term recurrence") func momentum() throws {
    // w₊ = w − ηw + μ(w − w₋) for ½w², target 0.
    let network = try LinearNetwork(layers: [Matrix(rows: [[1]])])
    let run = Descent(
      .heavyBall(HeavyBallDescent(momentum: 0.5)), stepSize: 0.25, stepLimit: 3,
      recording: Recording(.every(1), of: [.endToEnd])
    ).run(FactorizationObjective(Matrix(rows: [[0]])), from: network)
    // Exact in binary: 1, 0.75, 0.4375, 0.171875.
    #expect(run.snapshots.map { $0.endToEnd![0, 0] } == [1, 0.75, 0.4375, 0.171875])
  }

  @Test("the first step of Adam is its step size in every weight") func adam() throws {
    let network = try LinearNetwork(layers: [Matrix(rows: [[1, -2]])])
    let run = Descent(.adam(AdamDescent()), stepSize: 0.125, stepLimit: 1)
      .run(FactorizationObjective(Matrix(rows: [[0, 0]])), from: network)
    let w = run.finalNetwork.layers[0]
    #expect(abs(w[0, 0] - 0.875) < 1e-8)
    #expect(abs(w[0, 1] + 1.875) < 1e-8)
  }

  @Test("the first step of GroupRMSprop has root mean square equal to its step size") func group()
    throws
  {
    let network = try LinearNetwork(layers: [Matrix(rows: [[3, -4]])])
    let run = Descent(.groupRMSprop(GroupRMSpropDescent()), stepSize: 0.5, stepLimit: 1)
      .run(FactorizationObjective(Matrix(rows: [[0, 0]])), from: network)
    let change = run.finalNetwork.layers[0] - network.layers[0]
    // (3, −4) over the root of 25/2, half of it.
    #expect((change - Matrix(rows: [[-0.3, 0.4]]) * 2.0.squareRoot()).frobeniusNorm < 1e-6)
  }

  @Test("batches visit every sample once a pass, and average to the full gradient") func batches()
    throws
  {
    let (objective, network) = try DescentRuleTests.problem()
    let flow = MinibatchFlow(
      objective, batchSize: 8, from: network, using: SeededGenerator(seed: 5))
    func velocity(_ flow: some FlowEquation, step: Int) -> [Double] {
      var flow = flow
      var result = [Double](repeating: 0, count: flow.dimension)
      flow.beginStep(step)
      flow.start.withUnsafeBufferPointer { start in
        result.withUnsafeMutableBufferPointer { _ = flow.setVelocity(at: start, into: $0) }
      }
      return result
    }
    let full = velocity(
      NetworkFlow(EndToEndLoss(objective, widths: network.widths), from: network), step: 0)
    for pass in 0..<2 {
      let parts = (0..<5).map { velocity(flow, step: 5 * pass + $0) }
      for k in full.indices {
        let mean = parts.reduce(0) { $0 + $1[k] } / 5
        #expect(abs(mean - full[k]) <= 1e-12 * (1 + abs(full[k])))
      }
    }
    #expect(velocity(flow, step: 7) == velocity(flow, step: 7))
    #expect(velocity(flow, step: 2) != velocity(flow, step: 7))
  }
}
