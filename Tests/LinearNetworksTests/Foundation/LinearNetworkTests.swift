import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@Suite struct LinearNetworkTests {
  @Test func layersDescribeTheNetwork() throws {
    let network = try LinearNetwork(layers: [.zeros(4, 3), .zeros(2, 4), .zeros(5, 2)])
    #expect(network.depth == 3)
    #expect(network.widths == [3, 4, 2, 5])
    #expect(network.inputCount == 3)
    #expect(network.outputCount == 5)
    #expect(network.parameterCount == 12 + 8 + 10)
    #expect(network == LinearNetwork(zerosOfWidths: [3, 4, 2, 5]))
  }

  @Test func layersThatMakeNoNetworkAreRefused() {
    #expect(throws: LinearNetworkError.noLayers) { try LinearNetwork(layers: []) }
    #expect(throws: LinearNetworkError.emptyLayer(number: 2, rowCount: 0, columnCount: 4)) {
      try LinearNetwork(layers: [.zeros(4, 3), .zeros(0, 4)])
    }
    #expect(throws: LinearNetworkError.emptyLayer(number: 1, rowCount: 4, columnCount: 0)) {
      try LinearNetwork(layers: [.zeros(4, 0), .zeros(2, 4)])
    }
    #expect(
      throws: LinearNetworkError.incompatibleLayers(below: 1, outputCount: 4, inputCount: 5)
    ) {
      try LinearNetwork(layers: [.zeros(4, 3), .zeros(2, 5)])
    }
  }

  @Test func endToEndOfOneLayerIsThatLayer() {
    let network = randomNetwork([4, 3])
    #expect(network.endToEnd() == network.layers[0])
    #expect(network.unbalancedness() == 0)
  }

  @Test func unbalancednessIsTheLargestDifferenceOfGramMatrices() throws {
    // W₂ᵀW₂ − W₁W₁ᵀ = 9 − 4, W₃ᵀW₃ − W₂W₂ᵀ = 1 − 9.
    let network = try LinearNetwork(
      layers: [Matrix(rows: [[2]]), Matrix(rows: [[3]]), Matrix(rows: [[1]])])
    #expect(network.unbalancedness() == 8)
  }
}
