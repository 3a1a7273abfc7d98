import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

/// Measured quantities respect every certified bound on 1,000 random problems.
@Suite struct CertificateTests {
  @Test func linearConvergenceAgreesWithTheReference() throws {
    let file = try ReferenceCase("deficiency_margin_bound")
    let target = file.inputs["Lambda_yx"].matrix
    let network = try LinearNetwork(layers: file.inputs["W_layers_0"].matrices)
    let problem = QuadraticProblem.factorization(target: target)
    let convergence = try LinearConvergence(of: network, for: problem)
    #expect(convergence.hypotheses.allSatisfy { $0.holds })
    #expect(convergence.margin.isExact)
    expectClose(
      try target.singularValues()[1], file.outputs["sigma_min_Lambda"].number,
      relative: file.tolerance)
    expectClose(
      convergence.margin.supremum, file.outputs["supremum_margin"].number, relative: 1e-9)
    // The file's δ is a little below the supremum, and its rate is that of matrices that need not be square.
    let ratio = file.inputs["delta_used"].number / convergence.margin.supremum
    let rate = convergence.rate / 3 * Double.pow(ratio, 4.0 / 3)
    for (k, time) in file.inputs["times"].numbers.enumerated() {
      expectClose(
        convergence.initialExcess * .exp(-rate * time), file.outputs["bound"].numbers[k],
        relative: 1e-9)
      let layers = ExtrapolationIntegrator.solve(
        from: network.layers, until: time, tolerance: 1e-13
      ) { layeredFlow($0, gradient: problem.gradient) }
      let excess = problem.loss(at: layers[2] * layers[1] * layers[0])
      expectClose(excess, file.outputs["phi_minus_phistar"].numbers[k], relative: 1e-7)
      // The sharper square rate still bounds it.
      #expect(excess <= convergence.bound(at: time))
      #expect(convergence.bound(at: time) < file.outputs["bound"].numbers[k])
    }
    let ε = file.inputs["epsilon"].number
    expectClose(
      convergence.time(toReach: ε) * convergence.rate / rate,
      file.outputs["guaranteed_time"].number, relative: 1e-9)
    let descent = try DescentConvergence(
      of: network, for: problem, margin: file.inputs["delta_used"].number)
    expectClose(
      descent.largestUnbalancedness, file.outputs["max_unbalancedness_remark2"].number,
      relative: file.tolerance)
    expectClose(
      descent.largestStep, file.outputs["max_step_remark2"].number, relative: file.tolerance)
    #expect(descent.certificate().verdict == .notMeasured)
  }

  /// 1,000 balanced flows: aligned networks of depth 2 to 4 with any covariance, and any balanced pair of
  /// layers on white inputs.
  @Test func flowsRespectTheirConvergenceBoundAndLossRate() throws {
    var generator = SeededGenerator(seed: 1)
    var applicable = 0
    for trial in 0..<1000 {
      let (problem, network) = try Self.problem(trial, using: &generator)
      let solution = try ExactSolutions.solve(
        problem, from: .layered(network), at: [0.1, 1, 3], quantities: [.layers])
      let convergence = try LinearConvergence(of: network, for: problem)
      let certificate = convergence.certificate(along: solution.trajectory)
      #expect(certificate.verdict != .violated, "\(certificate.violations)")
      if certificate.verdict == .holds { applicable += 1 }
      let rate = try LossRate.certificate(
        along: solution.trajectory, for: problem, from: network)
      #expect(rate.verdict == .holds, "\(rate.violations) \(rate.failing)")
      // At three points and the start the rate itself, and between them the fall from both sides.
      #expect(rate.bounds.count == 4 + 6)
    }
    #expect(applicable > 300, "\(applicable) starts had a margin")
  }

  static func problem(
    _ trial: Int, depth: Int? = nil, using generator: inout SeededGenerator
  ) throws -> (QuadraticProblem, LinearNetwork) {
    let (outputs, inputs) = (2 + trial % 2, 2 + trial / 2 % 2)
    let k = min(outputs, inputs)
    let optimum = Matrix.random(
      singularValues: (0..<k).map { _ in 0.5 + generator.nextUniform() }, rowCount: outputs,
      columnCount: inputs, using: &generator)
    if trial % 3 == 0, depth == nil {
      // Any balanced start near the optimum, white inputs, no common singular vectors.
      let start =
        optimum + 0.2 * Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
      return (
        .factorization(target: optimum), try .balanced(endToEnd: start, hiddenWidths: [k + 1])
      )
    }
    let decomposition = try SingularValueDecomposition(of: optimum, vectors: .full)
    let v = decomposition.rightVectorsTransposed
    let variances = (0..<inputs).map { _ in 0.5 + generator.nextUniform() }
    let x = v.transposedTimes(v.scalingRows(by: variances)).symmetrized()
    let start = SingularValueDecomposition(
      leftVectors: decomposition.leftVectors,
      singularValues: decomposition.singularValues.map {
        $0 * (0.8 + 0.4 * generator.nextUniform())
      }, rightVectorsTransposed: v
    ).reconstruct()
    return (
      .regression(inputCovariance: x, crossCovariance: optimum * x),
      try .balanced(
        endToEnd: start,
        hiddenWidths: [Int](repeating: k + 1, count: depth.map { $0 - 1 } ?? 1 + trial % 3))
    )
  }

  @Test func theMarginIsWhatItsDefinitionSays() throws {
    var generator = SeededGenerator(seed: 2)
    var smallestRatio = Double.infinity
    for trial in 0..<1000 {
      let (problem, network) = try Self.problem(trial, using: &generator)
      let w = network.endToEnd()
      let margin = try DeficiencyMargin(of: w, for: problem)
      #expect(margin.isExact)
      guard margin.supremum > 0 else { continue }
      // A matrix with smallest singular value δ < supremum has a larger loss; the best one lowers σ_min of the
      // optimum.
      let optimum = try SingularValueDecomposition(of: problem.minimizer())
      var values = optimum.singularValues
      values[values.count - 1] = 0.999 * margin.supremum
      let other = SingularValueDecomposition(
        leftVectors: optimum.leftVectors, singularValues: values,
        rightVectorsTransposed: optimum.rightVectorsTransposed
      ).reconstruct()
      #expect(problem.loss(at: other) > problem.loss(at: w))
      if trial % 3 == 0 {
        values[values.count - 1] = 1.001 * margin.supremum
        let beyond = SingularValueDecomposition(
          leftVectors: optimum.leftVectors, singularValues: values,
          rightVectorsTransposed: optimum.rightVectorsTransposed
        ).reconstruct()
        smallestRatio = min(smallestRatio, problem.loss(at: beyond) / problem.loss(at: w))
        #expect(problem.loss(at: beyond) < problem.loss(at: w) * (1 + 1e-12))
      }
    }
    #expect(smallestRatio > 0.9)
  }

  /// For any Σx the supremum is attained: the minimum of its definition, found by brute force over a unit vector in the
  /// plane. It exists exactly if ℓ − ℓ* < ½ σ_min(W*Σx^{1/2})².
  @Test func theMarginIsExactForAnyInputs() throws {
    var generator = SeededGenerator(seed: 31)
    var singular = 0
    for trial in problems(500, debug: 200) {
      let (outputs, inputs) = [(2, 2), (3, 2), (4, 2), (2, 3), (2, 4), (1, 3)][trial % 6]
      // Every fourth time one direction that the inputs never show.
      let isSingular = trial % 4 == 0 && inputs > 2
      let root = Matrix.gaussian(
        rowCount: inputs, columnCount: isSingular ? inputs - 1 : 2 * inputs, using: &generator)
      let x = root.timesTransposed(root).symmetrized()
      let eigen = try SymmetricEigendecomposition(of: x)
      let basis = eigen.eigenvectors
      let variances = eigen.eigenvalues.map { $0 > 1e-13 * eigen.eigenvalues[0] ? $0 : 0 }
      func function(_ value: (Double) -> Double) -> Matrix {
        basis.scalingColumns(by: variances.map { $0 > 0 ? value($0) : 0 }).timesTransposed(basis)
      }
      let half = function { $0.squareRoot() }
      let inverse = function { 1 / $0.squareRoot() }
      let shown = function { _ in 1 }
      let optimum =
        Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator) * shown
      let size = try (optimum * half).singularValues().last!
      let ρ = size * (0.02 + 1.2 * generator.nextUniform())
      let direction = Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
      let hidden =
        Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
        * (Matrix.identity(inputs) - shown)
      let start =
        optimum + hidden + ρ / (direction * shown).frobeniusNorm * (direction * inverse)
      let problem = QuadraticProblem.regression(
        inputCovariance: x, crossCovariance: optimum * x)
      let margin = try DeficiencyMargin(of: start, for: problem)
      #expect(margin.isExact)
      #expect((margin.supremum > 0) == (ρ < size))
      guard margin.supremum > 0 else { continue }
      if isSingular { singular += 1 }
      // The definition's minimum over a unit vector in the plane, by brute force.
      func value(_ angle: Double) -> Double {
        let unit = outputs == 1 ? [1] : [Double.cos(angle), .sin(angle)]
        if outputs >= inputs {
          let v = Matrix(rowCount: 2, columnCount: 1, elements: unit)
          return max(0, (optimum * v).frobeniusNorm - ρ * (inverse * v).frobeniusNorm)
        }
        // min ‖W*ᵀu + Σx^{−1/2} z‖ over ‖z‖ ≤ ρ, by bisection for the multiplier in the basis of Σx.
        let u = Matrix(rowCount: outputs, columnCount: 1, elements: unit)
        let image = basis.transposedTimes(optimum.transposedTimes(u)).elements
        var (low, high) = (-60.0, 60.0)
        var z = image
        for _ in 0..<50 {
          let μ = Double.exp(0.5 * (low + high))
          z = zip(image, variances).map { -$0 * $1.squareRoot() / (1 + μ * $1) }
          let norm = z.reduce(0) { $0 + $1 * $1 }.squareRoot()
          if norm > ρ { low = 0.5 * (low + high) } else { high = 0.5 * (low + high) }
        }
        return zip(zip(image, z), variances).reduce(0) {
          let sum = $1.1 > 0 ? $1.0.0 + $1.0.1 / $1.1.squareRoot() : 0
          return $0 + sum * sum
        }.squareRoot()
      }
      var (center, width) = (0.5 * Double.pi, 0.5 * Double.pi)
      for _ in 0..<7 {
        let angles = (-40...40).map { center + width * Double($0) / 40 }
        center = angles.min { value($0) < value($1) }!
        width /= 15
      }
      let least = value(center)
      #expect(
        abs(least - margin.supremum) < 1e-7 * (least + ρ), "\(trial): \(least) \(margin.supremum)")
    }
    #expect(singular > 10)
    // As many outputs as inputs: a matrix of no more loss is zero along what is never shown.
    let blind = QuadraticProblem.regression(
      inputCovariance: .diagonal([1, 0]), crossCovariance: .diagonal([1, 0]))
    #expect(try DeficiencyMargin(of: .identity(2), for: blind).supremum < 0)
  }

  @Test func descentRespectsRemark2() throws {
    var generator = SeededGenerator(seed: 3)
    var applicable = 0
    for trial in 0..<1000 {
      let (problem, network) = try Self.problem(3 * trial, using: &generator)
      let certificate = try DescentConvergence(of: network, for: problem)
      guard certificate.hypotheses.allSatisfy({ $0.holds }) else { continue }
      applicable += 1
      // The step is far below what descent needs; 50 of them, which hardly move, and the flow for the
      // equivalent of all.
      var layers = network.layers
      var points: [Snapshot] = []
      for step in 1...50 {
        let slopes = layeredFlow(layers, gradient: problem.gradient)
        for j in layers.indices { layers[j].add(slopes[j], scaledBy: certificate.largestStep) }
        if step % 25 == 0 {
          points.append(Snapshot(time: Double(step), loss: problem.loss(at: layers[1] * layers[0])))
        }
      }
      let trajectory = Trajectory(
        snapshots: points, outcome: .converged, finalNetwork: network, stepCount: 50)
      #expect(certificate.certificate(along: trajectory).verdict == .holds)
      let ε = 1e-6 * problem.loss(at: network.endToEnd())
      let time = certificate.steps(toReach: ε) * certificate.largestStep
      let solution = try ExactSolutions.solve(problem, from: .layered(network), at: [time])
      #expect(solution.trajectory.losses[0] <= ε * (1 + 1e-9))
    }
    #expect(applicable > 300)
  }

  @Test func twoSidedBoundsAgreeWithTheReference() throws {
    let file = try ReferenceCase("scalar_two_layer_gd_bounds")
    let results = file.outputs["results"].list
    #expect(results.count == 3)
    for item in results {
      let bounds = TwoLayerDescentBounds(
        target: item["sigma"].number, curvature: item["lambda"].number,
        initial: item["w0"].number, stepSize: item["eta"].number)
      for (k, steps) in item["iterations"].list.map(\.integer).enumerated() {
        expectClose(
          bounds.upper(after: steps), item["sharp_upper_bound"].numbers[k],
          relative: file.tolerance)
        if item["sigma"].number > 0 {
          expectClose(
            bounds.lower(after: steps), item["sharp_lower_bound"].numbers[k],
            relative: file.tolerance)
        }
        #expect(
          bounds.certificate(measured: [(steps, item["w"].numbers[k])]).verdict == .holds)
      }
    }
  }

  @Test func descentStaysBetweenItsBounds() {
    var generator = SeededGenerator(seed: 4)
    for trial in 0..<1000 {
      let σ = trial % 10 == 0 ? 0 : 0.1 + 3 * generator.nextUniform()
      let λ = 0.1 + 2 * generator.nextUniform()
      let w0 = σ == 0 ? generator.nextUniform() : σ / λ * (1e-4 + 0.9 * generator.nextUniform())
      let η = σ == 0 ? generator.nextUniform() / (λ * w0) : 0.5 / σ * generator.nextUniform()
      let bounds = TwoLayerDescentBounds(target: σ, curvature: λ, initial: w0, stepSize: η)
      var w = w0
      var measured: [(steps: Int, value: Double)] = []
      for step in 0...60 {
        measured.append((step, w))
        let factor = 1 + η * (σ - λ * w)
        w *= factor * factor
      }
      let certificate = bounds.certificate(measured: measured)
      #expect(certificate.verdict == .holds, "\(certificate.violations.first as Any)")
      // For σ = 0 the lower bound is taken from the first step, and met by it.
      if σ == 0 {
        #expect(abs(bounds.lower(after: 1) - measured[1].value) <= 1e-12 * w0)
      }
    }
  }

  @Test func hypothesesOfTheBoundsAreChecked() {
    let tooLarge = TwoLayerDescentBounds(target: 1, curvature: 1, initial: 0.5, stepSize: 0.52)
    #expect(tooLarge.certificate().failing.map(\.name) == ["twice step times target"])
    let beyond = TwoLayerDescentBounds(target: 1, curvature: 4, initial: 0.6, stepSize: 0.1)
    #expect(
      beyond.certificate().failing.map(\.name) == ["starting value over the target λw₀/σ"])
  }

  /// At δ/(ησ_{i+1}) steps the mode is learned exactly when the criterion holds, up to starts of 10^{-40,000}.
  @Test func phasesAreSeparatedExactlyByTheCriterion() {
    var generator = SeededGenerator(seed: 5)
    var separated = 0
    for _ in 0..<1000 {
      let σ = 0.2 + generator.nextUniform()
      let next = σ * (0.5 + 0.5 * generator.nextUniform())
      let η = 0.5 / σ * generator.nextUniform()
      let (left, right) = (Double.log(onePlus: η * σ), η * next)
      // Near equality a finite δ cannot tell.
      guard abs(left / right - 1) > 0.02 else { continue }
      let δ = 2000.0
      let steps = Int(δ / right)
      // ln w as long as w is far below the target, then w itself.
      var logarithm = -2 * δ
      var w = 0.0
      for _ in 0..<steps {
        if logarithm < -600 {
          logarithm += 2 * left
          w = .exp(logarithm)
        } else {
          let factor = 1 + η * (σ - w)
          w *= factor * factor
        }
        if logarithm >= -600, w == 0 { w = .exp(logarithm) }
      }
      let learned = abs(w - σ) < 0.01 * σ
      #expect(
        learned == PhaseSeparation.isLearned(σ, beforeFlowReaches: next, stepSize: η),
        "\(σ) \(next) \(η)")
      separated += learned ? 1 : 0
    }
    #expect(separated > 300)
  }

  @Test func modesRespectTheirRates() {
    var generator = SeededGenerator(seed: 6)
    var accelerated = 0
    for trial in 0..<1000 {
      let (u, v) = (generator.nextGaussian(), generator.nextGaussian())
      let σ = trial % 5 == 0 ? 0.3 * generator.nextUniform() : 2 * generator.nextUniform()
      let rates = FactorizationRates(target: σ, imbalance: (u - v) * (u + v))
      let mode = TwoLayerMode(target: σ, curvature: 1, first: u, second: v)
      let certificate = rates.certificate(
        initial: u * v, measured: [0, 0.1, 1, 5, 20].map { ($0, mode.endToEnd(at: $0)) })
      #expect(certificate.verdict == .holds, "\(certificate.violations) \(certificate.failing)")
      accelerated += rates.isAccelerated ? 1 : 0
      // The exponent is sharp: late, the gap falls by e^{−rate} per unit of time.
      let late = 20 / rates.rate
      let (a, b) = (mode.endToEnd(at: late), mode.endToEnd(at: late + 1 / rates.rate))
      if abs(σ - b) > 1e-12, u * v > 0 {
        #expect(abs(Double.log(abs(σ - a) / abs(σ - b)) - 1) < 1e-3)
      }
    }
    #expect(accelerated > 500 && accelerated < 1000)
    // The table of regimes: small or large target, without or with imbalance.
    #expect(!FactorizationRates(target: 0.1, imbalance: 0).isAccelerated)
    #expect(FactorizationRates(target: 0.1, imbalance: 2).isAccelerated)
    #expect(FactorizationRates(target: 2, imbalance: 0).isAccelerated)
    #expect(FactorizationRates(target: 2, imbalance: -2).isAccelerated)
  }

  /// The stacked matrix of a factorization that is not square converges with |λ₀|, whatever the sign; W itself
  /// faster.
  @Test func ratesOfMatricesThatAreNotSquare() throws {
    let target = Matrix(rows: [[0.9, 0, 0], [0, 0.5, 0]])
    for imbalance in [0.8, -0.8] {
      var generator = SeededGenerator(seed: 7)
      let stacked = Matrix.gaussian(rowCount: 5, columnCount: 6, using: &generator)
      let solution = try ImbalancedFactorization(
        target: target, imbalance: imbalance, stacked: stacked)
      let s = ImbalancedFactorization.symmetricTarget(target, imbalance: imbalance)
      let limit = try SymmetricEigendecomposition(of: s).map { 2 * max($0, 0) }
      func errors(_ time: Double) throws -> (Double, Double) {
        let r = try solution.stacked(at: time)
        let layers = try solution.layers(at: time)
        return (
          (r.timesTransposed(r) - limit).frobeniusNorm,
          (layers.upper * layers.lower - target).frobeniusNorm
        )
      }
      let (early, late) = (try errors(14), try errors(18))
      let rates = ImbalancedRates.penalized(
        smallestSingularValue: 0.5, isSquare: false, imbalance: imbalance)
      expectClose(.log(early.0 / late.0) / 4, rates.stacked, relative: 0.02)
      expectClose(.log(early.1 / late.1) / 4, rates.endToEnd, relative: 0.02)
      #expect(rates.endToEnd > rates.stacked)
    }
    let square = ImbalancedRates.penalized(
      smallestSingularValue: 0.3, isSquare: true, imbalance: 0.8)
    expectClose(square.endToEnd, 1, relative: 1e-15)
  }

  @Test func normsDivergeAsInTheReference() throws {
    for depth in [2, 3] {
      let file = try ReferenceCase("prop5_divergence_depth\(depth)")
      var points: [Snapshot] = []
      let entries = try ObservedEntries(
        rowCount: 2, columnCount: 2, rows: [0, 1, 1], columns: [1, 0, 1], values: [1, 1, 0])
      let objective = CompletionObjective(entries)
      let start = file.inputs["W_layers_0"].matrices
      var layers = start
      var now = 0.0
      for (k, time) in file.inputs["times"].numbers.enumerated() {
        layers = ExtrapolationIntegrator.solve(from: layers, until: time - now, tolerance: 1e-13) {
          layeredFlow($0) { objective.gradient(at: $0) }
        }
        now = time
        let w = layers.dropFirst().reduce(layers[0]) { $1 * $0 }
        expectClose(w, file.outputs["W"][k].matrix, relative: file.tolerance)
        let loss = objective.value(at: w)
        expectClose(loss, file.outputs["loss"].numbers[k], relative: 10 * file.tolerance)
        expectClose(w.frobeniusNorm, file.outputs["fro_norm"].numbers[k], relative: file.tolerance)
        expectClose(
          try w.nuclearNorm(), file.outputs["nuclear_norm"].numbers[k], relative: file.tolerance)
        expectClose(
          NormDivergence.bound(atLoss: loss), file.outputs["lower_bound_fro"].numbers[k],
          relative: 1e-7)
        points.append(Snapshot(time: time, loss: loss, endToEnd: w))
      }
      let certificate = try NormDivergence.certificate(
        for: CertifiedRun(
          objective: objective, from: .layered(try LinearNetwork(layers: start)), moving: .flow,
          recorded: Trajectory(
            snapshots: points, outcome: .converged, finalNetwork: LinearNetwork(layers: layers),
            stepCount: 0)))
      #expect(certificate.verdict == .holds)
      #expect(certificate.bounds.count == 3 * 4)
    }
  }

  @Test func everyMatrixWithPositiveDeterminantRespectsTheNormBound() throws {
    var generator = SeededGenerator(seed: 8)
    let objective = try CompletionObjective(
      ObservedEntries(
        rowCount: 2, columnCount: 2, rows: [0, 1, 1], columns: [1, 0, 1], values: [1, 1, 0]))
    var tested = 0
    while tested < 1000 {
      let near = Double.pow(10, -4 * generator.nextUniform())
      var w = near * Matrix.gaussian(rowCount: 2, columnCount: 2, using: &generator)
      w += Matrix(rows: [[generator.nextGaussian() / near, 1], [1, 0]])
      guard try DeterminantSign.of(w) > 0 else { continue }
      tested += 1
      #expect(w.frobeniusNorm >= NormDivergence.bound(atLoss: objective.value(at: w)))
    }
  }

  /// A trajectory that cannot be is called violated, not passed over.
  @Test func impossibleTrajectoriesAreViolations() throws {
    var generator = SeededGenerator(seed: 9)
    let (problem, network) = try Self.problem(4, using: &generator)
    let solution = try ExactSolutions.solve(
      problem, from: .layered(network), at: [0, 1, 2], quantities: [.layers])
    var trajectory = solution.trajectory
    let honest = try Certificates.after(trajectory, of: problem, from: network)
    #expect(honest.map(\.verdict) == [.holds, .holds])
    trajectory.snapshots[2].loss = trajectory.snapshots[0].loss
    let violated = try Certificates.after(trajectory, of: problem, from: network)
    #expect(violated[0].verdict == .violated)
    #expect(violated[0].violations.map(\.time) == [2])
    let before = try Certificates.before(problem, from: network, stepSize: 0.1)
    #expect(before.map(\.claim).contains("linear convergence"))
  }
}
