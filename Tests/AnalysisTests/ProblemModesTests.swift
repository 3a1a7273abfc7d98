import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

@Suite struct ProblemModesTests {
  /// Σx diagonal in V, Σyx = U S Vᵀ: the modes are those, nothing mixes them, and training rests on their plateaus.
  @Test func modesThatDoNotMixAreFoundAndLearned() throws {
    var generator = SeededGenerator(seed: 71)
    var disagreements = 0
    for trial in problems(500, debug: 120) {
      let (outputs, inputs) = (2 + trial % 3, 2 + trial / 3 % 4)
      let count = min(outputs, inputs)
      let u = Matrix.orthogonal(rowCount: outputs, columnCount: outputs, using: &generator)
      let v = Matrix.orthogonal(rowCount: inputs, columnCount: inputs, using: &generator)
      let σ = (0..<count).map {
        Double.pow(0.6, Double($0)) * (0.8 + 0.2 * generator.nextUniform())
      }
      let λ = (0..<inputs).map { _ in 0.3 + 2 * generator.nextUniform() }
      let x = v.scalingColumns(by: λ).timesTransposed(v).symmetrized()
      let yx = u.firstColumns(count).scalingColumns(by: σ).timesTransposed(v.firstColumns(count))
      let modes = try ProblemModes(inputCovariance: x, crossCovariance: yx)
      expectClose(modes.modes.map(\.target), σ, relative: 1e-12)
      expectClose(modes.modes.map(\.curvature), Array(λ.prefix(count)), relative: 1e-11)
      let others = λ.dropFirst(count).sorted(by: >)
      #expect(modes.otherVariances.count == others.count)
      #expect(zip(modes.otherVariances, others).allSatisfy { abs($0 - $1) <= 1e-11 * λ.max()! })
      #expect(modes.offDiagonalShare < 1e-12 && modes.commutatorShare < 1e-12)
      expectClose(modes.optimumReductions.last!, modes.plateauReductions.last!, relative: 1e-11)
      let gains = zip(σ, λ).map { $0 * $0 / $1 }
      #expect((modes.firstDisagreement == nil) == (gains == gains.sorted(by: >)))
      if modes.firstDisagreement != nil { disagreements += 1 }
      // Between the half-rises of the first two modes the loss of the closed form is that of the first plateau.
      guard count > 1 else { continue }
      let w0 = 1e-60
      let times = modes.modes.map {
        LearningTimes.predicted(
          BalancedMode(
            depth: 2, target: $0.target, curvature: $0.curvature, initial: w0.squareRoot()))!
      }
      let network = LinearNetwork.spectral(u, v, size: w0.squareRoot(), count: count)
      let solution = try ExactSolutions.solve(
        .regression(inputCovariance: x, crossCovariance: yx), from: .layered(network),
        at: [0.5 * (times[0] + times[1])])
      let loss = try #require(solution.trajectory.losses.first)
      #expect(abs(loss + modes.plateauReductions[1]) < 1e-3 * modes.plateauReductions[1])
    }
    #expect(disagreements > 20)
  }

  /// For any data: measures agree with their definitions, and the sharpness with the Hessian's largest eigenvalue.
  @Test func measuresAndSharpnessAgreeWithTheirDefinitions() throws {
    var generator = SeededGenerator(seed: 72)
    for trial in problems(500, debug: 60) {
      let (outputs, inputs) = (1 + trial % 3, 1 + trial / 3 % 3)
      let samples = Matrix.gaussian(rowCount: 9, columnCount: inputs, using: &generator)
      let targets = Matrix.gaussian(rowCount: 9, columnCount: outputs, using: &generator)
      var data = CovarianceAccumulator(inputCount: inputs, outputCount: outputs)
      data.add(inputs: samples, targets: targets)
      let modes = try ProblemModes(
        inputCovariance: data.inputCovariance, crossCovariance: data.crossCovariance)
      let joint = try JointDecomposition(of: data)
      #expect(abs(modes.commutatorShare - joint.commutatorShare) < 1e-12)
      #expect(abs(modes.distanceFromWhite - joint.distanceFromWhite) < 1e-12)
      #expect(abs(modes.offDiagonalShare - joint.offDiagonalShare) < 1e-10)
      #expect(modes.firstDisagreement == joint.firstDisagreement)
      let problem = QuadraticProblem.regression(
        inputCovariance: data.inputCovariance, crossCovariance: data.crossCovariance)
      expectClose(modes.minimizer, try problem.minimizer(), relative: 1e-9)
      expectClose(modes.optimumGains, try ReducedRankOptima(of: problem).gains, relative: 1e-9)
      let depth = 2 + trial % 2
      let width = max(inputs, outputs)
      let network = try LinearNetwork.balanced(
        endToEnd: modes.minimizer, hiddenWidths: [Int](repeating: width, count: depth - 1))
      let hessian = LossLandscape(problem).hessian(at: network.layers)
      let largest = try hessian.symmetrized().symmetricEigenvalues()[0]
      expectClose(try modes.sharpness(depth: depth), largest, relative: 1e-6)
    }
  }

  /// The steps until half of the limit, against descent on the layers.
  @Test func stepsAreThoseOfDescent() throws {
    var generator = SeededGenerator(seed: 73)
    for trial in problems(200, debug: 60) {
      let depth = 2 + trial % 3
      let (σ, λ) = (0.5 + generator.nextUniform(), 0.5 + generator.nextUniform())
      let mode = BalancedMode(
        depth: depth, target: σ, curvature: λ, initial: 0.1 + 0.2 * generator.nextUniform())
      let step = 0.1 * (0.1 + generator.nextUniform())
      let count = try #require(LearningTimes.steps(mode, stepSize: step))
      let network = try LinearNetwork(
        layers: [Matrix](repeating: Matrix(rows: [[mode.initial]]), count: depth))
      let objective = try RegressionObjective(
        inputCovariance: Matrix(rows: [[λ]]), crossCovariance: Matrix(rows: [[σ]]))
      let run = Descent(
        stepSize: step, stepLimit: count, recording: Recording(.every(1), of: [.endToEnd])
      ).run(objective, from: network)
      let values = run.snapshots.map { $0.endToEnd![0, 0] * λ / σ }
      #expect(values[count] >= 0.5 && (count == 0 || values[count - 1] < 0.5))
    }
    let never = BalancedMode(depth: 2, target: -1, curvature: 1, initial: 0.1)
    #expect(LearningTimes.steps(never, stepSize: 0.1) == nil)
  }
}

extension LinearNetwork {
  /// Two layers with `count` modes of one size in given bases.
  fileprivate static func spectral(_ u: Matrix, _ v: Matrix, size: Double, count: Int)
    -> LinearNetwork
  {
    try! LinearNetwork(layers: [
      size * v.firstColumns(count).transposed(), size * u.firstColumns(count),
    ])
  }
}
