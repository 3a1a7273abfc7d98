import LinearAlgebra
import Testing

@Suite struct GammaTests {
  /// Mean and variance of a gamma distribution of scale one are both its shape.
  @Test(arguments: [0.3, 1, 2.5, 40]) func momentsAreTheShape(_ shape: Double) {
    var generator = SeededGenerator(seed: 9)
    let count = 40_000
    let draws = (0..<count).map { _ in generator.nextGamma(shape: shape) }
    let mean = draws.reduce(0, +) / Double(count)
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    // Five standard errors: of the mean √(shape/n), of the variance √((2 shape² + 6 shape)/n).
    #expect(abs(mean - shape) < 5 * (shape / Double(count)).squareRoot())
    #expect(
      abs(variance - shape) < 5 * ((2 * shape * shape + 6 * shape) / Double(count)).squareRoot())
    #expect(draws.allSatisfy { $0 > 0 })
  }
}
