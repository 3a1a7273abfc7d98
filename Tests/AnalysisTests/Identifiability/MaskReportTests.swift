import LinearAlgebra
import Testing

@testable import Analysis

@Suite struct MaskReportTests {
  // MARK: components

  @Test func componentsAreCountedWithoutEmptyRowsAndColumns() {
    #expect(MaskReport(of: mask(["x..", ".x.", "..x"]), rank: 1).componentCount == 3)
    #expect(MaskReport(of: mask(["xx.", ".x.", "..."]), rank: 1).componentCount == 1)
    #expect(MaskReport(of: mask(["...", "..."]), rank: 1).componentCount == 0)
    #expect(MaskReport(of: mask(["xx", "xx"]), rank: 1).componentCount == 1)
    let report = MaskReport(of: mask(["x.x", "...", "x.."]), rank: 1)
    #expect(report.emptyRows == [1] && report.emptyColumns == [1])
    #expect(report.undeterminedRows == [1] && report.undeterminedColumns == [1])
  }

  // MARK: the Jacobian

  /// The entries that some null vector of the Jacobian of the known entries moves, from the SVD of the
  /// dense Jacobian at random factors, in the definition's own words.
  private func flexibleBySVD(
    _ entries: ObservedEntries, left: Matrix, right: Matrix
  ) throws -> Set<Int> {
    let (m, n, r) = (entries.rowCount, entries.columnCount, left.columnCount)
    // dX_ij = Σ_c dU_ic V_jc + U_ic dV_jc.
    func gradient(_ i: Int, _ j: Int) -> [Double] {
      var row = [Double](repeating: 0, count: (m + n) * r)
      for c in 0..<r {
        row[i * r + c] = right[j, c]
        row[(m + j) * r + c] = left[i, c]
      }
      return row
    }
    // Padded to be square, so that the right singular vectors span the whole space.
    let unknowns = (m + n) * r
    var rows = entries.values.indices.map {
      gradient(Int(entries.rows[$0]), Int(entries.columns[$0]))
    }
    while rows.count < unknowns { rows.append([Double](repeating: 0, count: unknowns)) }
    let decomposition = try SingularValueDecomposition(of: Matrix(rows: rows))
    var result: Set<Int> = []
    for i in 0..<m {
      for j in 0..<n where !entries.isKnown(i, j) {
        let g = gradient(i, j)
        var moved = 0.0
        for k in 0..<unknowns where decomposition.singularValues[k] < 1e-9 {
          let v = decomposition.rightVectors.column(k)
          let product = zip(g, v).reduce(0) { $0 + $1.0 * $1.1 }
          moved += product * product
        }
        if moved > 1e-12 { result.insert(i * n + j) }
      }
    }
    return result
  }

  private func undetermined(_ entries: ObservedEntries, _ report: MaskReport) -> Set<Int> {
    let n = entries.columnCount
    return Set(
      (0..<(entries.rowCount * n)).filter {
        !entries.isKnown($0 / n, $0 % n) && !report.determines(row: $0 / n, column: $0 % n)
      })
  }

  @Test(arguments: 1...3) func undeterminedEntriesAreThoseOfTheJacobian(_ rank: Int) throws {
    var generator = SeededGenerator(seed: 10 + UInt64(rank))
    var sizes: Set<Int> = []
    for _ in 0..<60 {
      let (m, n) = (4 + generator.nextIndex(below: 6), 4 + generator.nextIndex(below: 6))
      // Around the number of entries that is just enough.
      let enough = rank * (m + n - rank)
      let count = min(max(enough - 3 + generator.nextIndex(below: 10), 0), m * n)
      let pattern = randomMask(m, n, count: count, using: &generator)
      let left = Matrix.gaussian(rowCount: m, columnCount: rank, using: &generator)
      let right = Matrix.gaussian(rowCount: n, columnCount: rank, using: &generator)
      let entries = pattern.sampling(left * right.transposed())
      let expected = try flexibleBySVD(entries, left: left, right: right)
      let report = MaskReport(of: entries, rank: rank, fit: (left, right))
      #expect(report.isRigidityChecked)
      #expect(undetermined(entries, report) == expected, "\(m)×\(n), \(count) entries")
      #expect(report.undeterminedEntryCount == expected.count)
      sizes.insert(expected.count)

      let flipped = MaskReport(of: entries.transposed(), rank: rank, fit: (right, left))
      #expect(
        undetermined(entries.transposed(), flipped)
          == Set(expected.map { ($0 % n) * m + $0 / n }))
      #expect(flipped.undeterminedRows == report.undeterminedColumns)
    }
    #expect(sizes.count > 5)
  }

  /// Counting never calls an entry undetermined that the Jacobian determines.
  @Test(arguments: 1...3) func countingIsNecessary(_ rank: Int) throws {
    var generator = SeededGenerator(seed: 20 + UInt64(rank))
    for _ in 0..<20 {
      let pattern = randomMask(7, 8, count: 12 * rank + 8, using: &generator)
      let left = Matrix.gaussian(rowCount: 7, columnCount: rank, using: &generator)
      let right = Matrix.gaussian(rowCount: 8, columnCount: rank, using: &generator)
      let counted = MaskReport(of: pattern, rank: rank)
      #expect(!counted.isRigidityChecked && counted.isCoreRigid)
      let expected = try flexibleBySVD(pattern, left: left, right: right)
      let found = undetermined(pattern, counted)
      #expect(found.isSubset(of: expected))
      #expect(counted.undeterminedEntryCount == found.count)
    }
  }

  /// Rigidity is about the mask and a generic matrix: neither the unit of the values nor the sizes of single
  /// rows matter.
  @Test(arguments: [1e-200, 1e-160, 1, 1e160, 1e200]) func unitDoesNotMatter(_ unit: Double) {
    var generator = SeededGenerator(seed: 30)
    let pattern = randomMask(12, 9, count: 55, using: &generator)
    let left = Matrix.gaussian(rowCount: 12, columnCount: 2, using: &generator)
    let right = Matrix.gaussian(rowCount: 9, columnCount: 2, using: &generator)
    let entries = pattern.sampling(left * right.transposed())
    let expected = MaskReport(of: entries, rank: 2, fit: (left, right))
    let scaled = MaskReport(
      of: entries.replacingValues(entries.values.map { unit * $0 }), rank: 2,
      fit: (unit * left, right))
    #expect(scaled.isRigidityChecked)
    #expect(scaled.undeterminedEntryCount == expected.undeterminedEntryCount)
    #expect(undetermined(entries, scaled) == undetermined(entries, expected))
  }

  @Test func rowsAndColumnsOfDifferentSizesDoNotMatter() throws {
    var generator = SeededGenerator(seed: 31)
    for _ in 0..<10 {
      let pattern = randomMask(10, 8, count: 44, using: &generator)
      func factors(_ count: Int) -> [Double] {
        (0..<count).map { _ in
          Double(sign: .plus, exponent: -generator.nextIndex(below: 40), significand: 1)
        }
      }
      let left = Matrix.gaussian(rowCount: 10, columnCount: 2, using: &generator)
      let right = Matrix.gaussian(rowCount: 8, columnCount: 2, using: &generator)
      let expected = try flexibleBySVD(pattern, left: left, right: right)
      let fit = (left.scalingRows(by: factors(10)), right.scalingRows(by: factors(8)))
      let entries = pattern.sampling(fit.0 * fit.1.transposed())
      let report = MaskReport(of: entries, rank: 2, fit: fit)
      #expect(undetermined(entries, report) == expected)
    }
  }

  // MARK: special masks

  @Test func rowsWithTooFewEntriesAreNamed() {
    var picture = [String](repeating: "xxxxxx", count: 6)
    picture[2] = "x....."
    picture[4] = "x.x..."
    let entries = mask(picture)
    #expect(MaskReport(of: entries, rank: 1).undeterminedRows == [])
    #expect(MaskReport(of: entries, rank: 2).undeterminedRows == [2])
    #expect(MaskReport(of: entries, rank: 3).undeterminedRows == [2, 4])
    #expect(MaskReport(of: entries, rank: 3).undeterminedColumns == [])
    #expect(MaskReport(of: entries, rank: 3).undeterminedEntryCount == 9)
    #expect(MaskReport(of: entries.transposed(), rank: 3).undeterminedColumns == [2, 4])
  }

  @Test func blocksWithoutASharedEntryDetermineNothingBetweenThem() {
    var generator = SeededGenerator(seed: 6)
    let entries = mask(["xxx...", "xxx...", "xx....", "...xxx", "...xxx"])
    let left = Matrix.gaussian(rowCount: 5, columnCount: 1, using: &generator)
    let right = Matrix.gaussian(rowCount: 6, columnCount: 1, using: &generator)
    let report = MaskReport(
      of: entries.sampling(left * right.transposed()), rank: 1, fit: (left, right))
    #expect(report.componentCount == 2)
    #expect(report.undeterminedEntryCount == 15)
    #expect(report.determines(row: 2, column: 2))
    #expect(!report.determines(row: 0, column: 3))
    #expect(report.undeterminedRows.isEmpty && report.undeterminedColumns.isEmpty)
    #expect(report.isCoreRigid)
  }

  @Test(arguments: 1...5) func aFullMatrixLeavesNothingUndetermined(_ rank: Int) {
    var generator = SeededGenerator(seed: 7)
    let left = Matrix.gaussian(rowCount: 6, columnCount: rank, using: &generator)
    let right = Matrix.gaussian(rowCount: 5, columnCount: rank, using: &generator)
    let full = randomMask(6, 5, count: 30, using: &generator).sampling(left * right.transposed())
    let report = MaskReport(of: full, rank: rank, fit: (left, right))
    #expect(report.undeterminedEntryCount == 0)
    #expect(report.undeterminedRows.isEmpty && report.undeterminedColumns.isEmpty)
    #expect(report.isCoreRigid && report.componentCount == 1)
  }

  @Test func aRowThatIsFullIsNotUndetermined() {
    // Rank 2, two columns: a full row has two entries; the others have one and leave the core.
    let entries = mask(["xx", "x.", ".x"])
    let report = MaskReport(of: entries, rank: 2)
    #expect(report.undeterminedRows == [1, 2])
    #expect(report.undeterminedEntryCount == 2)
  }

  @Test func nothingKnownDeterminesNothing() {
    let report = MaskReport(of: mask(["....", "...."]), rank: 1)
    #expect(report.undeterminedEntryCount == 8)
    #expect(report.emptyRows == [0, 1] && report.emptyColumns == [0, 1, 2, 3])
    #expect(!report.determines(row: 0, column: 0))
  }
}
