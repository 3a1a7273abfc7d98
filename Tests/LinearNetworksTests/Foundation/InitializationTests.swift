import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@Suite struct InitializationTests {
  @Test func gaussianWeightsHaveTheStandardDeviation() {
    var generator = SeededGenerator(seed: 1)
    let network = LinearNetwork.gaussian(
      widths: [70, 90, 80], standardDeviation: 0.3, using: &generator)
    #expect(network.widths == [70, 90, 80])
    for layer in network.layers {
      let n = Double(layer.count)
      // Mean and standard deviation of n draws scatter by s/√n and s/√2n: four of each.
      #expect(abs(layer.elements.reduce(0, +) / n) < 4 * 0.3 / n.squareRoot())
      #expect(abs(layer.frobeniusNorm / n.squareRoot() - 0.3) < 4 * 0.3 / (2 * n).squareRoot())
    }
    // Layers are independent: their inner product scatters by s²√n.
    let a = network.layers[0].elements.prefix(6000)
    let b = network.layers[1].elements.prefix(6000)
    let inner = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(inner) < 4 * 0.09 * 6000.squareRoot())
  }

  @Test func orthogonalLayersHaveEqualSingularValues() throws {
    var generator = SeededGenerator(seed: 2)
    let network = LinearNetwork.orthogonal(widths: [6, 6, 4, 9], scale: 0.5, using: &generator)
    #expect(network.widths == [6, 6, 4, 9])
    for layer in network.layers {
      let values = try layer.singularValues()
      expectClose(values, [Double](repeating: 0.5, count: values.count), ulps: 50)
    }
    let square = LinearNetwork.orthogonal(widths: [5, 5, 5], scale: 2, using: &generator)
    #expect(square.unbalancedness() < 4 * 100 * .ulpOfOne)
  }

  @Test func identityLayersAreRectangularIdentities() {
    let network = LinearNetwork.identity(widths: [2, 3, 2], scale: 0.1)
    #expect(network.layers[0] == Matrix(rows: [[0.1, 0], [0, 0.1], [0, 0]]))
    #expect(network.layers[1] == Matrix(rows: [[0.1, 0, 0], [0, 0.1, 0]]))
  }

  @Test(arguments: [[], [4], [4, 4], [7, 5, 9], [4, 6, 5, 4]])
  func balancedNetworkHasTheEndToEndMatrix(_ hiddenWidths: [Int]) throws {
    var generator = SeededGenerator(seed: 3)
    for shape in [(4, 6), (6, 4), (4, 4)] {
      let w = Matrix.gaussian(rowCount: shape.0, columnCount: shape.1, using: &generator)
      let network = try LinearNetwork.balanced(endToEnd: w, hiddenWidths: hiddenWidths)
      #expect(network.widths == [shape.1] + hiddenWidths + [shape.0])
      // Backward error of the decomposition, and of a product for each layer.
      let ulps = 10 * backwardErrorUlps(6, 6)
      expectClose(network.endToEnd(), w, ulps: ulps)
      let size = try w.spectralNorm()
      #expect(network.unbalancedness() <= ulps * .ulpOfOne * max(size, 1))
    }
  }

  @Test func matricesOfLowRankFitThroughNarrowLayers() throws {
    var generator = SeededGenerator(seed: 4)
    let w = Matrix.lowRank(rowCount: 8, columnCount: 6, rank: 2, using: &generator)
    let network = try LinearNetwork.balanced(endToEnd: w, hiddenWidths: [2, 3])
    expectClose(network.endToEnd(), w, ulps: 500)
    #expect(network.unbalancedness() < 500 * .ulpOfOne * w.frobeniusNorm)
    #expect(throws: LinearNetworkError.hiddenWidthBelowRank(width: 1, rank: 2)) {
      try LinearNetwork.balanced(endToEnd: w, hiddenWidths: [2, 1])
    }
    let zero = try LinearNetwork.balanced(endToEnd: .zeros(3, 2), hiddenWidths: [1])
    #expect(zero == LinearNetwork(zerosOfWidths: [2, 1, 3]))
    #expect(throws: LinearNetworkError.hiddenWidthBelowRank(width: 0, rank: 0)) {
      try LinearNetwork.balanced(endToEnd: .zeros(3, 2), hiddenWidths: [0])
    }
    #expect(throws: DecompositionError.self) {
      try LinearNetwork.balanced(endToEnd: Matrix(rows: [[.nan]]), hiddenWidths: [1])
    }
    #expect(throws: LinearNetworkError.emptyLayer(number: 1, rowCount: 0, columnCount: 2)) {
      try LinearNetwork.balanced(endToEnd: .zeros(0, 2), hiddenWidths: [1])
    }
  }

  @Test(arguments: [[5, 7], [6, 6, 6], [8, 3, 5], [4, 9, 7, 5], [3, 8, 8, 8, 3]])
  func randomBalancedNetworksHaveEqualSingularValues(_ widths: [Int]) throws {
    var generator = SeededGenerator(seed: 5)
    for scale in [1e-12, 1e-3, 4] {
      let network = LinearNetwork.balanced(widths: widths, scale: scale, using: &generator)
      let narrowest = widths.min()!
      let values = try network.endToEnd().singularValues()
      expectClose(
        Array(values.prefix(narrowest)), [Double](repeating: scale, count: narrowest), ulps: 200)
      #expect(values.dropFirst(narrowest).allSatisfy { $0 < 200 * .ulpOfOne * scale })
      // Relative to a layer's Gram matrix.
      let gram = network.layers[0].frobeniusNorm * network.layers[0].frobeniusNorm
      #expect(network.unbalancedness() <= 200 * .ulpOfOne * gram)
    }
    let zero = LinearNetwork.balanced(widths: widths, scale: 0, using: &generator)
    #expect(zero == LinearNetwork(zerosOfWidths: widths))
  }
}
