import LinearAlgebra
import Testing
import _TestSupport

@Suite struct RandomMatrixTests {
  @Test func theSeedFixesTheMatrix() {
    var (a, b) = (SeededGenerator(seed: 1), SeededGenerator(seed: 1))
    let first = Matrix.gaussian(rowCount: 4, columnCount: 3, using: &a)
    #expect(first == .gaussian(rowCount: 4, columnCount: 3, using: &b))
    #expect(first != .gaussian(rowCount: 4, columnCount: 3, using: &a))
    var c = SeededGenerator(seed: 1)
    #expect(.gaussian(rowCount: 4, columnCount: 3, standardDeviation: 4, using: &c) == 4 * first)
  }

  @Test func uniformElementsFillTheirRange() {
    var generator = SeededGenerator(seed: 2)
    let sample = Matrix.uniform(rowCount: 100, columnCount: 100, in: -2..<6, using: &generator)
    #expect(sample.elements.allSatisfy { $0 >= -2 && $0 < 6 })
    expectDistribution(sample.elements) { ($0 + 2) / 8 }
  }

  @Test(arguments: [(1, 1), (5, 5), (9, 4), (4, 9), (7, 1), (1, 7), (40, 40), (3, 0), (0, 0)])
  func orthogonalMatricesAreOrthogonal(m: Int, n: Int) {
    var generator = SeededGenerator(seed: 3)
    let q = Matrix.orthogonal(rowCount: m, columnCount: n, using: &generator)
    #expect(q.shape == "\(m)×\(n)")
    expectOrthonormalColumns(m >= n ? q : q.transposed(), ulps: backwardErrorUlps(m, n))
  }

  /// An element of a uniformly distributed rotation of space is uniform on [−1, 1] (Archimedes), and so it stays
  /// after multiplication by any fixed rotation, from either side.
  @Test func orthogonalMatricesAreUniformlyDistributed() {
    var generator = SeededGenerator(seed: 4)
    let fixed = Matrix.orthogonal(rowCount: 3, columnCount: 3, using: &generator)
    var (plain, left, right): ([Double], [Double], [Double]) = ([], [], [])
    var traceSquares = 0.0
    let draws = 2000
    for _ in 0..<draws {
      let q = Matrix.orthogonal(rowCount: 3, columnCount: 3, using: &generator)
      plain.append(q[0, 0])
      left.append((fixed * q)[1, 2])
      right.append((q * fixed)[2, 1])
      traceSquares += q.trace * q.trace
    }
    for sample in [plain, left, right] { expectDistribution(sample) { ($0 + 1) / 2 } }
    // E (tr Q)² = 1 and E (tr Q)⁴ = 3 for n ≥ 2; five standard deviations.
    #expect(abs(traceSquares / Double(draws) - 1) < 5 * (2 / Double(draws)).squareRoot())
  }

  @Test func prescribedSpectraAreMet() throws {
    var generator = SeededGenerator(seed: 5)
    let values = [5.0, 2, 1e-3]
    for (m, n) in [(6, 4), (4, 6), (3, 3)] {
      let a = Matrix.random(singularValues: values, rowCount: m, columnCount: n, using: &generator)
      expectClose(Array(try a.singularValues().prefix(3)), values, ulps: backwardErrorUlps(m, n))
    }
    let s = Matrix.randomSymmetric(eigenvalues: values + [-3], using: &generator)
    #expect(s == s.transposed())
    expectClose(try s.symmetricEigenvalues(), [5, 2, 1e-3, -3], ulps: backwardErrorUlps(4, 4))
    #expect(try Matrix.lowRank(rowCount: 9, columnCount: 7, rank: 2, using: &generator).rank() == 2)
  }
}
