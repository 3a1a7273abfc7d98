import LinearAlgebra
import Testing
import _TestSupport

@testable import Analysis

@Suite struct LinearizationTests {
  private struct Case {
    var entries: ObservedEntries
    var columnFactor: Matrix
  }

  private func random(
    _ rowCount: Int, _ columnCount: Int, rank: Int, count: Int, seed: UInt64
  ) throws -> Case {
    var generator = SeededGenerator(seed: seed)
    let entries = randomMask(rowCount, columnCount, count: count, using: &generator)
    let factor = Matrix.gaussian(rowCount: columnCount, columnCount: rank, using: &generator)
    return Case(entries: entries, columnFactor: try QRDecomposition(of: factor).orthogonalFactor)
  }

  /// Every row's residual is orthogonal to the columns it was fitted with, and is what is left of the values.
  @Test(arguments: [(12, 9, 2, 60), (9, 12, 3, 40), (5, 6, 1, 8), (6, 5, 4, 30), (20, 7, 3, 20)])
  func residualsAreOrthogonalToTheFit(
    _ rowCount: Int, _ columnCount: Int, _ rank: Int, _ count: Int
  ) throws {
    let it = try random(rowCount, columnCount, rank: rank, count: count, seed: 1)
    var rows = EliminatedRows(entries: it.entries, rank: rank)
    rows.solve(it.entries, columnFactor: it.columnFactor)
    var total = 0.0
    for row in 0..<rowCount {
      let range = it.entries.rowStarts[row]..<it.entries.rowStarts[row + 1]
      let a = it.columnFactor.selecting(rows: range.map { Int(it.entries.columns[$0]) })
      let values = Array(it.entries.values[range])
      let residual = Array(rows.residuals[range])
      for moment in a.transposedTimes(residual) { #expect(abs(moment) < 1e-14) }
      // A row with fewer entries than the rank is fitted to rounding.
      if range.count <= rank { #expect(residual.allSatisfy { abs($0) < 1e-13 }) }
      let fitted = a * rows.rowFactor.row(row)
      let scale = max(1, rows.rowFactor.maxAbsolute)
      for k in residual.indices {
        #expect(abs(fitted[k] + residual[k] - values[k]) < 1e-13 * scale)
        total += residual[k] * residual[k]
      }
      if range.isEmpty {
        #expect(rows.rowFactor.row(row).allSatisfy { $0 == 0 })
      } else if range.count > rank {
        let expected = try LeastSquares(
          of: a, right: Matrix(rowCount: values.count, columnCount: 1, elements: values)
        ).solution.elements
        #expect(zip(rows.rowFactor.row(row), expected).allSatisfy { abs($0 - $1) < 1e-9 * scale })
      }
    }
    expectClose(rows.squaredResidual, total, ulps: 100)
  }

  /// The rows' motion is the derivative of the fit where the residual is zero.
  @Test func rowMotionIsTheDerivative() throws {
    var generator = SeededGenerator(seed: 2)
    let pattern = randomMask(8, 7, count: 40, using: &generator)
    let left = Matrix.gaussian(rowCount: 8, columnCount: 2, using: &generator)
    let right = try QRDecomposition(
      of: Matrix.gaussian(rowCount: 7, columnCount: 2, using: &generator)
    ).orthogonalFactor
    let entries = pattern.sampling(left * right.transposed())
    let motion = Matrix.gaussian(rowCount: 7, columnCount: 2, using: &generator)
    var rows = EliminatedRows(entries: entries, rank: 2)
    rows.solve(entries, columnFactor: right)
    let predicted = rows.rowMotion(entries, columnMotion: motion)
    let h = 1e-6
    rows.solve(entries, columnFactor: right + h * motion)
    let above = rows.rowFactor
    rows.solve(entries, columnFactor: right - h * motion)
    let difference = (above - rows.rowFactor) / (2 * h)
    // The central difference errs by h² and ε/h, times factors that a row with few entries makes large.
    #expect((difference - predicted).maxAbsolute < 1e-6 * predicted.maxAbsolute)
  }

  /// A few unknowns too many for a factorization switch to conjugate gradients; both solve the same equations.
  @Test func directAndIterativeSolutionsAgree() throws {
    let rank = 3
    let limit = ReducedEquations.directUnknownLimit / rank
    // The same problem, once with columns without any entry that make it too large to be solved directly.
    let small = try random(70, 40, rank: rank, count: 1400, seed: 3)
    let padding = limit + 1 - 40
    let large = ObservedEntries(
      rowCount: 70, columnCount: 40 + padding, sortedRows: small.entries.rows,
      columns: small.entries.columns, values: small.entries.values)
    let largeFactor = Matrix.verticallyStacked([small.columnFactor, .zeros(padding, rank)])
    func step(_ entries: ObservedEntries, _ v: Matrix, damping: Double) throws -> Matrix? {
      var rows = EliminatedRows(entries: entries, rank: rank)
      rows.solve(entries, columnFactor: v)
      var equations = ReducedEquations(entries: entries, rank: rank)
      equations.assemble(entries, rows)
      #expect((equations.gaugedSystem(v) != nil) == (entries.columnCount <= limit))
      // The mean diagonal is over all columns, so the padded problem is damped more by the same number.
      return try equations.solve(
        entries, rows, v,
        damping: damping * Double(entries.columnCount) / Double(small.entries.columnCount))
    }
    let direct = try #require(try step(small.entries, small.columnFactor, damping: 1e-6))
    let iterative = try #require(try step(large, largeFactor, damping: 1e-6))
    #expect(iterative.rowCount == limit + 1)
    #expect(iterative.submatrix(rows: 40..<(limit + 1), columns: 0..<rank).maxAbsolute == 0)
    let error = (iterative.firstRows(40) - direct).frobeniusNorm
    // Conjugate gradients stop when the residual's square, in the preconditioner's norm, is 1e-8 of the
    // first: a relative error of 1e-4 times the root of the condition number.
    #expect(error < 1e-3 * direct.frobeniusNorm)
  }

  /// The gauge directions δV = V A change no fit: S maps them to zero, so the step has no part in them.
  @Test func stepsAreOrthogonalToTheGauge() throws {
    let it = try random(30, 12, rank: 2, count: 180, seed: 4)
    var rows = EliminatedRows(entries: it.entries, rank: 2)
    rows.solve(it.entries, columnFactor: it.columnFactor)
    var equations = ReducedEquations(entries: it.entries, rank: 2)
    equations.assemble(it.entries, rows)
    let solved = try equations.solve(it.entries, rows, it.columnFactor, damping: 1e-3)
    let step = try #require(solved)
    let gauge = it.columnFactor.transposedTimes(step)
    #expect(gauge.maxAbsolute < 1e-10 * step.maxAbsolute)
  }
}
