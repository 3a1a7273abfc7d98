import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

@Suite struct ImbalancedConvergenceTests {
  /// The closed form of starts of every imbalance, and of the regularised flow from any start: the bound holds, and a run that
  /// stands still does not keep to it.
  @Test func theBoundIsKeptAndNotByARunThatStandsStill() throws {
    var generator = SeededGenerator(seed: 101)
    var (holding, violated) = (0, 0)
    let range = problems(1000, debug: 150)
    for trial in range {
      let (m, n) = (1 + trial % 3, 1 + trial / 3 % 3)
      let width = m + n
      let target = Matrix.gaussian(rowCount: m, columnCount: n, using: &generator)
      let network = try LinearNetwork(layers: [
        0.7 * Matrix.gaussian(rowCount: width, columnCount: n, using: &generator),
        0.7 * Matrix.gaussian(rowCount: m, columnCount: width, using: &generator),
      ])
      let imbalance = [0.5, -0.8, 1.5][trial % 3]
      let problem = QuadraticProblem.factorization(target: target)
      let solution = try ExactSolutions.solveRegularized(
        problem, from: .layered(network), imbalance: imbalance, at: [0, 0.5, 2, 5],
        quantities: [.endToEnd])
      func certificate(_ trajectory: Trajectory) throws -> Certificate {
        try ImbalancedConvergence.certificate(
          for: CertifiedRun(
            objective: FactorizationObjective(target), from: .layered(network),
            moving: .regularizedFlow(
              startsBalanced: false, imbalance: imbalance * .identity(width)),
            recorded: trajectory))
      }
      let honest = try certificate(solution.trajectory)
      #expect(honest.verdict != .violated, "\(trial) \(honest.violations.first as Any)")
      guard honest.verdict == .holds else { continue }
      holding += 1
      var stuck = solution.trajectory
      for k in 1...3 { stuck.snapshots[k].endToEnd = stuck.snapshots[0].endToEnd }
      if honest.bounds[3].limit < 0.5 * honest.bounds[0].measured! {
        violated += 1
        #expect(try certificate(stuck).verdict == .violated)
      }
    }
    #expect(holding > range.count / 2 && violated > range.count / 4, "\(holding) \(violated)")
  }
}
