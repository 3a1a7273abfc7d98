import LinearAlgebra
import Testing
import _TestSupport

@Suite struct SingularValueDecompositionTests {
  @Test(arguments: DecompositionCase.all) func factorsReconstructTheMatrix(
    _ test: DecompositionCase
  )
    throws
  {
    let a = test.matrix
    let (m, n) = (a.rowCount, a.columnCount)
    let ulps = backwardErrorUlps(m, n)
    let svd = try SingularValueDecomposition(of: a)
    #expect(svd.leftVectors.shape == "\(m)×\(min(m, n))")
    #expect(svd.rightVectors.shape == "\(n)×\(min(m, n))")
    expectOrthonormalColumns(svd.leftVectors, ulps: ulps)
    expectOrthonormalColumns(svd.rightVectors, ulps: ulps)
    expectClose(svd.reconstruct(), a, ulps: ulps)
    let σ = svd.singularValues
    #expect(zip(σ, σ.dropFirst()).allSatisfy(>=))
    #expect(σ.allSatisfy { $0 >= 0 })
    expectClose(try a.singularValues(), σ, ulps: ulps)
    expectClose(try a.transposed().singularValues(), σ, ulps: ulps)
  }

  @Test(arguments: DecompositionCase.all) func fullVectorsExtendTheThinOnes(
    _ test: DecompositionCase
  )
    throws
  {
    let a = test.matrix
    let (m, n) = (a.rowCount, a.columnCount)
    let full = try SingularValueDecomposition(of: a, vectors: .full)
    #expect(full.leftVectors.shape == "\(m)×\(m)")
    #expect(full.rightVectors.shape == "\(n)×\(n)")
    expectOrthonormalColumns(full.leftVectors, ulps: backwardErrorUlps(m, n))
    expectOrthonormalColumns(full.rightVectors, ulps: backwardErrorUlps(m, n))
    expectClose(full.reconstruct(), a, ulps: backwardErrorUlps(m, n))
  }

  @Test(arguments: DecompositionCase.all) func theLargestElementOfALeftVectorIsPositive(
    _ test: DecompositionCase
  ) throws {
    let left = try SingularValueDecomposition(of: test.matrix).leftVectors
    for k in 0..<left.columnCount {
      let column = left.column(k)
      #expect(column.max() == column.map(abs).max())
    }
  }

  @Test func concurrentDecompositionsHaveTheSameBits() async throws {
    var generator = SeededGenerator(seed: 9)
    let a = Matrix.gaussian(rowCount: 80, columnCount: 60, using: &generator)
    let expected = try SingularValueDecomposition(of: a)
    try await withThrowingTaskGroup(of: SingularValueDecomposition.self) { group in
      for _ in 0..<8 { group.addTask { try SingularValueDecomposition(of: a) } }
      for try await result in group { #expect(result == expected) }
    }
  }

  @Test func theBestApproximationLeavesTheOtherSingularValues() throws {
    var generator = SeededGenerator(seed: 1)
    let a = Matrix.gaussian(rowCount: 12, columnCount: 9, using: &generator)
    let svd = try SingularValueDecomposition(of: a)
    for rank in 0...9 {
      let rest = try (a - svd.reconstruct(rank: rank)).singularValues()
      let expected = svd.singularValues.dropFirst(rank) + [Double](repeating: 0, count: rank)
      // The rest carries the rounding of the whole.
      for (value, other) in zip(rest, expected) {
        #expect(abs(value - other) <= 100 * .ulpOfOne * svd.singularValues[0])
      }
    }
  }

  @Test func leadingTripletsAgreeWithTheFullDecomposition() throws {
    var generator = SeededGenerator(seed: 2)
    let spectrum = (0..<60).map { 10 / Double(1 + $0) }
    for (m, n) in [(90, 60), (60, 90), (60, 60)] {
      let a = Matrix.random(
        singularValues: spectrum, rowCount: m, columnCount: n, using: &generator)
      let operators: [any LinearOperator] = [
        a,
        ImplicitMatrix(
          rowCount: m, columnCount: n, times: { a * $0 }, transposedTimes: { a.transposedTimes($0) }
        ),
      ]
      for matrix in operators {
        let found = try LeadingSingularTriplets(5, of: matrix, using: &generator)
        #expect(found.isConverged)
        #expect(found.residuals.allSatisfy { $0 <= 1e-10 * 10 })
        expectClose(
          found.decomposition.singularValues, Array(spectrum.prefix(5)),
          ulps: 16 * backwardErrorUlps(m, n))
        // A residual r turns a vector by at most about r over the gap to the other values, here 1/3 or more.
        let expected = try SingularValueDecomposition(of: a).reconstruct(rank: 5)
        #expect((found.decomposition.reconstruct() - expected).maxAbsolute < 1e-8)
        expectOrthonormalColumns(found.decomposition.leftVectors, ulps: backwardErrorUlps(m, n))
        expectOrthonormalColumns(found.decomposition.rightVectors, ulps: backwardErrorUlps(m, n))
      }
    }
  }

  @Test func leadingTripletsOfDeficientAndTinyMatrices() throws {
    var generator = SeededGenerator(seed: 3)
    let low = Matrix.lowRank(rowCount: 50, columnCount: 40, rank: 3, using: &generator)
    let found = try LeadingSingularTriplets(6, of: low, using: &generator)
    #expect(found.isConverged)
    #expect(found.decomposition.spectrum.rank(tolerance: 1e-12) == 3)
    expectClose(found.decomposition.reconstruct(), low, ulps: 4 * backwardErrorUlps(50, 40))
    #expect(try LeadingSingularTriplets(2, of: Matrix.zeros(5, 4), using: &generator).isConverged)
    let one = try LeadingSingularTriplets(1, of: Matrix(rows: [[-3]]), using: &generator)
    #expect(one.decomposition.singularValues == [3])
  }

  @Test func anUnfinishedSearchSaysSo() throws {
    var generator = SeededGenerator(seed: 4)
    let flat = Matrix.random(
      singularValues: (0..<200).map { 1 - 1e-4 * Double($0) }, rowCount: 200, columnCount: 200,
      using: &generator)
    let found = try LeadingSingularTriplets(2, of: flat, limit: 1, using: &generator)
    #expect(!found.isConverged)
    #expect(found.restarts == 0)
  }
}
