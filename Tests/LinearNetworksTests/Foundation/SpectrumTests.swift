import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@Suite struct SpectrumTests {
  /// Narrow (a hidden layer at most half as wide as both ends) and wide, tall and flat, one layer and many.
  static let shapes = [
    [9, 3, 8], [9, 7, 3, 6, 10], [12, 1, 7], [8, 4, 8], [5, 4, 6], [3, 8, 9, 4], [7, 5],
    [9, 5, 2, 8],
    [1, 4, 1],
  ]

  @Test(arguments: shapes) func decompositionIsThatOfTheDenseMatrix(_ widths: [Int]) throws {
    let network = randomNetwork(widths)
    let w = network.endToEnd()
    let dense = try SingularValueDecomposition(of: w)
    let own = try network.endToEndDecomposition()
    let count = own.singularValues.count
    let bottleneck = widths.min()!
    #expect(count >= bottleneck && count <= min(widths[0], widths.last!))
    #expect(own.leftVectors.rowCount == widths.last! && own.leftVectors.columnCount == count)
    #expect(own.rightVectors.rowCount == widths[0] && own.rightVectors.columnCount == count)
    // Both are backward stable, relative to the product of the layers' norms.
    let norms = network.layers.reduce(1) { $0 * $1.frobeniusNorm }
    let ulps = 100 * norms / dense.singularValues[0]
    expectClose(own.singularValues, Array(dense.singularValues.prefix(count)), ulps: ulps)
    expectClose(
      own.leftVectors.scalingColumns(by: own.singularValues)
        * own.rightVectors.transposed(), w, ulps: ulps * 10)
    expectOrthonormalColumns(own.leftVectors, ulps: backwardErrorUlps(12, 12))
    expectOrthonormalColumns(own.rightVectors, ulps: backwardErrorUlps(12, 12))

    let values = network.singularValues()
    #expect(values.count == min(widths[0], widths.last!))
    expectClose(values, dense.singularValues, ulps: ulps)
    #expect(zip(values, values.dropFirst()).allSatisfy(>=))
  }

  @Test(arguments: [[9, 3, 8], [4, 5, 3]]) func weightsThatAreNotFiniteHaveNoSpectrum(
    _ widths: [Int]
  ) {
    var network = randomNetwork(widths)
    network.layers[1][0, 0] = .nan
    #expect(network.singularValues().allSatisfy { $0.isNaN })
    #expect(network.singularValues().count == min(widths[0], widths[2]))
    #expect(throws: DecompositionError.self) { try network.endToEndDecomposition() }
  }
}
