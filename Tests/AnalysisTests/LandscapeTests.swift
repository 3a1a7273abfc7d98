import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

@Suite struct LandscapeTests {
  static func randomLayers(_ widths: [Int], using generator: inout SeededGenerator) -> [Matrix] {
    zip(widths, widths.dropFirst()).map {
      Matrix.gaussian(rowCount: $1, columnCount: $0, using: &generator)
    }
  }

  @Test func hessianProductsAreDerivativesOfTheGradient() {
    var generator = SeededGenerator(seed: 1)
    for trial in 0..<30 {
      let widths = [[3, 2], [3, 4, 2], [2, 3, 3, 2], [2, 2, 3, 2, 1]][trial % 4]
      let x = Matrix.gaussian(rowCount: 4, columnCount: widths[0], using: &generator)
      let landscape = LossLandscape(
        .regression(
          inputCovariance: x.transposedTimes(x),
          crossCovariance: .gaussian(
            rowCount: widths[widths.count - 1], columnCount: widths[0], using: &generator)))
      let layers = Self.randomLayers(widths, using: &generator)
      let direction = Self.randomLayers(widths, using: &generator)
      let h = 1e-5
      func gradients(_ step: Double) -> [Double] {
        landscape.gradients(at: zip(layers, direction).map { $0 + step * $1 }).flatMap(\.elements)
      }
      let difference = zip(gradients(h), gradients(-h)).map { ($0 - $1) / (2 * h) }
      let product = landscape.hessianProduct(at: layers, along: direction).flatMap(\.elements)
      // h² times third derivatives, and rounding over h.
      expectClose(product, difference, relative: 1e-7)
    }
  }

  @Test func theHessianIsSymmetricAndHasTheProductsAsColumns() {
    var generator = SeededGenerator(seed: 2)
    let layers = Self.randomLayers([3, 2, 2], using: &generator)
    let landscape = LossLandscape(
      .factorization(target: .gaussian(rowCount: 2, columnCount: 3, using: &generator)))
    let hessian = landscape.hessian(at: layers)
    let direction = Self.randomLayers([3, 2, 2], using: &generator)
    expectClose(
      hessian * direction.flatMap(\.elements),
      landscape.hessianProduct(at: layers, along: direction).flatMap(\.elements), relative: 1e-13)
  }

  @Test func objectivesAndProblemsHaveTheSameLandscape() throws {
    let entries = try ObservedEntries(
      rowCount: 2, columnCount: 2, rows: [0, 0, 1, 1], columns: [0, 1, 0, 1],
      values: [1, 2, 3, 4])
    var generator = SeededGenerator(seed: 3)
    let layers = Self.randomLayers([2, 3, 2], using: &generator)
    let direction = Self.randomLayers([2, 3, 2], using: &generator)
    // All four entries known: a quarter of the factorization loss.
    let completion = LossLandscape(CompletionObjective(entries))
    let factorization = LossLandscape(
      .factorization(target: Matrix(rows: [[1, 2], [3, 4]])))
    expectClose(
      completion.hessianProduct(at: layers, along: direction).flatMap { (4 * $0).elements },
      factorization.hessianProduct(at: layers, along: direction).flatMap(\.elements),
      relative: 1e-13)
  }

  @Test func criticalPointsAreToldApart() throws {
    let landscape = LossLandscape(.factorization(target: .diagonal([2, 1])))
    let zero = Matrix.zeros(2, 2)
    // Two layers: the origin has curvature −σ₁ = −2.
    guard
      case .strictSaddle(let smallest) = try landscape.criticalPoint(at: [zero, zero])
    else {
      Issue.record("the origin of two layers is a strict saddle")
      return
    }
    expectClose(smallest, -2, relative: 1e-12)
    #expect(try landscape.criticalPoint(at: [zero, zero, zero]) == .nonStrictSaddle)
    let root = Matrix.diagonal([Double.sqrt(2), 1])
    #expect(try landscape.criticalPoint(at: [root, root]) == .globalMinimum)
    // One component learned: the other has curvature −1.
    let partial = Matrix.diagonal([Double.sqrt(2), 0])
    guard
      case .strictSaddle(let second) = try landscape.criticalPoint(at: [partial, partial])
    else {
      Issue.record("a partly learned point is a strict saddle")
      return
    }
    expectClose(second, -1, relative: 1e-12)
    guard case .none(let norm) = try landscape.criticalPoint(at: [root, 0.5 * root]) else {
      Issue.record("the gradient does not vanish here")
      return
    }
    #expect(norm > 0.1)
    // A bottleneck: the best matrix of rank one is a minimum among the matrices it can reach.
    let narrow = [Matrix(rows: [[Double.sqrt(2), 0]]), Matrix(rows: [[Double.sqrt(2)], [0]])]
    #expect(try landscape.criticalPoint(at: narrow) == .undecided)
  }

  @Test func theMidpointOfTwoNetworksShowsThatTheLossIsNotConvex() throws {
    var generator = SeededGenerator(seed: 4)
    for depth in 2...5 {
      let target = Matrix.gaussian(rowCount: 3, columnCount: 2, using: &generator)
      let problem = QuadraticProblem.factorization(target: target)
      let (a, b) = try Witnesses.nonConvexity(
        endToEnd: 0.5 * target, hiddenWidths: [Int](repeating: 3, count: depth - 1))
      expectClose(a.endToEnd(), b.endToEnd(), relative: 1e-14)
      var middle = a
      for j in middle.layers.indices { middle.layers[j] = 0.5 * (a.layers[j] + b.layers[j]) }
      let ends = problem.loss(at: a.endToEnd())
      #expect(problem.loss(at: middle.endToEnd()) > ends * 1.5)
    }
  }

  /// The product is W and the norm ‖W‖^{1/N}√(1 + (N−1) min(d₀, d_N)); the printed √N ‖W‖^{1/N} is another number.
  @Test func theOriginIsNotALocalMinimum() throws {
    var generator = SeededGenerator(seed: 5)
    for (outputs, inputs) in [(2, 3), (3, 2), (2, 2)] {
      for depth in 3...5 {
        let w = 1e-3 * Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
        let network = try Witnesses.besideTheOrigin(
          endToEnd: w, hiddenWidths: [Int](repeating: 4, count: depth - 1))
        expectClose(network.endToEnd(), w, relative: 1e-13)
        let norm = network.layers.reduce(0) { $0 + $1.inner($1) }.squareRoot()
        let root = Double.root(w.frobeniusNorm, depth)
        expectClose(
          norm, root * Double(1 + (depth - 1) * min(inputs, outputs)).squareRoot(),
          relative: 1e-13)
        #expect(abs(norm / (root * Double(depth).squareRoot()) - 1) > 0.1)
      }
    }
  }

  // MARK: Line integrals

  static func circle(_ rows: Int, _ columns: Int, using generator: inout SeededGenerator)
    -> ClosedCurve
  {
    ClosedCurve(
      center: .gaussian(rowCount: rows, columnCount: columns, using: &generator),
      first: 0.3 * .gaussian(rowCount: rows, columnCount: columns, using: &generator),
      second: 0.3 * .gaussian(rowCount: rows, columnCount: columns, using: &generator))
  }

  @Test func gradientsIntegrateToZeroAndEndToEndFieldsDoNot() throws {
    var generator = SeededGenerator(seed: 6)
    let target = Matrix.gaussian(rowCount: 2, columnCount: 3, using: &generator)
    let curve = Self.circle(2, 3, using: &generator)
    #expect(abs(curve.lineIntegral { $0 - target }) < 1e-12)
    let one = try curve.lineIntegral(ofEndToEndField: { $0 - target }, depth: 1)
    #expect(abs(one) < 1e-12)
    for depth in 2...4 {
      let integral = try curve.lineIntegral(ofEndToEndField: { $0 - target }, depth: depth)
      #expect(abs(integral) > 1e-3)
      // Twice the points, the same number: the rule has converged.
      let fine = try curve.lineIntegral(
        ofEndToEndField: { $0 - target }, depth: depth, points: 512)
      expectClose(integral, fine, relative: 1e-8)
    }
  }

  /// A gradient that does not vanish at the origin does not suffice: scalar maps and two layers with one output and a linear loss
  /// are gradient flows of another function. Three layers are not.
  @Test func someEndToEndFieldsAreGradients() throws {
    var generator = SeededGenerator(seed: 7)
    let z = Matrix(rows: [[1, -2, 0.5]])
    let curve = Self.circle(1, 3, using: &generator)
    let linear = try curve.lineIntegral(ofEndToEndField: { _ in z }, depth: 2, points: 1024)
    #expect(abs(linear) < 1e-9)
    // F(w) = |w| z·w has this gradient.
    let w = curve.center
    let p = try EndToEndPreconditioner(at: w, depth: 2).apply(to: z)
    let norm = w.frobeniusNorm
    expectClose(p, norm * z + (z.inner(w) / norm) * w, relative: 1e-13)
    let deeper = try curve.lineIntegral(ofEndToEndField: { _ in z }, depth: 3)
    #expect(abs(deeper) > 1e-3)
    let scalar = ClosedCurve(
      center: Matrix(rows: [[2]]), first: Matrix(rows: [[0.5]]), second: Matrix(rows: [[0.2]]))
    for depth in 2...4 {
      let integral = try scalar.lineIntegral(
        ofEndToEndField: { $0 - Matrix(rows: [[1]]) }, depth: depth)
      #expect(abs(integral) < 1e-12)
    }
  }

  /// At a balanced minimum of a factorization the largest curvature is N s₁^{2−2/N}.
  @Test func theSharpnessOfTheBalancedMinimumIsKnown() throws {
    for depth in 2...4 {
      let target = Matrix.diagonal([3, 1.5, 0.4])
      let layers = try LinearNetwork.balanced(
        endToEnd: target, hiddenWidths: [Int](repeating: 3, count: depth - 1)
      ).layers
      let largest = try LossLandscape(.factorization(target: target)).hessian(at: layers)
        .symmetricEigenvalues()[0]
      expectClose(largest, Double(depth) * .pow(3, 2 - 2 / Double(depth)), relative: 1e-12)
    }
  }
}
