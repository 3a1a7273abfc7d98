import LinearAlgebra
import Testing
import _TestSupport

/// Products that visit known entries only, against the same products of dense matrices.
@Suite struct ObservedPatternTests {
  private struct Problem {
    var entries: ObservedEntries
    var left: Matrix
    var right: Matrix
    var values: [Double]
  }

  /// Several blocks of rows and of columns; the first row and the last column are empty.
  private func problem(width: Int, count: Int = 60_000) throws -> Problem {
    var generator = SeededGenerator(seed: UInt64(width))
    let (rowCount, columnCount) = (500, 400)
    let places = generator.sample(count, below: (rowCount - 1) * (columnCount - 1))
    let entries = try ObservedEntries(
      rowCount: rowCount, columnCount: columnCount,
      rows: places.map { Int32($0 / (columnCount - 1) + 1) },
      columns: places.map { Int32($0 % (columnCount - 1)) },
      values: places.map { _ in generator.nextGaussian() })
    return Problem(
      entries: entries,
      left: .gaussian(rowCount: rowCount, columnCount: width, using: &generator),
      right: .gaussian(rowCount: columnCount, columnCount: width, using: &generator),
      values: entries.values)
  }

  // Widths around the registers' eight and the path's sixteen.
  @Test(arguments: [1, 7, 8, 10, 16, 19, 25])
  func productsAreThoseOfDenseMatrices(_ width: Int) throws {
    let problem = try problem(width: width)
    let pattern = ObservedPattern(of: problem.entries)
    #expect(pattern.rowBlocks.count > 2 && pattern.columnBlocks.count > 2)
    let dense = problem.left * problem.right.transposed()
    var products = [Double](repeating: .nan, count: pattern.count)
    pattern.products(left: problem.left, right: problem.right, into: &products)
    let expected = pattern.rows.indices.map {
      dense[Int(pattern.rows[$0]), Int(pattern.columns[$0])]
    }
    expectClose(products, expected, ulps: 8 * Double(width + 8))

    var residuals = products
    let squares = pattern.residuals(
      left: problem.left, right: problem.right, values: problem.values, scale: 0.5,
      into: &residuals)
    let differences = zip(products, problem.values).map { $0 - $1 }
    expectClose(residuals, differences.map { 0.5 * $0 }, ulps: 8 * Double(width + 8))
    let sum = differences.reduce(0) { $0 + $1 * $1 }
    #expect(abs(squares - sum) <= 1e-12 * sum)

    let table = problem.entries.dense(elsewhere: 0)
    var rows = Matrix(rowCount: 500, columnCount: width, repeating: .nan)
    pattern.times(problem.values, problem.right, into: &rows)
    expectClose(rows, table * problem.right, ulps: 1e4)
    var columns = Matrix(rowCount: 400, columnCount: width, repeating: .nan)
    pattern.transposedTimes(problem.values, problem.left, into: &columns)
    expectClose(columns, table.transposedTimes(problem.left), ulps: 1e4)
  }

  @Test(arguments: [3, 16]) func bitsDoNotDependOnThreads(_ width: Int) throws {
    let problem = try problem(width: width)
    struct Results: Equatable {
      var products: [Double]
      var squares: Double
      var rows: Matrix
      var columns: Matrix
    }
    let results = [1, 2, 3].map { threadCount in
      let pattern = ObservedPattern(of: problem.entries, threadCount: threadCount)
      var results = Results(
        products: [Double](repeating: 0, count: pattern.count), squares: 0,
        rows: Matrix(rowCount: 500, columnCount: width),
        columns: Matrix(rowCount: 400, columnCount: width))
      results.squares = pattern.residuals(
        left: problem.left, right: problem.right, values: problem.values, scale: 1,
        into: &results.products)
      pattern.times(results.products, problem.right, into: &results.rows)
      pattern.transposedTimes(results.products, problem.left, into: &results.columns)
      return results
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test func everyRowIsInOneBlock() {
    // Rows of 0, 1000, 2000, … entries, then a thousand empty rows.
    var starts = [0]
    for row in 0..<30 { starts.append(starts[row] + 1000 * row) }
    starts += [Int](repeating: starts[30], count: 1000)
    let blocks = RowBlocks(starts: starts)
    #expect(blocks.count > 10)
    var next = 0
    blocks.forEach(threadCount: 1) { _, rows in
      #expect(rows.lowerBound == next)
      next = rows.upperBound
    }
    #expect(next == 1030)
    var none = 0
    RowBlocks(starts: [0]).forEach(threadCount: 3) { _, _ in none += 1 }
    #expect(none == 0)
    // Numbers whose sum depends on the order: the order is that of the blocks.
    let parts = (0..<blocks.count).map { $0 == 0 ? 1e16 : Double($0) }
    for threadCount in 1...4 {
      #expect(
        blocks.sum(threadCount: threadCount) { block, _ in parts[block] } == parts.reduce(0, +))
    }
  }
}
