import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

/// Formulas of Tarmoun et al. 2021 that are printed wrong: the printed form fails, the corrected one passes.
@Suite struct Tarmoun2021CorrectionTests {
  let tight = 1e-9
  let wrong = 1e-2

  /// (27): Â in X₁'s exponentials and Ã where X₂ ends; the printed form exchanges them.
  @Test func equation27ExchangesTheTwoMatrices() throws {
    var generator = SeededGenerator(seed: 1)
    let n = 3
    let a = Matrix.gaussian(rowCount: n, columnCount: n, using: &generator)
    let r = Matrix.randomSymmetric(eigenvalues: [1, 0.5, 0.2], using: &generator)
    let bar = Matrix.randomSymmetric(eigenvalues: [0.7, 0.2, -0.3], using: &generator)
    // Q is chosen so that P̄ solves the algebraic equation.
    let q = bar * r * bar - a * bar - bar.timesTransposed(a)
    let start = Matrix.randomSymmetric(eigenvalues: [1, 0.4, 0.1], using: &generator)
    let tilde = a - bar * r
    let hat = a.transposed() - r * bar
    let t = 0.6
    let exact = ExtrapolationIntegrator.solve(
      from: [.identity(n), start], until: t, tolerance: 1e-13
    ) { [r * $0[1] - a.transposedTimes($0[0]), q * $0[0] + a * $0[1]] }
    let difference = start - bar
    func integral(_ left: Matrix, _ right: Matrix) throws -> Matrix {
      // ∫₀ᵗ e^{−(t−s)L} R e^{sR̃} ds by Simpson's rule with 200 intervals.
      let count = 200
      let h = t / Double(count)
      var sum = Matrix.zeros(n, n)
      for k in 0...count {
        let s = h * Double(k)
        let weight = k == 0 || k == count ? 1.0 : (k % 2 == 1 ? 4 : 2)
        let product = try (-(t - s) * left).exponential() * r * (s * right).exponential()
        sum += weight * product
      }
      return sum * (h / 3)
    }
    let corrected1 = try (-t * hat).exponential() + integral(hat, tilde) * difference
    let corrected2 = try bar * corrected1 + (t * tilde).exponential() * difference
    expectClose(corrected1, exact[0], relative: tight)
    expectClose(corrected2, exact[1], relative: tight)
    let printed1 = try (-t * tilde).exponential() + integral(tilde, tilde) * difference
    let printed2 =
      try bar * (-t * hat).exponential() + bar * (integral(hat, tilde) * difference)
      + (t * hat).exponential() * difference
    #expect(relativeError(printed1.elements, exact[0].elements) > wrong)
    #expect(relativeError(printed2.elements, exact[1].elements) > wrong)
  }

  /// (40): the signs of both outer exponents are exchanged; (41), their quotient, is right and is our solution.
  @Test func equation40HasBothSignsExchanged() throws {
    var generator = SeededGenerator(seed: 2)
    let y = Matrix.randomSymmetric(eigenvalues: [1.2, 0.4, -0.7], using: &generator)
    let eigen = try SymmetricEigendecomposition(of: y)
    let positive = eigen.map { max($0, 0) }
    let u0 = Matrix.gaussian(rowCount: 3, columnCount: 3, using: &generator)
    let x0 = u0.timesTransposed(u0)
    let t = 0.8
    let exact = ExtrapolationIntegrator.solve(
      from: [.identity(3), x0], until: t, tolerance: 1e-13
    ) { [-2 * (y * $0[0]) + 4 * $0[1], 2 * (y * $0[1])] }
    let inner =
      Matrix.identity(3)
      + eigen.map { (1 - .exp(-4 * t * abs($0))) / abs($0) } * (x0 - positive)
    func forms(_ sign: Double) -> (Matrix, Matrix) {
      let first = eigen.map { .exp(sign * 2 * t * abs($0)) } * inner
      let second =
        positive * first + eigen.map { .exp(-sign * 2 * t * abs($0)) } * (x0 - positive)
      return (first, second)
    }
    let (corrected, printed) = (forms(1), forms(-1))
    expectClose(corrected.0, exact[0], relative: tight)
    expectClose(corrected.1, exact[1], relative: tight)
    #expect(relativeError(printed.0.elements, exact[0].elements) > wrong)
    #expect(relativeError(printed.1.elements, exact[1].elements) > wrong)
    let x = try corrected.1 * LUDecomposition(of: corrected.0).inverse()
    expectClose(try SymmetricRiccati(target: y, factor: u0).endToEnd(at: t), x, relative: tight)
  }

  /// (44): the limit has Ŷ⁻¹, as in (41), not Ŷ.
  @Test func equation44LacksAnInverse() throws {
    let y = Matrix.diagonal([1.2, 0.4])
    let u0 = Matrix(rows: [[0.3, 0.1], [-0.2, 0.5]])
    let x0 = u0.timesTransposed(u0)
    let t = 12.0
    let x = try SymmetricRiccati(target: y, factor: u0).endToEnd(at: t)
    // H = e^{2tŶ}(X − Y)e^{2tŶ}, with the first-order part of X − Y: limited to a time at which it is far above
    // rounding.
    let early = 4.0
    let xEarly = try SymmetricRiccati(target: y, factor: u0).endToEnd(at: early)
    let grow = Matrix.diagonal([1.2, 0.4].map { Double.exp(2 * early * $0) })
    let h = grow * (xEarly - y) * grow
    func limit(_ weight: Matrix) throws -> Matrix {
      try (x0 - y) * LUDecomposition(of: .identity(2) + weight * (x0 - y)).inverse()
    }
    let corrected = try limit(.diagonal([1 / 1.2, 1 / 0.4]))
    let printed = try limit(y)
    // e^{−4·0.4·4} = 1.7e-3 of the limit is still missing.
    #expect(relativeError(h.elements, corrected.elements) < 0.02)
    #expect(relativeError(h.elements, printed.elements) > 0.1)
    expectClose(x, y, relative: 1e-6)
  }

  /// (15) with (51): the radical covers only the product; as printed it covers everything.
  @Test func equation51HasItsRadicalTooLong() {
    for (σ, λ, x0) in [(1.0, 0.5, 0.1), (2.0, -1.0, 0.4), (1.0, 0.5, 3.0), (0.5, 2, -0.3)] {
      func closedForm(_ c: Double, _ t: Double) -> Double {
        let e = Double.exp(-t * .hypot(2 * σ, λ))
        return (σ - 2 * c * λ * λ * e - 4 * σ * λ * λ * c * c * e * e)
          / (1 + 8 * σ * c * e - 4 * λ * λ * c * c * e * e)
      }
      let root = ((4 * σ * σ + λ * λ) * (4 * x0 * x0 + λ * λ)).squareRoot()
      let corrected = (root - 4 * σ * x0 - λ * λ) / (4 * λ * λ * (σ - x0))
      let underRoot =
        4 * σ * σ * λ * λ + 16 * σ * σ * x0 * x0 + λ * λ * λ * λ + 4 * x0 * x0 * λ * λ
        - 4 * σ * x0 - λ * λ
      let printed = max(underRoot, 0).squareRoot() / (4 * λ * λ * (σ - x0))
      // u, v with u² − v² = λ and uv = x₀.
      let sum = Double.hypot(2 * x0, λ)
      let larger = ((sum + abs(λ)) / 2).squareRoot()
      let (u, v) = λ > 0 ? (larger, x0 / larger) : (x0 / larger, larger)
      let mode = TwoLayerMode(target: σ, curvature: 1, first: u, second: v)
      for t in [0.3, 1.0] {
        expectClose(mode.endToEnd(at: t), closedForm(corrected, t), relative: 1e-12)
        #expect(abs(closedForm(printed, t) - mode.endToEnd(at: t)) > 1e-3)
      }
      // (16): the constant is negative from above the target, so it needs |C|.
      let t = 30 / Double.hypot(2 * σ, λ)
      let asymptote = 2 * corrected * (4 * σ * σ + λ * λ) * .exp(-30)
      let gap = abs(mode.endToEnd(at: t) - σ)
      #expect((x0 > σ) == (corrected < 0))
      #expect(abs(abs(asymptote) - gap) < 0.05 * gap + 1e-15)
    }
  }

  /// (55): the prefactor is (−1)^n.
  @Test func equation55HasTheWrongSignForOddRowCounts() throws {
    let (m, n) = (1, 3)
    let (imbalance, σ, λ) = (0.6, 1.1, 0.25)
    let target = Matrix(rows: [[σ, 0, 0]])
    let s = ImbalancedFactorization.symmetricTarget(target, imbalance: imbalance)
    let determinant = try LUDecomposition(of: s - λ * Matrix.identity(4)).determinant
    let rest =
      Double.pow(imbalance / 2 + λ, n - m) * (σ * σ + imbalance * imbalance / 4 - λ * λ)
    expectClose(determinant, Double.pow(-1, n) * rest, relative: 1e-12)
    expectClose(determinant, -Double.pow(-1, m + n) * rest, relative: 1e-12)
  }

  /// Proposition 5: for matrices that are not square the rate is |λ₀|; with a negative λ₀ the printed one would
  /// be a growth.
  @Test func proposition5NeedsAnAbsoluteValue() throws {
    let rates = ImbalancedRates.penalized(
      smallestSingularValue: 0.5, isSquare: false, imbalance: -0.8)
    #expect(rates.stacked == 0.8 && rates.endToEnd > rates.stacked)
    // See also ratesOfMatricesThatAreNotSquare, which measures both.
    var generator = SeededGenerator(seed: 3)
    let solution = try ImbalancedFactorization(
      target: Matrix(rows: [[0.9, 0, 0], [0, 0.5, 0]]), imbalance: -0.8,
      stacked: .gaussian(rowCount: 5, columnCount: 6, using: &generator))
    let gaps = try [10.0, 14].map { t -> Double in
      let (r, later) = (try solution.stacked(at: t), try solution.stacked(at: t + 100))
      return (r.timesTransposed(r) - later.timesTransposed(later)).frobeniusNorm
    }
    let measured = Double.log(gaps[0] / gaps[1]) / 4
    #expect(abs(measured - 0.8) < 0.05)
    #expect(abs(measured - -0.8) > 1)
  }

  /// Proposition 5: its rates are those of the penalised flow with k ≥ m + n columns. With m ≤ k < n and λ₀ < 0 the
  /// rate is √(σ² + λ₀²/4) − |λ₀|/2, and imbalance slows learning down.
  @Test func proposition5NeedsItsNumberOfColumns() throws {
    let (σ, imbalance) = (0.5, -4.0)
    let rates = ImbalancedRates(
      singularValues: [σ], outputs: 1, inputs: 2, width: 1, imbalance: imbalance)
    // U = u, V = (v₁, v₂) with u² − ‖V‖² = λ₀.
    let (u, angle) = (0.3, 0.7)
    let length = (u * u - imbalance).squareRoot()
    let network = try LinearNetwork(layers: [
      Matrix(rows: [[length * .cos(angle), length * .sin(angle)]]), Matrix(rows: [[u]]),
    ])
    let target = Matrix(rows: [[σ, 0]])
    let solution = try ExactSolutions.solve(
      .factorization(target: target), from: .layered(network), at: [100, 200])
    let gaps = try solution.trajectory.snapshots.map {
      (try #require($0.endToEnd) - target).frobeniusNorm
    }
    let measured = Double.log(gaps[0] / gaps[1]) / 100
    expectClose(measured, rates.endToEnd, relative: 1e-2)
    expectClose(rates.endToEnd, 4.25.squareRoot() - 2, relative: 1e-13)
    #expect(measured < 0.02 * Double.hypot(2 * σ, imbalance))
  }

  /// The flow of (18), the regularised problem (20) with weight 1/8, and the display after (57).
  @Test func theRegularisedFlowAndItsSecondDerivative() throws {
    let file = try ReferenceCase("R_flow_18_19")
    let sigma = file.inputs["Sigma"].matrix
    let lambda = file.inputs["Lambda_Q"].matrix
    let signs = Matrix.diagonal([0.5, 0.5, -0.5, -0.5])
    let s = ImbalancedFactorization.symmetricTarget(sigma, imbalance: 0)
    func flow(_ r: Matrix) -> Matrix {
      s * r - 0.5 * (r * r.transposedTimes(r)) + signs * r * lambda
    }
    func imbalance(_ r: Matrix) -> Matrix { 2 * r.transposedTimes(signs * r) }
    let start = file.inputs["R0"].matrix
    for (k, time) in file.inputs["times"].numbers.enumerated() {
      let r = ExtrapolationIntegrator.solve(from: [start], until: time, tolerance: 1e-13) {
        [flow($0[0])]
      }[0]
      expectClose(r, file.outputs["R"][k].matrix, relative: file.tolerance)
      let excess = imbalance(r) - lambda
      expectClose(
        excess.frobeniusNorm, file.outputs["Qbar_minus_Lambda_norm"].numbers[k],
        relative: file.tolerance)
      let u = r.submatrix(rows: 0..<2, columns: 0..<3)
      let v = r.submatrix(rows: 2..<4, columns: 0..<3)
      let residual = sigma - u.timesTransposed(v)
      let objective = 0.5 * residual.inner(residual) + excess.inner(excess) / 8
      expectClose(
        objective, file.outputs["objective_20"].numbers[k], relative: 1e-8)
    }
    // Second derivative of Q by central differences of Q′ = −½(DP + PD), D = Q − Λ, P = RᵀR.
    func first(_ r: Matrix) -> Matrix {
      let (d, p) = (imbalance(r) - lambda, r.transposedTimes(r))
      return -0.5 * (d * p + p * d)
    }
    let h = 1e-4
    let forward = ExtrapolationIntegrator.solve(from: [start], until: h) { [flow($0[0])] }[0]
    let backward = ExtrapolationIntegrator.solve(from: [start], until: h) { [-flow($0[0])] }[0]
    let second = (first(forward) - first(backward)) / (2 * h)
    let d = imbalance(start) - lambda
    let p = start.transposedTimes(start)
    let slope = flow(start)
    let pDot = slope.transposedTimes(start) + start.transposedTimes(slope)
    let a = p * p - 2 * pDot
    let corrected = 0.25 * (d * a) + 0.25 * (a * d) + 0.5 * (p * d * p)
    expectClose(corrected, second, relative: 1e-6)
    let b = p * p + 2 * pDot
    let printed = -0.25 * (d * b) - 0.25 * (b * d) - 0.5 * (p * d * pDot)
    #expect(relativeError(printed.elements, second.elements) > wrong)
  }

  /// (63): the deviation is σ c e^{−4σt} with a plus sign.
  @Test func equation63HasAWrongApproximation() {
    let (σ, x0, t) = (1.5, 0.4, 1.5)
    let exact = BalancedMode(
      depth: 2, target: 2 * σ, curvature: 2, initial: x0.squareRoot()
    ).endToEnd(at: t)
    let c = (x0 - σ) / x0
    let e = Double.exp(-4 * σ * t)
    expectClose(σ / (1 - c * e), exact, relative: 1e-13)
    let gap = exact - σ
    #expect(abs((σ * c * e - gap) / gap) < wrong)
    #expect(abs((-c * e - gap) / gap) > 1)
  }

  /// App. G: below the target, the one-sided inequality does not bound the error; the multiplier tends to 1 −
  /// 4ησ.
  @Test func appendixGGivesNoRateFromBelow() {
    let (σ, η) = (1.0, 0.02)
    var x = 0.05
    let factor = 1 + 2 * η * (σ - x)
    let next = x * factor * factor
    // |X₁ − σ| is larger than (1 − 4ησ)|X₀ − σ|.
    #expect(abs(next - σ) > (1 - 4 * η * σ) * abs(x - σ))
    for _ in 0..<400 {
      let factor = 1 + 2 * η * (σ - x)
      x *= factor * factor
      if abs(x - σ) < 1e-6 { break }
    }
    let last = x - σ
    let after = x * (1 + 2 * η * (σ - x)) * (1 + 2 * η * (σ - x)) - σ
    expectClose(after / last, 1 - 4 * η * σ, relative: 1e-5)
  }
}
