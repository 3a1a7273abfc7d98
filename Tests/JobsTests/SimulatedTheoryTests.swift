import DataFormats
import Foundation
import Jobs
import LinearAlgebra
import Testing

/// Specifications whose right answer is known.
@Suite struct SimulatedTheoryTests {
  private func result(
    _ text: String, _ arrays: [String: Matrix]
  ) throws -> (arrays: NPZArchive, summary: [String: Any]) {
    let context = JobContext(arrays: arrays.mapValues { NPYArray($0) })
    let result = try Simulation(.text(text)).run(in: context, observing: .none)
    let json = try JSONSerialization.jsonObject(with: Data(result.summaryJSON()))
    return (try result.arrays(), try #require(json as? [String: Any]))
  }

  /// The least loss is that of the network's own kind and widths.
  @Test func theLeastLossIsThatOfTheNetwork() throws {
    var generator = SeededGenerator(seed: 3)
    let target = Matrix.gaussian(rowCount: 5, columnCount: 5, using: &generator)
    let values = try target.singularValues()
    func least(_ network: String) throws -> Double? {
      try result(
        """
        objective: { kind: factorization, target: { array: y } }
        network: { \(network), initial: { kind: gaussian, standardDeviation: 0.1 } }
        dynamics: { kind: flow }
        recording: { times: [0, 1], quantities: [loss] }
        """, ["y": target]
      ).summary["minimumLoss"] as? Double
    }
    let bottleneck = try #require(try least("widths: [5, 2, 5]"))
    let expected = values.dropFirst(2).reduce(0) { $0 + $1 * $1 / 2 }
    #expect(abs(bottleneck - expected) <= 1e-12 * expected)
    #expect(try least("widths: [5, 7, 5]") == 0)
    let eigenvalues = try target.symmetrized().symmetricEigenvalues()
    let rest = target - target.symmetrized()
    let symmetric = try #require(try least("kind: symmetric, widths: [5, 1]"))
    let part = eigenvalues.dropFirst().reduce(rest.inner(rest) / 2) { $0 + $1 * $1 / 2 }
    #expect(abs(symmetric - part) <= 1e-12 * part)
  }

  @Test func anImbalanceThatIsNotSymmetricIsRefused() throws {
    func run(_ imbalance: Matrix) throws {
      _ = try result(
        """
        objective: { kind: factorization, target: { array: y } }
        network: { widths: [2, 2, 2], initial: { kind: gaussian, standardDeviation: 0.1 } }
        dynamics: { kind: regularizedFlow, imbalance: { array: l } }
        recording: { times: [0, 1] }
        """, ["y": .identity(2), "l": imbalance])
    }
    try run(Matrix(rows: [[1, 0.3], [0.3, -1]]))
    let refusal = #expect(throws: BadInput.self) { try run(Matrix(rows: [[1, 0.3], [0.2, -1]])) }
    #expect(refusal.map { "\($0)".contains("not symmetric") } == true)
  }

  /// Σyx has a repeated singular value; only the basis that diagonalises Σx too has a closed form.
  @Test func aSpectralStartOfRepeatedSingularValuesHasAClosedForm() throws {
    var generator = SeededGenerator(seed: 4)
    let (u, v) = (
      Matrix.orthogonal(rowCount: 4, columnCount: 4, using: &generator),
      Matrix.orthogonal(rowCount: 5, columnCount: 5, using: &generator)
    )
    let x = v.scalingColumns(by: [3, 2, 1, 0.5, 0.2]).timesTransposed(v).symmetrized()
    let yx = u.scalingColumns(by: [1.5, 1.5, 0, 0]).timesTransposed(v.firstColumns(4))
    for scales in ["[0.1, 0.2]", "[0.1, 0.2, 0.3]"] {
      let found = try result(
        """
        objective: { kind: covariance, inputCovariance: { array: x }, crossCovariance: { array: yx } }
        network: { widths: [5, 4, 4], initial: { kind: spectral, scales: \(scales) } }
        dynamics: { kind: exact }
        recording: { times: [1e3], quantities: [endToEnd] }
        """, ["x": x, "yx": yx])
      let end = try #require(found.arrays["endToEnd"]?.elements)
      let limit = u.scalingColumns(by: [0.5, 0.75, 0, 0]).timesTransposed(v.firstColumns(4))
      // A third mode without correlation decays like 1/(2λt).
      let allowed = scales.count > 12 ? 1e-3 : 1e-12
      #expect(zip(end, limit.elements).allSatisfy { abs($0 - $1) <= allowed })
    }
  }
}
