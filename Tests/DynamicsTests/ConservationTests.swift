import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing

@Suite("Conservation") struct ConservationTests {
  static func problem(_ depth: Int, seed: UInt64) throws -> (FactorizationObjective, LinearNetwork)
  {
    var random = SeededGenerator(seed: seed)
    let widths = [4] + [Int](repeating: 5, count: depth - 1) + [3]
    return (
      FactorizationObjective(.gaussian(rowCount: 3, columnCount: 4, using: &random)),
      .gaussian(widths: widths, standardDeviation: 0.4, using: &random)
    )
  }

  @Test(
    "flow keeps every invariant to ten times its tolerance", arguments: [2, 3, 4, 5], [1e-6, 1e-9])
  func flow(depth: Int, tolerance: Double) throws {
    let (objective, network) = try Self.problem(depth, seed: UInt64(40 + depth))
    let run = GradientFlow(until: 50, steps: .adaptive(relativeTolerance: tolerance))
      .run(objective, from: network)
    #expect(run.trajectory.outcome == .ended)
    #expect(try #require(run.invariantDrift) <= 10 * tolerance)
  }

  @Test("descent drifts in proportion to its step over a given time", arguments: [2, 3, 4])
  func descent(depth: Int) throws {
    // One step changes the invariant by η² times a bounded matrix: over a time T by O(ηT).
    let (objective, network) = try Self.problem(depth, seed: UInt64(50 + depth))
    let before = network.balanceInvariants()
    let drifts = [4e-3, 2e-3, 1e-3].map { step in
      let end = Descent(stepSize: step, stepLimit: Int((4 / step).rounded()))
        .run(objective, from: network).finalNetwork
      return zip(end.balanceInvariants(), before).map { ($0 - $1).frobeniusNorm }.max()!
    }
    for (coarse, fine) in zip(drifts, drifts.dropFirst()) {
      let order = Double.log(coarse / fine) / Double.log(2)
      #expect(abs(order - 1) <= 0.05, "order \(order)")
    }
  }

  @Test("balanced layers and the end-to-end flow make one path", arguments: [1, 2, 3, 4])
  func endToEnd(depth: Int) throws {
    var random = SeededGenerator(seed: 60)
    let objective = FactorizationObjective(.gaussian(rowCount: 3, columnCount: 4, using: &random))
    let start = Matrix.gaussian(rowCount: 3, columnCount: 4, standardDeviation: 0.3, using: &random)
    let network = try LinearNetwork.balanced(
      endToEnd: start, hiddenWidths: [Int](repeating: 4, count: depth - 1))
    let flow = GradientFlow(
      until: 2, steps: .adaptive(relativeTolerance: 1e-11),
      recording: .at([0.5, 2], of: [.endToEnd]))
    let layers = flow.run(objective, from: network).trajectory
    let direct = flow.run(EndToEndFlow(objective, depth: depth, from: start)).trajectory
    for (a, b) in zip(layers.snapshots, direct.snapshots) {
      #expect((a.endToEnd! - b.endToEnd!).frobeniusNorm <= 1e-9 * a.endToEnd!.frobeniusNorm)
    }
  }

  @Test("a regularised flow that begins at its imbalance is the plain flow") func regularized()
    throws
  {
    let (objective, network) = try Self.problem(2, seed: 70)
    let flow = GradientFlow(until: 3, steps: .adaptive(relativeTolerance: 1e-11))
    let plain = flow.run(objective, from: network).trajectory.finalNetwork
    let penalised = flow.run(
      RegularizedFlow(objective, imbalance: network.balanceInvariants()[0], from: network)
    ).trajectory.finalNetwork
    for (a, b) in zip(plain.layers, penalised.layers) {
      #expect((a - b).frobeniusNorm <= 1e-9 * a.frobeniusNorm)
    }
  }
}
