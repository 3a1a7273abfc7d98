import Estimators
import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@Suite struct LayerFactorizerTests {
  static func weight(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return .gaussian(rowCount: rows, columnCount: columns, using: &generator)
  }

  @Test(arguments: [(7, 5), (5, 7), (6, 6), (1, 4)], [1, 2, 3, 5])
  func productIsTheLayer(shape: (Int, Int), depth: Int) throws {
    let w = Self.weight(shape.0, shape.1)
    let fit = try LayerFactorizer(depth: depth).fit(w)
    let network = try LinearNetwork(layers: fit.factors)
    #expect(network.depth == depth)
    // A decomposition and depth − 1 products, each with a few roundings of the spectral norm.
    expectClose(network.endToEnd(), w, ulps: 64 * Double(depth))
    // Each side of the balance is as large as the layers' squares.
    let size = try fit.factors[0].spectralNorm()
    #expect(network.unbalancedness() <= 1e-14 * size * size)
    #expect(fit.relativeError == 0 && fit.keptEnergy == 1)
  }

  /// The factors have the smallest sum of squares: N Σ σ^{2/N}.
  @Test(arguments: [2, 3, 4])
  func factorsAreSmall(depth: Int) throws {
    let fit = try LayerFactorizer(depth: depth).fit(Self.weight(6, 4))
    let sum = fit.factors.reduce(0) { $0 + $1.inner($1) }
    let w = try SingularValueDecomposition(of: Self.weight(6, 4))
    // σ^{1/N} are the singular values of every factor; their powers give back σ.
    let roots = try fit.factors[0].singularValues()
    for (root, value) in zip(roots, w.singularValues) {
      let power = (1..<depth).reduce(root) { product, _ in product * root }
      #expect(abs(power - value) <= 1e-13 * value)
    }
    let bound = Double(depth) * roots.reduce(0) { $0 + $1 * $1 }
    #expect(abs(sum - bound) <= 1e-13 * bound)
  }

  @Test func keepsWhatIsAskedFor() throws {
    var generator = SeededGenerator(seed: 2)
    let w = Matrix.random(
      singularValues: [4, 2, 1, 0.5], rowCount: 6, columnCount: 5, using: &generator)
    let total = 16 + 4 + 1 + 0.25
    let two = try LayerFactorizer(rank: .fixed(2)).fit(w)
    #expect(two.factors.map(\.shape) == ["2×5", "6×2"] && two.parameterCount == 22)
    #expect(abs(two.keptEnergy - 20 / total) <= 1e-14)
    let error = (two.factors[1] * two.factors[0] - w).frobeniusNorm / w.frobeniusNorm
    #expect(abs(error - two.relativeError) <= 1e-14)
    #expect(try LayerFactorizer(rank: .energy(0.98)).fit(w).rank == 3)
    #expect(try LayerFactorizer(rank: .energy(0.5)).fit(w).rank == 1)
    let bound = (1.26 / total).squareRoot()
    #expect(try LayerFactorizer(rank: .relativeError(bound)).fit(w).rank == 2)
    let wide = try LayerFactorizer(depth: 3, rank: .fixed(2), width: 4).fit(w)
    #expect(wide.factors.map(\.shape) == ["4×5", "4×4", "6×4"])
  }

  /// Collapsed layers act on an input as the sequence did, biases included.
  @Test func collapsedLayersActAlike() {
    let factors = [Self.weight(4, 3), Self.weight(5, 4, seed: 2), Self.weight(2, 5, seed: 3)]
    let biases: [[Double]?] = [[1, 2, 3, 4], nil, [0.5, -0.5]]
    let input = [0.3, -1, 2]
    var value = input
    for (factor, bias) in zip(factors, biases) {
      value = factor * value
      if let bias { value = zip(value, bias).map(+) }
    }
    let (weight, bias) = LayerFactorizer.collapse(factors, biases: biases)
    for (actual, expected) in zip(zip(weight * input, bias ?? []).map(+), value) {
      #expect(abs(actual - expected) <= 1e-13 * (1 + abs(expected)))
    }
    #expect(LayerFactorizer.collapse(factors, biases: [nil, nil, nil]).bias == nil)
  }

  @Test func refusesWhatDoesNotFit() {
    let w = Self.weight(3, 2)
    #expect(throws: LayerFactorizer.Failure.depthNotPositive(0)) {
      try LayerFactorizer(depth: 0).fit(w)
    }
    #expect(throws: LayerFactorizer.Failure.rankOutOfRange(3, largest: 2)) {
      try LayerFactorizer(rank: .fixed(3)).fit(w)
    }
    #expect(throws: LayerFactorizer.Failure.widthBelowRank(width: 1, rank: 2)) {
      try LayerFactorizer(width: 1).fit(w)
    }
    #expect(throws: DecompositionError.notFinite(row: 0, column: 1, value: .infinity)) {
      try LayerFactorizer().fit(Matrix(rows: [[1, .infinity]]))
    }
  }
}
