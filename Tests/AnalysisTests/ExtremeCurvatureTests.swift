import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

@Suite struct ExtremeCurvatureTests {
  /// The ends of the spectrum, and a direction of the lower one, against the whole Hessian.
  @Test func endsOfTheSpectrumAreThoseOfTheHessian() throws {
    var generator = SeededGenerator(seed: 81)
    for trial in problems(500, debug: 80) {
      let widths = [2 + trial % 3, 1 + trial % 4, 2 + trial % 2] + (trial % 5 == 0 ? [3] : [])
      let network = LinearNetwork.gaussian(
        widths: widths, standardDeviation: 0.7, using: &generator)
      let target = Matrix.gaussian(
        rowCount: network.outputCount, columnCount: network.inputCount, using: &generator)
      let landscape = LossLandscape(FactorizationObjective(target))
      let eigenvalues = try landscape.hessian(at: network.layers).symmetricEigenvalues()
      let (smallest, largest, lowest) = try landscape.extremeCurvatures(at: network.layers)
      let scale = max(abs(eigenvalues[0]), abs(eigenvalues.last!))
      #expect(abs(largest - eigenvalues[0]) < 1e-8 * scale)
      #expect(abs(smallest - eigenvalues.last!) < 1e-8 * scale)
      let image = landscape.hessianProduct(at: network.layers, along: lowest)
      let norm = lowest.reduce(0) { $0 + $1.inner($1) }
      let quotient = zip(lowest, image).reduce(0) { $0 + $1.0.inner($1.1) }
      #expect(abs(norm - 1) < 1e-10 && abs(quotient - smallest) < 1e-8 * scale)
    }
    // A network of zeros has a Hessian of zeros from three layers on.
    let flat = try LossLandscape(FactorizationObjective(.identity(2))).extremeCurvatures(
      at: [Matrix](repeating: Matrix(rowCount: 2, columnCount: 2), count: 3))
    #expect(flat.smallest == 0 && flat.largest == 0)
  }

  @Test func alignmentIsOneForBalancedRankOne() throws {
    var generator = SeededGenerator(seed: 82)
    let w = Matrix.lowRank(rowCount: 4, columnCount: 3, rank: 1, using: &generator)
    let network = try LinearNetwork.balanced(endToEnd: w, hiddenWidths: [3, 2])
    let alignments = try LayerAlignment.ofFirstVectors(network.layers)
    #expect(alignments.count == 2 && alignments.allSatisfy { abs($0 - 1) < 1e-12 })
    let crossed = try LayerAlignment.ofFirstVectors([.diagonal([1, 0.5]), .diagonal([0.5, 1])])
    #expect(crossed == [0])
  }
}
