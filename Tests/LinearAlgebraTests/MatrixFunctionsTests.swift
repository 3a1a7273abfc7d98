import Foundation
import LinearAlgebra
import Testing
import _TestSupport

@Suite struct MatrixFunctionsTests {
  @Test(arguments: [1, 1e-300, 1e-160, 1e155, 1e300, 0x1p-1074])
  func theFrobeniusNormNeitherOverflowsNorVanishes(
    scale: Double
  ) {
    expectClose((scale * Matrix(rows: [[3, 0], [0, 4]])).frobeniusNorm, 5 * scale, ulps: 2)
    #expect((scale * Matrix.zeros(2, 2)).frobeniusNorm == 0)
  }

  @Test func normsOfElementsThatAreNotFinite() {
    #expect(Matrix(rows: [[1, .nan]]).frobeniusNorm.isNaN)
    #expect(Matrix(rows: [[1, .nan]]).maxAbsolute.isNaN)
    #expect(Matrix(rows: [[1, -.infinity]]).frobeniusNorm == .infinity)
    #expect(Matrix.zeros(0, 4).frobeniusNorm == 0)
    #expect(!Matrix(rows: [[1, -.infinity]]).isFinite)
    #expect(Matrix(rows: [[1, .greatestFiniteMagnitude]]).isFinite)
  }

  @Test(arguments: [1, 1e-300, 1e300]) func normsOfAKnownSpectrum(scale: Double) throws {
    let a = scale * Matrix.diagonal([3, -4], rowCount: 2, columnCount: 5)
    expectClose(try a.spectralNorm(), 4 * scale, ulps: 8)
    expectClose(try a.nuclearNorm(), 7 * scale, ulps: 8)
    expectClose(try a.schattenNorm(1), 7 * scale, ulps: 8)
    expectClose(try a.schattenNorm(2), 5 * scale, ulps: 8)
    expectClose(try a.schattenNorm(2), a.frobeniusNorm, ulps: 8)
    expectClose(try a.schattenNorm(.infinity), 4 * scale, ulps: 8)
    // (√3 + √4)² = 7 + 4√3
    expectClose(try a.schattenNorm(0.5), (7 + 4 * 3.0.squareRoot()) * scale, ulps: 16)
    #expect(a.maxAbsolute == 4 * scale)
    expectClose(try a.conditionNumber(), 4.0 / 3, ulps: 8)
    #expect(try a.rank() == 2)
    #expect(try a.rank(tolerance: 0.8) == 1)
    // Entropy of (3/7, 4/7).
    let entropy = -3.0 / 7 * log(3.0 / 7) - 4.0 / 7 * log(4.0 / 7)
    expectClose(try a.effectiveRank(), exp(entropy), ulps: 16)
  }

  @Test func effectiveRanksAtTheEnds() {
    #expect(SingularSpectrum([]).effectiveRank == 0)
    #expect(SingularSpectrum([0, 0]).effectiveRank == 0)
    #expect(SingularSpectrum([2, 0, 0]).effectiveRank == 1)
    expectClose(SingularSpectrum([5, 5, 5, 0]).effectiveRank, 3, ulps: 8)
    #expect(SingularSpectrum([1, 0]).conditionNumber == .infinity)
    #expect(SingularSpectrum([1, 3]).values == [3, 1])
    #expect(SingularSpectrum([0, 0]).schattenNorm(0.5) == 0)
  }

  @Test(arguments: [(4, 4), (6, 3), (3, 6)]) func powersOfGramMatrices(m: Int, n: Int) throws {
    var generator = SeededGenerator(seed: 1)
    let a = Matrix.random(
      singularValues: [2, 1, 0.5], rowCount: m, columnCount: n, using: &generator)
    let ulps = 16 * backwardErrorUlps(m, n)
    expectClose(try a.gramPower(1, side: .left), a.timesTransposed(a), ulps: ulps)
    expectClose(try a.gramPower(1, side: .right), a.transposedTimes(a), ulps: ulps)
    #expect(try a.gramPower(0, side: .left) == .identity(m))
    #expect(try a.gramPower(0, side: .right) == .identity(n))
    let third = try a.gramPower(1.0 / 3, side: .left)
    expectClose(third * third * third, a.timesTransposed(a), ulps: ulps)
    #expect(third == third.transposed())
    // (A Aᵀ)^p A = A (AᵀA)^p
    expectClose(
      try a.gramPower(0.75, side: .left) * a, a * (try a.gramPower(0.75, side: .right)), ulps: ulps)
    // A third root of a value lost in rounding is not small: two roots of A Aᵀ agree only to a third of the digits.
    let other = try a.timesTransposed(a).positiveSemidefinitePower(1.0 / 3)
    #expect((other - third).maxAbsolute < 1e-4)
  }

  @Test func rootsOfSemidefiniteMatrices() throws {
    var generator = SeededGenerator(seed: 2)
    let a = Matrix.randomSymmetric(eigenvalues: [4, 1, 0.25, 0, 0], using: &generator)
    let root = try a.symmetricSquareRoot()
    #expect(root == root.transposed())
    expectClose(root * root, a, ulps: backwardErrorUlps(5, 5))
    #expect(try a.positiveSemidefinitePower(0) == .identity(5))
    let error = #expect(throws: DecompositionError.self) {
      try Matrix.diagonal([1, -0.5]).symmetricSquareRoot()
    }
    #expect(error == .notPositiveSemidefinite(eigenvalue: -0.5))
    #expect(throws: DecompositionError.notPositiveSemidefinite(eigenvalue: -1e-300)) {
      try Matrix(rows: [[-1e-300]]).symmetricSquareRoot()
    }
  }

  @Test(arguments: [1e-3, 0.1, 0.8, 2, 5, 40]) func exponentialsOfRotations(angle: Double) throws {
    let generator = Matrix(rows: [[0, -angle], [angle, 0]])
    let expected = Matrix(rows: [[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    // The exponential of a normal matrix has condition ‖A‖.
    expectClose(try generator.exponential(), expected, ulps: 32 * max(1, angle))
  }

  @Test(arguments: [0, 1, 4, 20]) func exponentialsOfSymmetricMatrices(n: Int) throws {
    var generator = SeededGenerator(seed: 3)
    let eigenvalues = (0..<n).map { 2 - Double($0) / 3 }
    let a = Matrix.randomSymmetric(eigenvalues: eigenvalues, using: &generator)
    let expected = try a.symmetricExponential()
    expectClose(try a.exponential(), expected, ulps: 8 * backwardErrorUlps(n, n))
    expectClose(
      try expected.symmetricEigenvalues(), eigenvalues.map { exp($0) },
      ulps: 4 * backwardErrorUlps(n, n))
    expectClose(
      (try LUDecomposition(of: expected)).signAndLogDeterminant.logMagnitude, a.trace, ulps: 1e4)
  }

  @Test func exponentialsOfNilpotentAndTriangularMatrices() throws {
    let nilpotent = Matrix(rows: [[0, 1e3, 1], [0, 0, 2], [0, 0, 0]])
    let exact = Matrix(rows: [[1, 1e3, 1001], [0, 1, 2], [0, 0, 1]])
    expectClose(try nilpotent.exponential(), exact, ulps: 64)
    // exp [[a, b], [0, a]] = eᵃ [[1, b], [0, 1]]
    expectClose(
      try Matrix(rows: [[1, 3], [0, 1]]).exponential(), exp(1) * Matrix(rows: [[1, 3], [0, 1]]),
      ulps: 64)
    expectClose(try Matrix(rows: [[-700]]).exponential()[0, 0], exp(-700), ulps: 700 * 4)
    #expect(try Matrix(rows: [[1e5]]).exponential()[0, 0] == .infinity)
    #expect(try Matrix.zeros(3, 3).exponential() == .identity(3))
  }

  @Test func descriptionsShowSmallMatricesAndSummarizeLargeOnes() {
    #expect(Matrix(rows: [[1, -2.5], [100, 0]]).description == "  1  -2.5\n100     0")
    #expect(Matrix(rows: [[1.0 / 3, .nan]]).description == "0.333333  nan")
    #expect(Matrix.zeros(0, 3).description == "0×3 matrix")
    #expect(Matrix.zeros(50, 3).description == "50×3 matrix of norm 0.0")
    #expect(Matrix(rows: [[1e-300, 1e300]]).description == "1e-300  1e+300")
  }
}
