import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@Suite struct ProductChainTests {
  /// Depths 1 to 5 with widths that all differ where they can.
  static let shapes = [
    [4, 3], [5, 2, 4], [3, 6, 2, 5], [4, 5, 3, 6, 2], [2, 4, 3, 5, 6, 3], [1, 1, 1], [6, 1, 5],
  ]

  @Test(arguments: shapes) func productIsTheEndToEndMatrix(_ widths: [Int]) {
    let network = randomNetwork(widths)
    var chain = ProductChain(widths: widths)
    chain.multiply(network)
    let expected = network.layers.dropFirst().reduce(network.layers[0]) { $1 * $0 }
    // Each product adds a rounding of at most its inner width, relative to the product of the norms.
    let growth = network.layers.reduce(1) { $0 * $1.frobeniusNorm } / expected.maxAbsolute
    let ulps = growth * Double(widths.reduce(0, +))
    expectClose(chain.product(of: network), expected, ulps: ulps)
    expectClose(network.endToEnd(), expected, ulps: ulps)
  }

  /// ∂⟨G, W⟩/∂W_j for a fixed G is what backpropagation of G gives. A central difference of step h errs by
  /// nothing but rounding ε/h: the product is linear in each single weight.
  @Test(arguments: shapes) func gradientsAreCentralDifferences(_ widths: [Int]) {
    var generator = SeededGenerator(seed: 3)
    let network = randomNetwork(widths)
    let direction = Matrix.gaussian(
      rowCount: widths.last!, columnCount: widths[0], using: &generator)
    var chain = ProductChain(widths: widths)
    chain.multiply(network)
    var gradients = LinearNetwork(zerosOfWidths: widths).layers
    chain.backpropagate(
      transposedGradient: direction.transposed(), through: network, into: &gradients)
    let h = 0.5
    let differences = centralDifferences(at: network, step: h) {
      direction.inner($0.endToEnd())
    }
    for (gradient, difference) in zip(gradients, differences) {
      // Values of ⟨G, W⟩ are rounded to about ‖G‖ Π‖W_j‖ ε; each gradient is at least of the order of one.
      expectClose(gradient, difference, ulps: 1e4)
    }
  }

  @Test(arguments: [0, 1, 2]) func layersAtTheInputCanBeLeftOut(_ skipped: Int) {
    let widths = [5, 4, 2, 3]
    let network = randomNetwork(widths)
    var chain = ProductChain(widths: widths, skippingLayers: skipped)
    chain.multiply(network)
    let upper = LinearNetwork(fitting: Array(network.layers[skipped...]))
    expectClose(chain.product(of: network), upper.endToEnd(), ulps: 100)

    var generator = SeededGenerator(seed: 4)
    let transposedGradient = Matrix.gaussian(
      rowCount: widths[skipped], columnCount: 3, using: &generator)
    let untouched = Matrix(rowCount: 1, columnCount: 1, repeating: 7)
    var gradients = LinearNetwork(zerosOfWidths: widths).layers
    for layer in 0..<skipped { gradients[layer] = untouched }
    chain.backpropagate(
      transposedGradient: transposedGradient, through: network, into: &gradients)
    for layer in 0..<skipped { #expect(gradients[layer] == untouched) }

    var own = ProductChain(widths: upper.widths)
    var expected = LinearNetwork(zerosOfWidths: upper.widths).layers
    own.multiply(upper)
    own.backpropagate(transposedGradient: transposedGradient, through: upper, into: &expected)
    #expect(Array(gradients[skipped...]) == expected)
  }

  @Test func memoryServesOneNetworkAfterAnother() {
    let widths = [4, 3, 2, 5]
    var chain = ProductChain(widths: widths)
    for seed in 1...3 as ClosedRange<UInt64> {
      let network = randomNetwork(widths, seed: seed)
      chain.multiply(network)
      expectClose(chain.product(of: network), network.endToEnd(), ulps: 1000)
    }
  }
}
