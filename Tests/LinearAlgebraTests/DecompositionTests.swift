import LinearAlgebra
import Testing
import _TestSupport

@Suite struct DecompositionTests {
  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func elementsThatAreNotFiniteAreRefusedByName(value: Double) {
    var a = Matrix.identity(3)
    a[1, 2] = value
    let decompose: [(Matrix) throws -> Void] = [
      { m in _ = try SingularValueDecomposition(of: m) },
      { m in _ = try m.singularValues() },
      { m in _ = try SymmetricEigendecomposition(of: m) },
      { m in _ = try m.symmetricEigenvalues() },
      { m in _ = try QRDecomposition(of: m) },
      { m in _ = try PivotedQRDecomposition(of: m) },
      { m in _ = try CholeskyDecomposition(of: m) },
      { m in _ = try LUDecomposition(of: m) },
      { m in _ = try LeastSquares(of: m, right: .identity(3)) },
      { m in _ = try LeastSquares(of: .identity(3), right: m) },
      { m in _ = try m.exponential() },
    ]
    for body in decompose {
      let error = #expect(throws: DecompositionError.self) { try body(a) }
      guard case .notFinite(row: 1, column: 2, value: let found)? = error else {
        Issue.record("\(error.map { "\($0)" } ?? "nothing") thrown")
        continue
      }
      #expect(found == value || (found.isNaN && value.isNaN))
    }
  }

  @Test(arguments: DecompositionCase.all) func eigenvectorsDiagonalize(_ test: DecompositionCase)
    throws
  {
    let n = min(test.matrix.rowCount, test.matrix.columnCount)
    let a = test.matrix.submatrix(rows: 0..<n, columns: 0..<n).symmetrized()
    let eigen = try SymmetricEigendecomposition(of: a)
    expectOrthonormalColumns(eigen.eigenvectors, ulps: backwardErrorUlps(n, n))
    expectClose(eigen.map { $0 }, a, ulps: backwardErrorUlps(n, n))
    expectClose(
      eigen.eigenvectors.scalingColumns(by: eigen.eigenvalues), a * eigen.eigenvectors,
      ulps: backwardErrorUlps(n, n))
    #expect(zip(eigen.eigenvalues, eigen.eigenvalues.dropFirst()).allSatisfy(>=))
    expectClose(try a.symmetricEigenvalues(), eigen.eigenvalues, ulps: backwardErrorUlps(n, n))
  }

  @Test func onlyTheLowerTriangleOfASymmetricMatrixIsRead() throws {
    let a = Matrix(rows: [[2, 99], [1, 2]])
    expectClose(try a.symmetricEigenvalues(), [3, 1], ulps: 8)
    expectClose(try SymmetricEigendecomposition(of: a).eigenvalues, [3, 1], ulps: 8)
    expectClose(try CholeskyDecomposition(of: a).logDeterminant, 1.0986122886681098, ulps: 8)
  }

  @Test(arguments: DecompositionCase.all) func orthogonalTimesTriangular(_ test: DecompositionCase)
    throws
  {
    let a = test.matrix
    let (m, n) = (a.rowCount, a.columnCount)
    let qr = try QRDecomposition(of: a)
    #expect(qr.orthogonalFactor.shape == "\(m)×\(min(m, n))")
    expectOrthonormalColumns(qr.orthogonalFactor, ulps: backwardErrorUlps(m, n))
    expectClose(qr.orthogonalFactor * qr.triangularFactor, a, ulps: backwardErrorUlps(m, n))
    expectTriangular(qr.triangularFactor)

    let pivoted = try PivotedQRDecomposition(of: a)
    expectOrthonormalColumns(pivoted.orthogonalFactor, ulps: backwardErrorUlps(m, n))
    #expect(pivoted.permutation.sorted() == Array(0..<n))
    expectClose(
      pivoted.orthogonalFactor * pivoted.triangularFactor,
      a.selecting(columns: pivoted.permutation),
      ulps: backwardErrorUlps(m, n))
    expectTriangular(pivoted.triangularFactor)
    #expect(pivoted.rank() == (try a.rank()))
  }

  private func expectTriangular(_ r: Matrix, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(r.diagonal.allSatisfy { $0 >= 0 }, sourceLocation: sourceLocation)
    for i in 0..<r.rowCount {
      for j in 0..<min(i, r.columnCount) { #expect(r[i, j] == 0, sourceLocation: sourceLocation) }
    }
  }

  @Test(arguments: [0, 1, 2, 5, 32, 70]) func choleskySolves(n: Int) throws {
    var generator = SeededGenerator(seed: 5)
    let a = Matrix.randomSymmetric(
      eigenvalues: (0..<n).map { 1 + Double($0) / 8 }, using: &generator)
    let cholesky = try CholeskyDecomposition(of: a)
    expectClose(
      cholesky.lowerFactor.timesTransposed(cholesky.lowerFactor), a, ulps: backwardErrorUlps(n, n))
    let x = Matrix.gaussian(rowCount: n, columnCount: 3, using: &generator)
    // The condition number is below 10.
    expectClose(cholesky.solve(a * x), x, ulps: 10 * backwardErrorUlps(n, n))
    expectClose(cholesky.solve(a * x.column(0)), x.column(0), ulps: 10 * backwardErrorUlps(n, n))
    let lu = try LUDecomposition(of: a)
    expectClose(
      lu.signAndLogDeterminant.logMagnitude, cholesky.logDeterminant, ulps: backwardErrorUlps(n, n))
    #expect(lu.signAndLogDeterminant.sign == 1)

    var small = a.elements
    var b = (a * x).column(1)
    small.withUnsafeMutableBufferPointer { matrix in
      b.withUnsafeMutableBufferPointer { vector in
        guard let matrix = matrix.baseAddress, let vector = vector.baseAddress, n > 0 else {
          return
        }
        #expect(SmallCholesky.factorInPlace(matrix, size: n) == nil)
        SmallCholesky.solveInPlace(matrix, vector, size: n)
      }
    }
    expectClose(b, x.column(1), ulps: 10 * backwardErrorUlps(n, n))
  }

  @Test func theFailingPivotIsNamed() {
    let a = Matrix(rows: [[4, 2, 0], [2, 1, 0], [0, 0, 1]])
    #expect(throws: DecompositionError.notPositiveDefinite(pivot: 1)) {
      try CholeskyDecomposition(of: a)
    }
    var elements = a.elements
    let pivot = elements.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { SmallCholesky.factorInPlace($0, size: 3) }
    }
    #expect(pivot == 1)
    #expect(throws: DecompositionError.singular(pivot: 1)) {
      try LUDecomposition(of: a).solve([1, 2, 3])
    }
    #expect("\(DecompositionError.notPositiveDefinite(pivot: 1))".contains("pivot 1"))
  }

  @Test func smallSystemsAreSolvedWithoutAllocation() {
    let n = 8
    let original = (0..<n * n).map { $0 / n == $0 % n ? 9.0 : 1 }
    var (matrix, vector) = (original, [Double](repeating: 1, count: n))
    matrix.withUnsafeMutableBufferPointer { m in
      vector.withUnsafeMutableBufferPointer { v in
        guard let matrix = m.baseAddress, let vector = v.baseAddress else { return }
        expectNoAllocations {
          for k in 0..<n * n { matrix[k] = original[k] }
          _ = SmallCholesky.factorInPlace(matrix, size: n)
          SmallCholesky.solveInPlace(matrix, vector, size: n)
        }
      }
    }
    // (8 I + 1 1ᵀ) 1 = 16 · 1, and the closure runs twice.
    expectClose(vector, [Double](repeating: 1.0 / 256, count: n), ulps: 64)
  }

  @Test(arguments: [0, 1, 3, 20, 50]) func luSolvesAndGivesDeterminants(n: Int) throws {
    var generator = SeededGenerator(seed: 6)
    let q = Matrix.orthogonal(rowCount: n, columnCount: n, using: &generator)
    let a = q.scalingColumns(by: (0..<n).map { 1 + Double($0) / 10 })
    let lu = try LUDecomposition(of: a)
    let x = Matrix.gaussian(rowCount: n, columnCount: 2, using: &generator)
    expectClose(try lu.solve(a * x), x, ulps: 16 * backwardErrorUlps(n, n))
    expectClose(try lu.solve(a * x.column(0)), x.column(0), ulps: 16 * backwardErrorUlps(n, n))
    expectClose(a * (try lu.inverse()), .identity(n), ulps: 16 * backwardErrorUlps(n, n))
    let expected = (0..<n).reduce(1) { $0 * (1 + Double($1) / 10) }
    expectClose(abs(lu.determinant), expected, ulps: 16 * backwardErrorUlps(n, n))
    #expect(lu.signAndLogDeterminant.sign == (lu.determinant > 0 ? 1 : -1))
    let reflected = try LUDecomposition(
      of: a.selecting(rows: n > 1 ? [1, 0] + Array(2..<n) : Array(0..<n)))
    if n > 1 {
      expectClose(reflected.determinant, -lu.determinant, ulps: 16 * backwardErrorUlps(n, n))
    }
  }

  @Test func determinantsOfKnownMatrices() throws {
    expectClose(try LUDecomposition(of: Matrix(rows: [[1, 2], [3, 4]])).determinant, -2, ulps: 8)
    #expect(try LUDecomposition(of: Matrix(rows: [[1, 2], [2, 4]])).determinant == 0)
    #expect(
      try LUDecomposition(of: Matrix(rows: [[1, 2], [2, 4]])).signAndLogDeterminant.sign == 0)
    let tiny = try LUDecomposition(of: 1e-300 * .identity(3)).signAndLogDeterminant
    expectClose(tiny.logMagnitude, -900 * 2.302585092994045684, ulps: 8)
  }

  @Test(arguments: [(8, 3), (3, 8), (5, 5), (1, 4), (4, 1)])
  func leastSquaresLeavesAnOrthogonalResidual(m: Int, n: Int) throws {
    var generator = SeededGenerator(seed: 7)
    for rank in Set([1, min(m, n)]) {
      let a = Matrix.random(
        singularValues: (0..<rank).map { 1 + Double($0) }, rowCount: m, columnCount: n,
        using: &generator)
      let b = Matrix.gaussian(rowCount: m, columnCount: 2, using: &generator)
      let fit = try LeastSquares(of: a, right: b)
      #expect(fit.rank == rank)
      let residual = b - a * fit.solution
      // Condition at most 5, norms below 10.
      #expect(a.transposedTimes(residual).maxAbsolute < 100 * backwardErrorUlps(m, n) * .ulpOfOne)
      expectClose(fit.solution, try a.pseudoinverse() * b, ulps: 25 * backwardErrorUlps(m, n))
    }
  }

  @Test func emptyLeastSquaresProblems() throws {
    #expect(try LeastSquares(of: .zeros(0, 3), right: .zeros(0, 2)).solution == .zeros(3, 2))
    #expect(try LeastSquares(of: .zeros(3, 0), right: .zeros(3, 2)).solution.shape == "0×2")
    #expect(try LeastSquares(of: .identity(3), right: .zeros(3, 0)).rank == 3)
    #expect(try LeastSquares(of: .zeros(3, 2), right: .identity(3)).solution == .zeros(2, 3))
  }

  @Test(
    arguments: DecompositionCase.all.filter {
      $0.name.contains("scale 1.0") || $0.name.contains("rank")
    })
  func thePseudoinverseMeetsPenrosesConditions(_ test: DecompositionCase) throws {
    let a = test.matrix
    let p = try a.pseudoinverse()
    let rank = try a.rank()
    let σ = try a.singularValues()
    let condition = rank == 0 ? 1 : σ[0] / σ[rank - 1]
    let ulps = 16 * condition * backwardErrorUlps(a.rowCount, a.columnCount)
    expectClose(a * p * a, a, ulps: ulps)
    expectClose(p * a * p, p, ulps: ulps)
    #expect((a * p - (a * p).transposed()).maxAbsolute <= ulps * .ulpOfOne)
    #expect((p * a - (p * a).transposed()).maxAbsolute <= ulps * .ulpOfOne)
  }
}
