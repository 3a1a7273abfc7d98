import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

@Suite struct PerturbedModesTests {
  /// Random data whose modes mix by 1e-4 to 0.1: the flow stays within the bound, which says something for small B; a record
  /// that is off by more is a violation.
  @Test func flowsStayNearTheClosedForm() throws {
    var generator = SeededGenerator(seed: 91)
    var (holding, violated) = (0, 0)
    let range = problems(1000, debug: 60)
    for trial in range {
      let (outputs, inputs) = (2 + trial % 2, 2 + trial / 2 % 2)
      let count = min(outputs, inputs)
      let v = Matrix.orthogonal(rowCount: inputs, columnCount: inputs, using: &generator)
      let u = Matrix.orthogonal(rowCount: outputs, columnCount: outputs, using: &generator)
      let σ = (0..<count).map { 1.5 - 0.6 * Double($0) + 0.2 * generator.nextUniform() }
      let λ = (0..<inputs).map { _ in 0.7 + 0.6 * generator.nextUniform() }
      let mixing = Double.pow(10, -4 + 3 * generator.nextUniform())
      let noise = Matrix.gaussian(rowCount: inputs, columnCount: inputs, using: &generator)
      let x = (v * (.diagonal(λ) + mixing * noise.symmetrized())).timesTransposed(v).symmetrized()
      guard try x.symmetricEigenvalues().last! > 0 else { continue }
      let yx = u.firstColumns(count).scalingColumns(by: σ).timesTransposed(v.firstColumns(count))
      let objective = try RegressionObjective(inputCovariance: x, crossCovariance: yx)
      let network = try LinearNetwork.spectral(
        alignedWith: yx, scales: [Double](repeating: 0.05, count: count), hiddenWidths: [count])
      let times = [0, 1, 2, 4]
      let trajectory = GradientFlow(
        until: 4, steps: .adaptive(relativeTolerance: 1e-11),
        recording: .at(times.map(Double.init), of: [.endToEnd])
      ).run(objective, from: network).trajectory
      func certificate(_ trajectory: Trajectory) throws -> Certificate {
        try PerturbedModesBound.certificate(
          for: CertifiedRun(
            objective: objective, from: .layered(network), moving: .flow, accuracy: 1e-8,
            recorded: trajectory))
      }
      let honest = try certificate(trajectory)
      #expect(honest.verdict != .violated, "\(trial) \(mixing) \(honest.violations.first as Any)")
      guard honest.verdict == .holds else { continue }
      holding += 1
      // Twice as fast.
      var doctored = trajectory
      for k in 1..<3 { doctored.snapshots[k].endToEnd = trajectory.snapshots[k + 1].endToEnd }
      if try certificate(doctored).verdict == .violated { violated += 1 }
    }
    #expect(holding > range.count / 2 && violated > holding / 2, "\(holding) \(violated)")
  }

  /// Without B the bound is zero but for rounding.
  @Test func modesThatDoNotMixNeedNoBound() throws {
    let problem = QuadraticProblem.regression(
      inputCovariance: .diagonal([2, 1]), crossCovariance: .diagonal([1, 0.5]))
    let network = LinearNetwork.identity(widths: [2, 2, 2], scale: 0.1)
    let perturbed = try PerturbedModes(problem, from: network, at: [0, 1, 5])
    #expect(perturbed.endToEndBounds.allSatisfy { $0 < 1e-12 })
    #expect(throws: NoExactSolution.self) {
      var turned = network
      turned.layers[0] = Matrix(rows: [[0.1, 0.05], [0, 0.1]])
      _ = try PerturbedModes(problem, from: turned, at: [1])
    }
  }
}
