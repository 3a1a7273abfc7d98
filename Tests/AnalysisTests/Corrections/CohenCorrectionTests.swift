import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

/// Formulas of the lecture notes of Cohen and Razin and of the slides of 2019 that are printed wrong.
@Suite struct CohenCorrectionTests {
  /// Proposition 3: see LandscapeTests.theOriginIsNotALocalMinimum for the norm over many shapes; here the
  /// printed number itself.
  @Test func proposition3UnderstatesTheNorm() throws {
    let w = Matrix.diagonal([1e-3, 1e-3])
    let network = try Witnesses.besideTheOrigin(endToEnd: w, hiddenWidths: [2, 2])
    let norm = network.layers.reduce(0) { $0 + $1.inner($1) }.squareRoot()
    let root = Double.root(w.frobeniusNorm, 3)
    #expect(norm > Double(3).squareRoot() * root * 1.2)
    expectClose(norm, root * Double(5).squareRoot(), relative: 1e-13)
  }

  /// Corollary 1 (6): the left side is the derivative of vec W, not vec W.
  @Test func corollary1IsAboutTheDerivative() throws {
    var generator = SeededGenerator(seed: 1)
    let w = Matrix.gaussian(rowCount: 2, columnCount: 3, using: &generator)
    let network = try LinearNetwork.balanced(endToEnd: w, hiddenWidths: [3])
    let gradient = Matrix.gaussian(rowCount: 2, columnCount: 3, using: &generator)
    let p = try EndToEndPreconditioner(at: w, depth: 2).matrix()
    func columns(_ matrix: Matrix) -> [Double] { matrix.transposed().elements }
    let right = (p * columns(gradient)).map { -$0 }
    let velocity = SingularValueEquation.endToEndVelocity(
      layers: network.layers, gradient: gradient)
    expectClose(right, columns(velocity), relative: 1e-12)
    #expect(relativeError(right, columns(w)) > 0.1)
  }

  /// Proposition 5: the constant is c = ‖e₁e₁ᵀ‖/√6, for which the derivation gives the bound; it is attained in
  /// the limit.
  @Test func proposition5HasItsConstantGarbled() {
    for loss in [1e-4, 1e-8, 1e-12] {
      let e = (6 * loss).squareRoot()
      // w₁₁ = (1 − e)²/e with the largest error in every entry: the smallest norm with det ≥ 0.
      let w = Matrix(rows: [[(1 - e) * (1 - e) / e, 1 - e], [1 - e, e]])
      #expect(w.frobeniusNorm >= NormDivergence.bound(atLoss: loss))
      // √6 in the numerator, as the garbled text can be read, is violated.
      #expect(w.frobeniusNorm < (6 / loss).squareRoot() / 2 - 8)
    }
  }

  /// Slides: σ^{2−2/N} must be (σ²)^{1−1/N} for values that have become negative.
  @Test func theExponentNeedsTheSquareForNegativeValues() throws {
    // The curve passes zero: depth 1 has no such exponent, so the layers are given and the decomposition
    // continued.
    let positive = try AnalyticDecomposition(of: Matrix(rows: [[0.1]]))
    let negative = try positive.continued(to: Matrix(rows: [[-0.2]]))
    #expect(negative.values[0] < 0)
    let gradient = Matrix(rows: [[0.7]])
    // w = −0.2 = u v with |u| = |v|: dw/dt = −2 |w| ∇ℓ.
    let root = Double.sqrt(0.2)
    let layers = [Matrix(rows: [[root]]), Matrix(rows: [[-root]])]
    let actual = SingularValueEquation.actualSpeeds(
      of: negative, gradient: gradient, layers: layers)[0]
    let right = SingularValueEquation.speeds(of: negative, gradient: gradient, depth: 2)[0]
    expectClose(right, actual, relative: 1e-14)
    // σ^{2−2/2} = σ has the other sign.
    let printed = -2 * negative.values[0] * 0.7
    expectClose(printed, -actual, relative: 1e-14)
  }

  /// Slides: a gradient that does not vanish at the origin does not exclude a potential.
  @Test func someFieldsArePotentialFields() throws {
    let z = Matrix(rows: [[1, -0.5]])
    let curve = ClosedCurve(
      center: Matrix(rows: [[1, 2]]), first: Matrix(rows: [[0.5, 0]]),
      second: Matrix(rows: [[0, 0.5]]))
    #expect(abs(try curve.lineIntegral(ofEndToEndField: { _ in z }, depth: 2)) < 1e-12)
    #expect(abs(try curve.lineIntegral(ofEndToEndField: { _ in z }, depth: 3)) > 1e-2)
  }

  /// Slides: the relation between two singular values under one observed entry holds for stationary singular
  /// vectors; for entry (1, 2) and a start αI at depth 1 it is s₁s₂ = α² and s₁ − s₂ = W₁₂ instead.
  @Test func oneObservedEntryRotatesTheVectors() throws {
    let (α, b) = (0.1, 1.0)
    let w = ExtrapolationIntegrator.solve(from: [α * Matrix.identity(2)], until: 1) {
      let residual = b - $0[0][0, 1]
      return [Matrix(rows: [[0, residual], [0, 0]])]
    }[0]
    let s = try w.singularValues()
    expectClose(s[0] * s[1], α * α, relative: 1e-12)
    expectClose(s[0] - s[1], w[0, 1], relative: 1e-12)
    // The printed linear relation s₁ − s₁₀ = ρ (s₂ − s₂₀) with ρ = ±1 would have both move by the same amount.
    #expect(abs(abs(s[0] - α) - abs(s[1] - α)) > 0.1)
  }
}
