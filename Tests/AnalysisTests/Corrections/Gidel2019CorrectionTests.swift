import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

/// Formulas of the first version of Gidel et al. 2019 that are printed wrong: the printed form fails, the
/// corrected one passes. Numbers in the names are those of the equations; the article "Corrections" lists them
/// all.
@Suite struct Gidel2019CorrectionTests {
  let tight = 1e-10
  let wrong = 1e-2

  /// (24), (28), Theorem 1: Q must be orthogonal, not only invertible.
  @Test func theorem1NeedsAnOrthogonalBasis() throws {
    var generator = SeededGenerator(seed: 1)
    let target = Matrix.diagonal([2, 0.5])
    let problem = QuadraticProblem.factorization(target: target)
    let start = 0.3
    let formula = Matrix.diagonal(
      [2, 0.5].map {
        BalancedMode(depth: 2, target: $0, curvature: 1, initial: start).endToEnd(at: 1)
      })
    for orthogonal in [true, false] {
      let q =
        orthogonal
        ? Matrix.orthogonal(rowCount: 2, columnCount: 2, using: &generator)
        : Matrix(rows: [[1.5, 0.4], [0, 0.8]])
      // In the paper's orientation W₁ = w Q and W₂ = Q⁻¹ w; ours are the transposes.
      let layers = [
        start * q.transposed(), start * (try LUDecomposition(of: q).inverse()).transposed(),
      ]
      let end = ExtrapolationIntegrator.solve(from: layers, until: 1, tolerance: 1e-13) {
        layeredFlow($0, gradient: problem.gradient)
      }
      let error = relativeError((end[1] * end[0]).elements, formula.elements)
      #expect(orthogonal ? error < tight : error > wrong)
    }
  }

  /// (30), (68): e^{−2δ} under the root.
  @Test func equation30HasTheSquareOfTheStartUnderTheRoot() {
    let (δ, λ, t) = (1.0, 0.7, 3.0)
    let exact = ExtrapolationIntegrator.solve(from: [Double.exp(-δ)], until: t) { _, m in
      [-λ * m[0] * m[0] * m[0]]
    }[0]
    let printed = Double.exp(-δ) / (1 + 2 * .exp(-δ) * λ * t).squareRoot()
    #expect(abs(printed / exact - 1) > wrong)
    let mode = BalancedMode(depth: 2, target: 0, curvature: λ, initial: .exp(-δ))
    expectClose(mode.layerValue(at: t), exact, relative: tight)
  }

  /// (31): the transition time is (δ + ½ ln(σ/λ))/σ, not δ ln(σ)/σ.
  @Test func equation31IsNotZeroForUnitTarget() {
    for (σ, λ) in [(1.0, 0.5), (0.5, 1.0), (3, 2)] {
      let δ = 20.0
      let mode = BalancedMode(depth: 2, target: σ, curvature: λ, initial: .exp(-δ))
      let corrected = LearningTimes.leadingOrder(target: σ, curvature: λ, delta: δ)
      expectClose(mode.endToEnd(at: corrected), 0.5 * σ / λ, relative: tight)
      let printed = δ * Double.log(σ) / σ
      #expect(abs(mode.endToEnd(at: max(printed, 0)) / (0.5 * σ / λ) - 1) > wrong)
    }
  }

  /// (33), (72), (73): the power acts on Σx from the side of the inputs, with the sum Σ_s (1 − ηΣx)^s ηΣxy in
  /// this order.
  @Test func equation33MultipliesFromTheOtherSide() throws {
    var generator = SeededGenerator(seed: 2)
    let x = Matrix.randomSymmetric(eigenvalues: [2, 1, 0.5], using: &generator)
    let xy = Matrix.gaussian(rowCount: 3, columnCount: 3, using: &generator)
    let start = Matrix.gaussian(rowCount: 3, columnCount: 3, using: &generator)
    let η = 0.2
    var w = start
    var power = Matrix.identity(3)
    for _ in 0..<5 {
      w += η * (xy - x * w)
      power = power * (.identity(3) - η * x)
    }
    let limit = try x.pseudoinverse() * xy
    let printed = (start - limit) * power + limit
    #expect(relativeError(printed.elements, w.elements) > wrong)
    let corrected = try LinearModel(inputCovariance: x, crossCovariance: xy.transposed())
      .descent(from: start.transposed(), stepSize: η, after: 5)
    expectClose(corrected.transposed(), w, relative: tight)
  }

  /// (33): convergence needs η < 2/λmax; η < 1/λmax is only for 1 − ηΣx to be invertible.
  @Test func descentConvergesUpToTwiceTheStatedStep() throws {
    let x = Matrix.diagonal([2, 1])
    let model = try LinearModel(inputCovariance: x, crossCovariance: .diagonal([2, 1]))
    let start = Matrix(rows: [[0.3, 1], [2, -1]])
    let between = model.descent(from: start, stepSize: 0.99, after: 3000)
    expectClose(between, .identity(2), relative: tight)
    let beyond = model.descent(from: start, stepSize: 1.01, after: 3000)
    #expect(beyond.maxAbsolute > 1e10)
  }

  /// (37), (87), (94), (95): without σ in the numerator, and with e^{−(2x + x²)t} for (1 − 2x)^t, the upper
  /// bound is violated.
  @Test func equation37IsViolated() {
    let (σ, λ, w0, η) = (1.0, 1.0, 0.5, 0.45)
    var w = w0
    for _ in 0..<2 { w *= (1 + η * (σ - λ * w)) * (1 + η * (σ - λ * w)) }
    let exponential = Double.exp((-2 * η * σ - η * η * σ * σ) * 2)
    let numeratorFixed = σ * w0 / ((σ - λ * w0) * exponential + λ * w0)
    #expect(w / numeratorFixed > 1.03)
    let bounds = TwoLayerDescentBounds(target: σ, curvature: λ, initial: w0, stepSize: η)
    #expect(w <= bounds.upper(after: 2))
    // And without σ, already at step 0 for σ ≠ 1.
    let printedAtZero = w0 / ((2 - λ * w0) + λ * w0)
    #expect(w0 > printedAtZero)
  }

  /// (38), (88): without σ in the numerator the lower bound is violated for σ < 1.
  @Test func equation38IsViolated() {
    let (σ, λ, w0, η) = (0.5, 1.0, 0.2, 0.4)
    let printed = w0 / ((σ - λ * w0) + λ * w0)
    #expect(w0 < printed * (1 - wrong))
    let bounds = TwoLayerDescentBounds(target: σ, curvature: λ, initial: w0, stepSize: η)
    #expect(w0 >= bounds.lower(after: 0) * (1 - 1e-15))
    // The corrected printed form holds but is loose; ours lies above it.
    for t in 1...40 {
      let loose =
        σ * w0 / ((σ - λ * w0) * .exp((-2 * η * σ + 4 * η * η * σ * σ) * Double(t)) + λ * w0)
      #expect(bounds.lower(after: t) >= loose * (1 - 1e-14))
    }
  }

  /// Theorem 3: the hypothesis is 0 < w₀ < σ/λ, not 0 < w₀ < 1; from above, w falls below the "lower bound".
  @Test func theorem3NeedsAStartBelowTheTarget() {
    let (σ, λ, w0, η) = (1.0, 4.0, 0.6, 0.2)
    let w = w0 * (1 + η * (σ - λ * w0)) * (1 + η * (σ - λ * w0))
    let bounds = TwoLayerDescentBounds(target: σ, curvature: λ, initial: w0, stepSize: η)
    #expect(w < bounds.lower(after: 1) * (1 - wrong))
    #expect(bounds.hypotheses.contains { !$0.holds })
  }

  /// Theorem 3: the case σ = 0 needs ηλw₀ ≤ 1.
  @Test func theorem3NeedsASmallStepForZeroTargets() {
    let (λ, w0, η) = (1.0, 1.7, 1.0)
    // Hypothesis broken: y = 1.7, and w₁ = w₀ (1 − y)² = 0.833 exceeds w₀/(1 + y) = 0.63.
    let w = w0 * (1 - η * λ * w0) * (1 - η * λ * w0)
    #expect(w > w0 / (1 + w0 * λ * η))
    let bounds = TwoLayerDescentBounds(target: 0, curvature: λ, initial: w0, stepSize: η)
    #expect(bounds.hypotheses.contains { !$0.holds })
  }

  /// (39): λ/σ, and −2σt in flow time.
  @Test func equation39HasItsFixedPointInverted() {
    let (σ, λ, w0, η, t) = (1.5, 0.5, 0.2, 0.1, 0.7)
    let w = BalancedMode(depth: 2, target: σ, curvature: λ, initial: w0.squareRoot())
      .endToEnd(at: t)
    let corrected = 1 / (λ / σ + (1 / w0 - λ / σ) * .exp(-2 * σ * t))
    expectClose(w, corrected, relative: tight)
    let printed = 1 / (σ / λ + (1 / w0 - σ / λ) * .exp(-2 * η * σ * t))
    #expect(abs(printed / w - 1) > wrong)
  }

  /// (79)–(86): descent stays below σ/λ; (85) and (86) have λ/σ in that place.
  @Test func lemma3BoundsBySigmaOverLambda() {
    let (σ, λ) = (2.0, 0.5)
    let η = 0.5 / σ
    var w = 0.01
    for _ in 0..<200 {
      w *= (1 + η * (σ - λ * w)) * (1 + η * (σ - λ * w))
      #expect(w <= σ / λ * (1 + 1e-15))
    }
    #expect(w > 2 * λ / σ)
    // 2ησ ≤ 1 is sharp: at 0.52 for ησ there is an overshoot.
    var overshoot = 0.0
    for start in stride(from: 0.005, to: 1, by: 0.005) {
      let next = start * (1 + 0.52 * (1 - start)) * (1 + 0.52 * (1 - start))
      overshoot = max(overshoot, next - 1)
    }
    #expect(overshoot > 1e-4)
  }

  /// (109), (110): denominators end in λ_i; with σ_i the limit would be 1 instead of σ_i/λ_i.
  @Test func equation110HasTheWrongLimit() {
    let (σ, λ, next, η, δ) = (1.0, 0.25, 0.5, 0.1, 200.0)
    let w = Double.exp(-2 * δ)
    let steps = Int(δ / (η * next))
    let exponent = δ * (-2 * σ / next + 4 * η * σ * σ / next)
    let printed = σ / ((σ / w - λ) * .exp(exponent) + σ)
    #expect(abs(printed - 1) < 1e-3)
    let bounds = TwoLayerDescentBounds(target: σ, curvature: λ, initial: w, stepSize: η)
    expectClose(bounds.lower(after: steps), σ / λ, relative: 1e-6)
    #expect(printed < bounds.lower(after: steps) * (1 - wrong))
  }

  /// Corollary 3: its first condition on the gap is not needed.
  @Test func corollary3HasAnUnnecessaryCondition() {
    // η < 2(σ₁ − σ₂)/σ₁² fails, the criterion holds, and the second mode is still at zero when the first is
    // learned.
    let (σ, next, η) = (1.0, 0.8, 0.42)
    #expect(η > 2 * (σ - next) / (σ * σ))
    #expect(PhaseSeparation.isLearned(σ, beforeFlowReaches: next, stepSize: η))
    let δ = 300.0
    let own = Int(LearningTimes.leadingSteps(target: σ, curvature: 1, delta: δ, stepSize: η) * 1.02)
    // (1 + ησ₂)^{2t} e^{−2δ} bounds the second mode.
    let second = 2 * (Double(own) * .log(onePlus: η * next) - δ)
    #expect(second < -20)
  }

  /// Corollary 3 counts descent's steps on the flow's clock. On its own, δ/ln(1 + ησ), every gap separates, also where
  /// ln(1 + ησ_i) < ησ_{i+1}.
  @Test func corollary3IsAboutAnotherClock() {
    let (σ, next, η, δ) = (1.0, 0.9, 0.45, 4000.0)
    #expect(!PhaseSeparation.isLearned(σ, beforeFlowReaches: next, stepSize: η))
    let w0 = Double.exp(-2 * 300)
    // ln w₀ = −2δ cannot be held: the logarithm grows by at most 2 ln(1 + ησ), and by that until w is of size 1.
    func share(_ target: Double, after steps: Double) -> Double {
      let reached = -2 * δ + 2 * steps * .log(onePlus: η * target)
      if reached < .log(w0) { return .exp(reached) }
      let done = ((2 * δ + .log(w0)) / (2 * .log(onePlus: η * target))).rounded(.down)
      var w = Double.exp(-2 * δ + 2 * done * .log(onePlus: η * target))
      for _ in 0..<Int(steps - done) {
        let factor = 1 + η * (target - w)
        w *= factor * factor
      }
      return w / target
    }
    let own = δ / Double.log(onePlus: η * next)
    expectClose(share(σ, after: own), 1, relative: 1e-9)
    #expect(share(next, after: δ / .log(onePlus: η * σ)) < 1e-9)
    // On the flow's clock the first is still at zero.
    #expect(share(σ, after: δ / (η * next)) < 1e-9)
  }

  /// Corollary 2, (32): training passes the reduced-rank optima only if σ_i and σ_i²/λ_i have one order.
  @Test func corollary2IsFalseWhenTheOrdersDiffer() throws {
    let problem = QuadraticProblem.regression(
      inputCovariance: .diagonal([8, 1]), crossCovariance: .diagonal([2, 1]))
    let optima = try ReducedRankOptima(of: problem)
    let learnedFirst = Matrix.diagonal([0.25, 0])
    expectClose(problem.loss(at: learnedFirst), -0.25, relative: tight)
    expectClose(problem.loss(at: optima.optimum(rank: 1)), -0.5, relative: tight)
    let (learned, optimal) = ReducedRankOptima.orders(targets: [2, 1], curvatures: [8, 1])
    #expect(learned == [0, 1] && optimal == [1, 0])
    // σ²/λ is 4/3 and 1, σ/λ 2/3 and 1: it is the former that counts.
    let agreeing = ReducedRankOptima.orders(targets: [2, 1], curvatures: [3, 1])
    #expect(agreeing.learned == [0, 1] && agreeing.optimal == [0, 1])
  }

  /// (13): it is ∇_{W₁} whose columns lie in the span of Xᵀ (in the paper's orientation).
  @Test func equation13IsAboutTheFirstLayer() throws {
    var generator = SeededGenerator(seed: 3)
    let x = Matrix.gaussian(rowCount: 2, columnCount: 4, using: &generator)
    let y = Matrix.gaussian(rowCount: 2, columnCount: 4, using: &generator)
    let layers = (0..<2).map { _ in
      Matrix.gaussian(rowCount: 4, columnCount: 4, using: &generator)
    }
    let problem = QuadraticProblem.regression(
      inputCovariance: x.transposedTimes(x), crossCovariance: y.transposedTimes(x))
    let slopes = layeredFlow(layers, gradient: problem.gradient)
    let basis = try SingularValueDecomposition(of: x, vectors: .thin).rightVectors
    func outside(_ gradient: Matrix) -> Double {
      let columns = gradient.transposed()
      return (columns - basis * basis.transposedTimes(columns)).frobeniusNorm
        / columns.frobeniusNorm
    }
    #expect(outside(slopes[0]) < 1e-14)
    #expect(outside(slopes[1]) > wrong)
  }

  /// (41): Δx of white inputs is not zero, but ½(1 − 1/√d); the distance from white is.
  @Test func theIdentityMeasureIsNotZeroForWhiteInputs() throws {
    var generator = SeededGenerator(seed: 7)
    let inputs = Matrix.orthogonal(rowCount: 30, columnCount: 9, using: &generator)
    var data = CovarianceAccumulator(inputCount: 9, outputCount: 2)
    data.add(
      inputs: inputs, targets: .gaussian(rowCount: 30, columnCount: 2, using: &generator))
    let measures = try JointDecomposition(of: data)
    #expect(measures.identityMeasure > wrong)
    expectClose(measures.identityMeasure, 0.5 * (1 - 1.0 / 3), relative: tight)
    #expect(measures.distanceFromWhite < 1e-14)
  }

  /// Table 1: no data of 784 inputs have Δx = 0.70; the largest possible value is that of rank one.
  @Test func table1ExceedsTheLargestIdentityMeasure() throws {
    var generator = SeededGenerator(seed: 8)
    var data = CovarianceAccumulator(inputCount: 784, outputCount: 1)
    data.add(
      inputs: .gaussian(rowCount: 1, columnCount: 784, using: &generator), targets: .identity(1))
    let largest = try JointDecomposition(of: data).identityMeasure
    expectClose(largest, 0.5 * Double.sqrt(2 - 2.0 / 28), relative: tight)
    #expect(largest < 0.695)
  }

  /// (42): for Y = X the end-to-end matrix tends to the identity, not to the covariance.
  @Test func equation42ComparesWithTheWrongMatrix() throws {
    let x = Matrix.diagonal([3, 0.5])
    let problem = QuadraticProblem.regression(inputCovariance: x, crossCovariance: x)
    let network = try LinearNetwork(layers: [Matrix](repeating: 0.1 * .identity(2), count: 2))
    let solution = try ExactSolutions.solve(problem, from: .layered(network), at: [60])
    let w = try #require(solution.trajectory.snapshots[0].endToEnd)
    expectClose(w, .identity(2), relative: tight)
    #expect(relativeError(w.elements, x.elements) > wrong)
  }

  /// B.2: an arbitrary SVD of Σxy does not diagonalise Σx when singular values repeat.
  @Test func anArbitrarySingularBasisDoesNotDiagonaliseTheInputs() throws {
    var generator = SeededGenerator(seed: 4)
    let u = Matrix.orthogonal(rowCount: 3, columnCount: 3, using: &generator)
    let x = u.scalingColumns(by: [3, 2, 1]).timesTransposed(u)
    // Σxy = U Vᵀ, all singular values equal: any orthogonal matrix is a left basis.
    let arbitrary = x - .diagonal(x.diagonal)
    #expect(arbitrary.frobeniusNorm > wrong)
    var data = CovarianceAccumulator(inputCount: 3, outputCount: 3)
    let root = u.scalingColumns(by: [3, 2, 1].map { Double.sqrt($0) }).timesTransposed(u)
    data.add(inputs: root, targets: try LUDecomposition(of: root).inverse())
    #expect(try JointDecomposition(of: data).offDiagonalNorm < 1e-14)
  }

  /// (57): the last factor is transposed; without, the shapes do not even fit for layers that are not square.
  @Test func equation57NeedsATranspose() {
    var generator = SeededGenerator(seed: 5)
    let layers = (0..<2).map { _ in
      Matrix.gaussian(rowCount: 3, columnCount: 3, using: &generator)
    }
    let target = Matrix.gaussian(rowCount: 3, columnCount: 3, using: &generator)
    let h = 1e-6
    func loss(_ w1: Matrix) -> Double {
      QuadraticProblem.factorization(target: target).loss(at: layers[1] * w1)
    }
    let residual = target - layers[1] * layers[0]
    var direction = Matrix.zeros(3, 3)
    direction[0, 1] = 1
    let slope = (loss(layers[0] + h * direction) - loss(layers[0] - h * direction)) / (2 * h)
    // Ours: ∇_{W₁} = −W₂ᵀ R; in the paper's orientation that is −Rᵀ-columns times W₂ᵀ, printed with W₂.
    expectClose(-layers[1].transposedTimes(residual)[0, 1], slope, relative: 1e-7)
    #expect(abs(-(layers[1] * residual)[0, 1] / slope - 1) > wrong)
  }

  /// (58): the number of modes is the smallest of all widths, the last included.
  @Test func theNumberOfModesIncludesTheOutputs() throws {
    var generator = SeededGenerator(seed: 6)
    let widths = [5, 4, 4, 2]
    let network = LinearNetwork.balanced(widths: widths, scale: 1, using: &generator)
    #expect(try network.endToEnd().rank() == 2)
    #expect(widths.dropLast().min() == 4)
  }
}
