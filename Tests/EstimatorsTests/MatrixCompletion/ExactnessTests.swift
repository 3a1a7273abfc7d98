import Analysis
import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

/// Exact means exact to each entry's rounding; determined means determined for that cell.
@Suite struct ExactnessTests {
  /// A low-rank signal of size one with an offset for each column, known at random places.
  private func offsetProblem(
    _ rows: Int, _ columns: Int, rank: Int, share: Double, offset: Double, noise: Double = 0,
    seed: UInt64
  ) -> (truth: Matrix, entries: ObservedEntries) {
    var generator = SeededGenerator(seed: seed)
    let left = Matrix.gaussian(rowCount: rows, columnCount: rank, using: &generator)
    let right = Matrix.gaussian(rowCount: columns, columnCount: rank, using: &generator)
    var truth = left.timesTransposed(right)
    truth.withUnsafeMutableElements { w in
      for k in w.indices { w[k] += offset + noise * generator.nextGaussian() }
    }
    let missing = Matrix.uniform(
      rowCount: rows, columnCount: columns, in: 0..<1, using: &generator)
    return (truth, .all(of: truth) { missing[$0, $1] >= share })
  }

  /// A signal of size one on an offset is known as well as the rounding of the entries allows, not as the size of the
  /// offset would excuse.
  @Test(arguments: [1e3, 1e7, 1e9]) func offsetsExcuseNoError(_ offset: Double) throws {
    let problem = offsetProblem(60, 25, rank: 2, share: 0.6, offset: offset, seed: 1)
    let fit = try MatrixCompleter().fit(problem.entries)
    #expect(fit.isExact)
    let error = (fit.completion() - problem.truth).frobeniusNorm / Double(60 * 25).squareRoot()
    // Each entry is met to 64 ε of its size; three coordinates from 15 entries of a row magnify that little.
    #expect(error <= 10 * 64 * offset * .ulpOfOne)
  }

  @Test func noiseOnAnOffsetIsNoise() throws {
    let problem = offsetProblem(
      60, 25, rank: 2, share: 0.6, offset: 1e9, noise: 1e-2, seed: 2)
    #expect(try !MatrixCompleter().fit(problem.entries).isExact)
  }

  /// y = a + b x: the offset of each column and one component, counted as they are.
  @Test func affineTablesAreExact() throws {
    var generator = SeededGenerator(seed: 3)
    for columns in [2, 4] {
      let x = Matrix.gaussian(rowCount: 120, columnCount: 1, using: &generator)
      let slope = Matrix.gaussian(rowCount: columns, columnCount: 1, using: &generator)
      let ones = Matrix(rowCount: 120, columnCount: 1, repeating: 1)
      let offset = Matrix.gaussian(rowCount: columns, columnCount: 1, using: &generator)
      let truth = x.timesTransposed(slope) + ones.timesTransposed(3 * offset)
      // A row without either column has nothing to go by.
      let entries = ObservedEntries.all(of: truth) { i, j in i % 4 == 1 && j == (i / 4) % columns }
      for (table, whole) in [(entries, truth), (entries.transposed(), truth.transposed())] {
        let fit = try MatrixCompleter().fit(table)
        #expect(fit.isExact && fit.mask.undeterminedEntryCount == 0)
        #expect(relativeError(fit.completion(), whole) <= 1e-11)
      }
    }
  }

  /// A column that the others have nothing to do with is not determined by them, and is filled by its own mean; what
  /// the others determine of each other stays right.
  @Test(arguments: [true, false], [false, true]) func unrelatedColumnsAreNotDetermined(
    _ isConstant: Bool, _ isTurned: Bool
  ) throws {
    for seed in 0..<3 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var truth = Matrix.lowRank(rowCount: 40, columnCount: 8, rank: 2, using: &generator)
      for i in 0..<40 { truth[i, 5] = isConstant ? 100 : generator.nextGaussian() }
      let missing = Matrix.uniform(rowCount: 40, columnCount: 8, in: 0..<1, using: &generator)
      let entries = ObservedEntries.all(of: truth) { missing[$0, $1] < 0.2 }
      let fit = try MatrixCompleter().fit(isTurned ? entries.transposed() : entries)
      #expect(fit.isExact && fit.rank == 3)
      let w = isTurned ? fit.completion().transposed() : fit.completion()
      let own = entries.values.indices.filter { entries.columns[$0] == 5 }
        .map { entries.values[$0] }
      let mean = own.reduce(0, +) / Double(own.count)
      for i in 0..<40 {
        for j in 0..<8 where missing[i, j] < 0.2 {
          let isDetermined =
            isTurned
            ? fit.mask.determines(row: j, column: i) : fit.mask.determines(row: i, column: j)
          if j == 5 {
            #expect(!isDetermined)
            // Turned, the table's columns are the rows here, and their means predict.
            if !isTurned { #expect(abs(w[i, j] - mean) <= 1e-9 * 100) }
          } else if isDetermined {
            #expect(abs(w[i, j] - truth[i, j]) <= 1e-8)
          }
        }
      }
      let named = isTurned ? fit.mask.undeterminedRows : fit.mask.undeterminedColumns
      #expect(named.contains(5))
    }
  }

  /// What nothing determines is filled no worse than by the column's mean, row by row.
  @Test func openRowsAreFilledNoWorseThanByMeans() throws {
    for seed in 0..<4 as Range<UInt64> {
      let problem = completionProblem(40, 30, rank: 3, count: 420, seed: seed)
      // Some rows keep two entries.
      let entries = problem.entries.selecting(
        problem.entries.values.indices.filter { k in
          let row = Int(problem.entries.rows[k])
          return row > 5 || k < problem.entries.rowStarts[row] + 2
        })
      let fit = try MatrixCompleter().fit(entries)
      #expect(fit.isExact && fit.rank == 3)
      let w = fit.completion()
      let turned = entries.transposed()
      let means = (0..<30).map { j in
        let range = turned.rowStarts[j]..<turned.rowStarts[j + 1]
        return turned.values[range].reduce(0, +) / Double(range.count)
      }
      for i in 0..<6 {
        let open = (0..<30).filter { !fit.mask.determines(row: i, column: $0) }
        func squared(_ value: (Int) -> Double) -> Double {
          open.reduce(0) {
            $0 + (value($1) - problem.truth[i, $1]) * (value($1) - problem.truth[i, $1])
          }
        }
        #expect(squared { w[i, $0] } <= squared { means[$0] } * (1 + 1e-9))
      }
    }
  }

  /// Rows and columns without an entry change no other bit, in exact and in noisy tables.
  @Test(arguments: [0.0, 0.2]) func blankLinesChangeNoBit(_ noise: Double) throws {
    let problem = completionProblem(40, 30, rank: 2, count: 500, noise: noise)
    let plain = try MatrixCompleter(intervalCoverage: noise > 0 ? 0.9 : nil).fit(problem.entries)
    let rows = (0..<40).map { 3 * $0 + 1 }
    let columns = (0..<30).map { 10 * $0 }
    let spread = try ObservedEntries(
      rowCount: 125, columnCount: 300, rows: problem.entries.rows.map { Int32(rows[Int($0)]) },
      columns: problem.entries.columns.map { Int32(columns[Int($0)]) },
      values: problem.entries.values)
    let fit = try MatrixCompleter(intervalCoverage: noise > 0 ? 0.9 : nil).fit(spread)
    let w = fit.completion()
    #expect(w.isFinite)
    #expect(w.selecting(rows: rows).selecting(columns: columns) == plain.completion())
    #expect(fit.rank == plain.rank && fit.isExact == plain.isExact)
    #expect(fit.singularValues == plain.singularValues)
    #expect(fit.holdoutError == plain.holdoutError && fit.trainingError == plain.trainingError)
    for i in 0..<40 {
      for j in 0..<30 {
        #expect(
          fit.mask.determines(row: rows[i], column: columns[j])
            == plain.mask.determines(row: i, column: j))
      }
    }
    if noise > 0 {
      let width = try #require(fit.intervals).halfWidth(row: rows[7], column: columns[4])
      #expect(try #require(plain.intervals).halfWidth(row: 7, column: 4) == width)
    }
    #expect(fit.mask.emptyRows.count == 85 && fit.mask.emptyColumns.count == 270)
    #expect(
      fit.mask.undeterminedEntryCount
        == plain.mask.undeterminedEntryCount + 125 * 300 - 40 * 30)
  }

  /// Work follows the entries, not the size that is declared.
  @Test func fewEntriesOfAHugeTable() throws {
    var generator = SeededGenerator(seed: 5)
    let rows = generator.sample(1000, below: 1_000_000).map { Int32($0) }
    let columns = generator.sample(1000, below: 1_000_000).map { Int32($0) }
    let entries = try ObservedEntries(
      rowCount: 1_000_000, columnCount: 1_000_000, rows: rows, columns: columns,
      values: rows.map { _ in generator.nextGaussian() })
    let fit = try MatrixCompleter().fit(entries)
    #expect(!fit.isExact && fit.mask.emptyRows.count == 999_000)
    #expect(fit.mask.undeterminedEntryCount > 999_000_000_000)
  }

  @Test func tallTablesAreExactBothWays() throws {
    let problem = completionProblem(4000, 5, rank: 2, count: 16_000)
    for (table, truth) in [
      (problem.entries, problem.truth), (problem.entries.transposed(), problem.truth.transposed()),
    ] {
      let fit = try MatrixCompleter().fit(table)
      #expect(fit.isExact && fit.rank == 2)
      let w = fit.completion()
      var worst = 0.0
      for i in 0..<truth.rowCount {
        for j in 0..<truth.columnCount where fit.mask.determines(row: i, column: j) {
          worst = max(worst, abs(w[i, j] - truth[i, j]))
        }
      }
      // Ill-conditioned rows magnify rounding.
      #expect(worst <= 1e-6)
    }
  }

  // MARK: outliers

  /// One huge entry in noise is no answer of rank one.
  @Test func oneOutlierDoesNotMakeExact() throws {
    var generator = SeededGenerator(seed: 6)
    var noise = Matrix.gaussian(rowCount: 20, columnCount: 20, using: &generator)
    noise[4, 7] = 1e13
    let entries = ObservedEntries.all(of: noise) { i, j in (i + 2 * j) % 7 == 3 && (i, j) != (4, 7)
    }
    let fit = try MatrixCompleter().fit(entries)
    #expect(!fit.isExact)
    #expect(fit.suspicious.map(\.value) == [1e13])
    #expect(fit.completion().elements.allSatisfy { abs($0) < 10 })
    #expect(try !MatrixCompleter(setsOutliersAside: false).fit(entries).isExact)
  }

  /// An exact table with a few wrong entries is exact without them.
  @Test func wrongEntriesOfAnExactTableAreNamed() throws {
    let problem = completionProblem(40, 30, rank: 2, count: 700)
    var values = problem.entries.values
    for k in [33, 350, 602] { values[k] = 5000 + Double(k) }
    let fit = try MatrixCompleter().fit(problem.entries.replacingValues(values))
    #expect(fit.isExact && fit.rank == 2)
    #expect(fit.suspicious.map(\.value) == [5033, 5350, 5602])
    #expect(relativeError(fit.completion(), problem.truth) <= 1e-9)
    for (entry, k) in zip(fit.suspicious, [33, 350, 602]) {
      #expect(abs(entry.predicted - problem.entries.values[k]) <= 1e-8)
    }
  }

  /// Two entries of a thousand, made a thousand times larger, cost less than a tenth.
  @Test func fewOutliersCostLittle() throws {
    let problem = completionProblem(80, 60, rank: 2, count: 2000, noise: 0.3)
    let clean = try MatrixCompleter().fit(problem.entries)
    var values = problem.entries.values
    for k in [100, 700, 1300, 1900] { values[k] *= 1000 }
    let fit = try MatrixCompleter().fit(problem.entries.replacingValues(values))
    let (error, without) = (
      relativeError(fit.completion(), problem.truth),
      relativeError(clean.completion(), problem.truth)
    )
    #expect(error <= 1.1 * without, "\(error), without outliers \(without)")
    #expect(clean.suspicious.isEmpty)
  }

  // MARK: few entries

  /// Everything that is determined comes out near the limit of what the entries can say.
  @Test func fewEntriesAreEnough() throws {
    for seed in 0..<3 as Range<UInt64> {
      // 1.13 entries for each of the 975 degrees of freedom.
      let problem = completionProblem(100, 100, rank: 5, count: 1100, seed: seed)
      let fit = try MatrixCompleter().fit(problem.entries)
      #expect(fit.isExact && fit.rank == 5)
      guard fit.mask.isCoreRigid else { continue }
      let w = fit.completion()
      for i in 0..<100 {
        for j in 0..<100 where fit.mask.determines(row: i, column: j) {
          #expect(abs(w[i, j] - problem.truth[i, j]) <= 1e-6)
        }
      }
    }
  }
}
