import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

/// Closed forms of whole networks against tight integration, small-step descent and their own symmetries.
@Suite struct MatrixSolutionTests {
  static let quantities = Set(Recording.Quantity.allCases)

  @Test func spectralNetworksFollowGradientFlow() throws {
    var generator = SeededGenerator(seed: 1)
    for trial in 0..<120 {
      let depth = 2 + trial % 4
      let random = RandomProblems.spectral(depth: depth, using: &generator)
      let problem = QuadraticProblem.regression(
        inputCovariance: random.inputCovariance, crossCovariance: random.crossCovariance)
      let time = 1.5 * generator.nextUniform()
      let solution = try ExactSolutions.solve(
        problem, from: .layered(random.network), at: [time], quantities: Self.quantities)
      #expect(solution.method == .spectralModes)
      #expect(solution.determinesLayers)
      let expected = ExtrapolationIntegrator.solve(
        from: random.network.layers, until: time, tolerance: 1e-13
      ) { layeredFlow($0, gradient: problem.gradient) }
      let snapshot = solution.trajectory.snapshots[0]
      for (layer, other) in zip(try #require(snapshot.layers), expected) {
        expectClose(layer, other, relative: 1e-10)
      }
      let w = expected.dropFirst().reduce(expected[0]) { $1 * $0 }
      expectClose(try #require(snapshot.endToEnd), w, relative: 1e-10)
      expectClose(try #require(snapshot.singularValues), try w.singularValues(), relative: 1e-10)
      expectClose(snapshot.loss, problem.loss(at: w), relative: 1e-9)
    }
  }

  /// Any target and any start whose imbalance is a multiple of the identity: W₁ = [aV 0]-like blocks.
  @Test func imbalancedFactorizationsFollowGradientFlow() throws {
    var generator = SeededGenerator(seed: 2)
    for trial in 0..<60 {
      let (m, n) = (2 + trial % 3, 2 + trial % 2)
      let k = min(m, n)
      let imbalance = [0, 0.7, -0.9][trial % 3]
      // W₂ = U √(s + λ₀/2), W₁ = √(s − λ₀/2) Vᵀ with s ≥ |λ₀|/2.
      let s = (0..<k).map { _ in abs(imbalance) / 2 + generator.nextUniform() }
      let hidden = Matrix.orthogonal(rowCount: k, columnCount: k, using: &generator)
      let upper = Matrix.orthogonal(rowCount: m, columnCount: k, using: &generator)
        .scalingColumns(by: s.map { ($0 + imbalance / 2).squareRoot() }).timesTransposed(hidden)
      let lower =
        hidden
        * Matrix.orthogonal(rowCount: n, columnCount: k, using: &generator)
        .scalingColumns(by: s.map { ($0 - imbalance / 2).squareRoot() }).transposed()
      let target = Matrix.gaussian(rowCount: m, columnCount: n, using: &generator)
      let variance = [1.0, 0.4, 1.7][trial / 3 % 3]
      let problem = QuadraticProblem.regression(
        inputCovariance: variance * Matrix.identity(n), crossCovariance: variance * target)
      let time = 2 * generator.nextUniform()
      let solution = try ExactSolutions.solve(
        problem, from: .layered(LinearNetwork(layers: [lower, upper])), at: [time])
      #expect(solution.method == .imbalancedFactorization)
      #expect(solution.recognition == .whiteInputs)
      let layers = ExtrapolationIntegrator.solve(
        from: [lower, upper], until: time, tolerance: 1e-13
      ) { layeredFlow($0, gradient: problem.gradient) }
      expectClose(
        try #require(solution.trajectory.snapshots[0].endToEnd), layers[1] * layers[0],
        relative: 1e-10)
    }
  }

  @Test func symmetricNetworksFollowGradientFlow() throws {
    var generator = SeededGenerator(seed: 3)
    for trial in 0..<60 {
      let n = 2 + trial % 4
      var eigenvalues = (0..<n).map { _ in 3 * generator.nextUniform() - 1.5 }
      if trial % 3 == 0 { eigenvalues[0] = 0 }
      let target = Matrix.randomSymmetric(eigenvalues: eigenvalues, using: &generator)
      let width = 1 + generator.nextIndex(below: n + 1)
      let factor = Matrix.lowRank(
        rowCount: n, columnCount: width, rank: max(1, min(width, n) - trial % 2), using: &generator)
      let time = 2 * generator.nextUniform()
      let solution = try ExactSolutions.solve(
        .factorization(target: target), from: .symmetric(factor: factor), at: [time])
      #expect(solution.method == .symmetricRiccati)
      let u = ExtrapolationIntegrator.solve(from: [factor], until: time, tolerance: 1e-13) {
        [2 * ((target - $0[0].timesTransposed($0[0])) * $0[0])]
      }[0]
      expectClose(
        try #require(solution.trajectory.snapshots[0].endToEnd), u.timesTransposed(u),
        relative: 1e-10)
    }
  }

  /// The limit is the nearest positive semidefinite matrix, and for a rank-deficient start it stays of that
  /// rank.
  @Test func longTimesReachTheLimitsOfTheRiccatiFlow() throws {
    var generator = SeededGenerator(seed: 4)
    let target = Matrix.randomSymmetric(eigenvalues: [2, 1, 0.5, 0, -1], using: &generator)
    let full = 1e-3 * Matrix.gaussian(rowCount: 5, columnCount: 6, using: &generator)
    let limit = try SymmetricEigendecomposition(of: target).map { max($0, 0) }
    let x = try SymmetricRiccati(target: target, factor: full).endToEnd(at: 500)
    // On the kernel the decay is only 1/(4t).
    expectClose(x, limit, relative: 1.0 / (4 * 500) / 2 * 1.01)
    let thin =
      Matrix.gaussian(rowCount: 5, columnCount: 1, using: &generator)
      * Matrix(
        rows: [[0.3, -0.4, 0.5]])
    let path = try SymmetricRiccati(target: target, factor: thin)
    for time in [1.0, 30, 500] {
      let values = try path.endToEnd(at: time).symmetricEigenvalues()
      #expect(values[1] <= 1e-15 * values[0])
    }
    expectClose(try path.endToEnd(at: 500).symmetricEigenvalues()[0], 2, relative: 1e-12)
  }

  /// Diagonal problems have the scalar solution per component, however far apart the components are.
  @Test(arguments: [1e-300, 1e-150, 1e-20, 1e-3])
  func theRiccatiFlowKeepsTinyComponents(size: Double) throws {
    let σ = [2.0, 1.1, 0.3, -0.5]
    let starts = [size, 1e-2 * size.squareRoot(), 0.1, 0.2]
    let path = try SymmetricRiccati(target: .diagonal(σ), factor: .diagonal(starts))
    for time in [0.5, 10, 100, 345, 500] {
      let u = try path.factor(at: time)
      for k in σ.indices {
        let mode = BalancedMode(depth: 2, target: 2 * σ[k], curvature: 2, initial: starts[k])
        let row = Matrix(rowCount: 1, columnCount: u.columnCount, elements: u.row(k))
        expectClose(row.frobeniusNorm, mode.layerValue(at: time), relative: 1e-10)
      }
    }
  }

  @Test func linearModelsFollowGradientFlow() throws {
    var generator = SeededGenerator(seed: 5)
    for trial in 0..<40 {
      let inputs = 2 + trial % 3
      let samples = Matrix.gaussian(
        rowCount: trial % 2 == 0 ? inputs - 1 : 6, columnCount: inputs, using: &generator)
      let x = samples.transposedTimes(samples)
      let problem = QuadraticProblem.regression(
        inputCovariance: x,
        crossCovariance: Matrix.gaussian(rowCount: 2, columnCount: inputs, using: &generator))
      let start = Matrix.gaussian(rowCount: 2, columnCount: inputs, using: &generator)
      let time = 3 * generator.nextUniform()
      let solution = try ExactSolutions.solve(
        problem, from: .layered(LinearNetwork(layers: [start])), at: [time])
      let expected = ExtrapolationIntegrator.solve(from: [start], until: time, tolerance: 1e-13) {
        [-problem.gradient(at: $0[0])]
      }[0]
      expectClose(
        try #require(solution.trajectory.snapshots[0].endToEnd), expected, relative: 1e-10)
    }
  }

  @Test func linearDescentIsItsRecurrence() throws {
    var generator = SeededGenerator(seed: 6)
    for η in [0.05, 0.4, 0.9] {
      let x = Matrix.randomSymmetric(eigenvalues: [2, 1, 0.1, 0], using: &generator)
      let yx = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &generator)
      let start = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &generator)
      let model = try LinearModel(inputCovariance: x, crossCovariance: yx)
      var w = start
      for step in 0...60 {
        if step % 20 < 2 {
          expectClose(
            model.descent(from: start, stepSize: η, after: step), w, relative: 1e-12)
        }
        w += η * (yx - w * x)
      }
    }
  }

  /// Descent with step η deviates from the flow by O(η): half the step, half the difference. The integrated flow
  /// deviates from the closed form by its tolerance, which is relative to every layer and so to Π_j ‖W_j‖.
  @Test func theFlowAndSmallStepDescentApproachTheClosedForm() throws {
    var generator = SeededGenerator(seed: 7)
    for trial in 0..<200 {
      let random = RandomProblems.spectral(depth: 2 + trial % 3, using: &generator)
      let problem = QuadraticProblem.regression(
        inputCovariance: random.inputCovariance, crossCovariance: random.crossCovariance)
      let exact = try #require(
        try ExactSolutions.solve(problem, from: .layered(random.network), at: [1])
          .trajectory.snapshots[0].endToEnd)
      let objective = try RegressionObjective(
        inputCovariance: random.inputCovariance, crossCovariance: random.crossCovariance)
      let deviations = [1e-6, 1e-10].map { tolerance in
        let flow = GradientFlow(
          until: 1, steps: .adaptive(relativeTolerance: tolerance),
          recording: .at([1], of: [.endToEnd])
        ).run(objective, from: random.network)
        let w = flow.trajectory.snapshots[0].endToEnd ?? Matrix.zeros(1, 1)
        let layers = flow.trajectory.finalNetwork.layers
        return (w - exact).frobeniusNorm / layers.reduce(1) { $0 * $1.frobeniusNorm }
      }
      #expect(deviations[0] < 1e-4 && deviations[1] < 1e-8, "\(trial): deviations \(deviations)")
      let errors = [200, 400].map { steps in
        var layers = random.network.layers
        for _ in 0..<steps {
          let slopes = layeredFlow(layers, gradient: problem.gradient)
          for j in layers.indices { layers[j].add(slopes[j], scaledBy: 1 / Double(steps)) }
        }
        return (layers.dropFirst().reduce(layers[0]) { $1 * $0 } - exact).frobeniusNorm
      }
      let order = Double.log(errors[0] / errors[1]) / .log(2)
      #expect(errors[0] < 0.1 && abs(order - 1) < 0.15, "errors \(errors)")
    }
  }

  @Test func tinyBalancedNetworksSaturateAtTheirTargets() throws {
    var generator = SeededGenerator(seed: 8)
    for size in [1e-6, 1e-100, 1e-300] {
      let bases = (0..<3).map { _ in
        Matrix.orthogonal(rowCount: 3, columnCount: 3, using: &generator)
      }
      let network = try LinearNetwork(
        layers: (1..<3).map { size * bases[$0].timesTransposed(bases[$0 - 1]) })
      let target = bases[2].scalingColumns(by: [3, 2, 1]).timesTransposed(bases[0])
      let solution = try ExactSolutions.solve(
        .factorization(target: target), from: .layered(network), at: [0, 100, 1000])
      let last = try #require(solution.trajectory.snapshots.last)
      expectClose(try #require(last.endToEnd), target, relative: 1e-13)
      #expect(solution.trajectory.snapshots.allSatisfy { $0.loss.isFinite })
    }
  }

  /// Late times of a singular Σx: the minimiser plus what the start has on the kernel, by a pseudoinverse.
  @Test func theLinearModelStandsStillAtLateTimes() throws {
    var generator = SeededGenerator(seed: 10)
    for trial in 0..<500 {
      let inputs = 2 + trial % 5
      let rank = 1 + generator.nextIndex(below: inputs)
      let samples = Matrix.lowRank(
        rowCount: 8, columnCount: inputs, rank: rank, using: &generator)
      let targets = Matrix.gaussian(rowCount: 8, columnCount: 3, using: &generator)
      let x = (samples.transposedTimes(samples) / 8).symmetrized()
      let yx = targets.transposedTimes(samples) / 8
      let start = Matrix.gaussian(rowCount: 3, columnCount: inputs, using: &generator)
      let eigen = try SymmetricEigendecomposition(of: x)
      let smallest = eigen.eigenvalues[rank - 1]
      guard smallest > 1e-4 * eigen.eigenvalues[0] else { continue }
      let range = eigen.eigenvectors.firstColumns(rank)
      let inverse = range.scalingColumns(by: eigen.eigenvalues.prefix(rank).map { 1 / $0 })
        .timesTransposed(range)
      let limit = yx * inverse + start - (start * range).timesTransposed(range)
      let model = try LinearModel(inputCovariance: x, crossCovariance: yx)
      for time in [1e6, 1e10, 1e14, 1e300] {
        expectClose(model.flow(from: start, at: time), limit, relative: 1e-9)
      }
      let step = 1 / eigen.eigenvalues[0]
      expectClose(
        model.descent(from: start, stepSize: step, after: 1_000_000_000_000_000), limit,
        relative: 1e-9)
    }
  }

  @Test func theLinearModelAgreesWithTheReferenceAtLateTimes() throws {
    let file = try ReferenceCase("linear-model-late")
    let solution = try ExactSolutions.solve(
      .regression(
        inputCovariance: file.inputs["inputCovariance"].matrix,
        crossCovariance: file.inputs["crossCovariance"].matrix),
      from: .layered(LinearNetwork(layers: file.inputs["layers"].matrices)),
      at: file.inputs["times"].numbers)
    let expected = file.outputs["endToEnd"].matrices
    #expect(expected.count == 3)
    for (snapshot, w) in zip(solution.trajectory.snapshots, expected) {
      expectClose(try #require(snapshot.endToEnd), w, relative: file.tolerance)
    }
  }

  /// A correlation that truly lies outside the inputs' range grows with time, as it does for covariances alone.
  @Test func aCorrelationWithoutInputsGrowsWithTime() throws {
    let model = try LinearModel(
      inputCovariance: .diagonal([1, 0]), crossCovariance: Matrix(rows: [[1, 1e-9]]))
    expectClose(model.flow(from: .zeros(1, 2), at: 1e6)[0, 1], 1e-3, relative: 1e-14)
  }

  // MARK: Hypotheses that fail

  @Test func aMisalignedStartIsRefusedWithTheHypothesisNamed() throws {
    var generator = SeededGenerator(seed: 9)
    let random = RandomProblems.spectral(depth: 3, using: &generator)
    var network = random.network
    network.layers[1] +=
      1e-3
      * Matrix.gaussian(
        rowCount: network.layers[1].rowCount, columnCount: network.layers[1].columnCount,
        using: &generator)
    let problem = QuadraticProblem.regression(
      inputCovariance: random.inputCovariance, crossCovariance: random.crossCovariance)
    let refusal = #expect(throws: NoExactSolution.self) {
      try ExactSolutions.solve(problem, from: .layered(network), at: [1])
    }
    let attempt = try #require(refusal?.attempts.first)
    #expect(attempt.method == .spectralModes)
    let failure = try #require(
      attempt.failing.first { $0.name == "layers share singular vectors with the data" })
    #expect(failure.measured > 1e-5 && failure.measured < 1e-1)
    #expect(refusal?.description.contains(failure.name) == true)
  }

  @Test func covariancesThatDoNotCommuteAreRefused() throws {
    let problem = QuadraticProblem.regression(
      inputCovariance: Matrix(rows: [[1, 0.4], [0.4, 2]]), crossCovariance: .diagonal([2, 1]))
    let network = try LinearNetwork(layers: [.diagonal([0.1, 0.1]), .diagonal([0.1, 0.1])])
    let refusal = #expect(throws: NoExactSolution.self) {
      try ExactSolutions.solve(problem, from: .layered(network), at: [1])
    }
    #expect(refusal?.attempts.map(\.method) == [.spectralModes, .imbalancedFactorization])
    #expect(refusal?.attempts.allSatisfy { !$0.failing.isEmpty } == true)
  }

  /// Aligned layers of any imbalance are solved, three and more too.
  @Test func anUnbalancedDeepStartIsSolved() throws {
    let layers = [Matrix.diagonal([0.1, 0.2]), .diagonal([0.1, 0.2]), .diagonal([0.3, 0.2])]
    let problem = QuadraticProblem.factorization(target: .diagonal([2, 1]))
    let solution = try ExactSolutions.solve(
      problem, from: .layered(LinearNetwork(layers: layers)), at: [4])
    #expect(solution.method == .spectralModes)
    let expected = ExtrapolationIntegrator.solve(from: layers, until: 4, tolerance: 1e-14) {
      layeredFlow($0, gradient: problem.gradient)
    }
    expectClose(
      try #require(solution.trajectory.snapshots[0].endToEnd),
      expected.dropFirst().reduce(expected[0]) { $1 * $0 }, relative: 1e-11)
  }

  @Test func aSolutionThatEndsInFiniteTimeIsRefusedBeyondItsEnd() throws {
    let problem = QuadraticProblem.regression(
      inputCovariance: .diagonal([0, 1]), crossCovariance: .diagonal([1, 1]))
    let network = try LinearNetwork(
      layers: [Matrix](repeating: .diagonal([0.5, 0.4]), count: 3))
    // u₀^{−1}/σ = 2
    _ = try ExactSolutions.solve(problem, from: .layered(network), at: [1.9])
    #expect(throws: NoExactSolution.self) {
      try ExactSolutions.solve(problem, from: .layered(network), at: [2.5])
    }
  }

  /// From an objective, losses keep their relative accuracy down to the minimum, and other kinds have no closed
  /// form.
  @Test func objectivesAreSolvedWithTheirOwnLoss() throws {
    let inputs = Matrix(rows: [[1, 0], [0, 2], [0, 0]])
    let objective = try RegressionObjective(
      inputs: inputs, targets: inputs.timesTransposed(.diagonal([2, 1])))
    let network = try LinearNetwork(layers: [.diagonal([0.1, 0.1]), .diagonal([0.1, 0.1])])
    let solution = try #require(
      try ExactSolutions.solve(
        objective: objective, from: .layered(network), at: [0, 5, 40]))
    let losses = solution.trajectory.losses
    expectClose(losses[0], objective.value(at: network.endToEnd()), relative: 1e-14)
    let problem = QuadraticProblem(objective)
    expectClose(
      losses[1], problem.loss(at: try #require(solution.trajectory.snapshots[1].endToEnd)),
      relative: 1e-12)
    #expect(losses[2] >= 0 && losses[2] < 1e-28)
    let logistic = try LogisticObjective(inputs: inputs, labels: [0, 1, 1], classCount: 2)
    #expect(
      try ExactSolutions.solve(objective: logistic, from: .layered(network), at: [1]) == nil)
  }

  @Test func specialProblemsAreRecognised() throws {
    let network = try LinearNetwork(layers: [.diagonal([0.1, 0.1]), .diagonal([0.1, 0.1])])
    let auto = try ExactSolutions.solve(
      .regression(inputCovariance: .diagonal([2, 1]), crossCovariance: .diagonal([2, 1])),
      from: .layered(network), at: [1])
    #expect(auto.recognition == .autoencoder)
    let white = try ExactSolutions.solve(
      .factorization(target: .diagonal([2, 1])), from: .layered(network), at: [1])
    #expect(white.recognition == .whiteInputs)
  }
}
