import Analysis
import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

/// Tables without noise, and the settings.
@Suite struct MatrixCompleterTests {
  // MARK: recovery

  struct Shape: CustomTestStringConvertible, Sendable {
    var rows: Int
    var columns: Int
    var rank: Int
    var count: Int
    var depth = 3
    var testDescription: String { "\(rows)×\(columns), rank \(rank), \(count), depth \(depth)" }
  }

  @Test(arguments: [
    Shape(rows: 40, columns: 30, rank: 2, count: 480),
    Shape(rows: 20, columns: 60, rank: 3, count: 700),
    Shape(rows: 12, columns: 12, rank: 1, count: 60),
    Shape(rows: 90, columns: 15, rank: 2, count: 600),
    Shape(rows: 40, columns: 40, rank: 3, count: 720, depth: 2),
    Shape(rows: 40, columns: 40, rank: 3, count: 720, depth: 4),
    Shape(rows: 40, columns: 40, rank: 4, count: 900),
  ])
  func exactTablesAreRecovered(_ shape: Shape) throws {
    for seed in 0..<4 as Range<UInt64> {
      let problem = completionProblem(
        shape.rows, shape.columns, rank: shape.rank, count: shape.count, seed: seed)
      let fit = try MatrixCompleter(depth: shape.depth, seed: seed).fit(problem.entries)
      #expect(fit.isExact && fit.outcome == .converged)
      #expect(fit.rank == shape.rank)
      #expect(fit.holdoutError == nil)
      // An entry the mask does not determine has no right answer.
      guard fit.mask.undeterminedEntryCount == 0 else { continue }
      #expect(relativeError(fit.completion(), problem.truth) <= 1e-9)
      #expect(fit.trainingError <= 1e-11)
      let values = try problem.truth.singularValues()
      expectClose(fit.singularValues, Array(values.prefix(shape.rank)), ulps: 1e7)
    }
  }

  @Test func headlineInstancesAreRecovered() throws {
    for seed in 0..<3 as Range<UInt64> {
      let problem = completionProblem(100, 100, rank: 5, count: 2000, seed: seed)
      let fit = try MatrixCompleter().fit(problem.entries)
      #expect(relativeError(fit.completion(), problem.truth) <= 1e-9)
      #expect(fit.isExact && fit.rank == 5)
    }
  }

  /// Where the mask leaves entries open, all that the mask report calls determined is right.
  @Test func determinedEntriesAreRight() throws {
    var undetermined = 0
    for seed in 0..<4 as Range<UInt64> {
      let problem = completionProblem(40, 40, rank: 2, count: 230, seed: 100 + seed)
      let fit = try MatrixCompleter().fit(problem.entries)
      guard fit.isExact, fit.rank == 2 else { continue }
      undetermined += fit.mask.undeterminedEntryCount
      let w = fit.completion()
      for i in 0..<40 {
        for j in 0..<40 where fit.mask.determines(row: i, column: j) {
          #expect(abs(w[i, j] - problem.truth[i, j]) < 1e-8)
        }
      }
    }
    #expect(undetermined > 0)
  }

  // MARK: what must not matter

  @Test func orderOfRowsAndColumnsDoesNotMatter() throws {
    var generator = SeededGenerator(seed: 1)
    let problem = completionProblem(30, 40, rank: 2, count: 500)
    let rows = generator.permutation(30)
    let columns = generator.permutation(40)
    let plain = try MatrixCompleter().fit(problem.entries).completion()
    let mixed = try MatrixCompleter().fit(problem.entries.permuted(rows: rows, columns: columns))
      .completion()
    let back = mixed.selecting(rows: rows).selecting(columns: columns)
    #expect(relativeError(back, plain) < 1e-9)
  }

  @Test func orientationDoesNotMatter() throws {
    let problem = completionProblem(25, 45, rank: 3, count: 600)
    let plain = try MatrixCompleter().fit(problem.entries).completion()
    let turned = try MatrixCompleter().fit(problem.entries.transposed()).completion()
    #expect(relativeError(turned.transposed(), plain) < 1e-9)
  }

  /// Values of any unit: powers of two give the same bits, in exact and in noisy tables.
  @Test(arguments: [0.0, 0.1], [-660, -3, 664]) func unitDoesNotMatter(
    _ noise: Double, _ exponent: Int
  ) throws {
    let unit = Double(sign: .plus, exponent: exponent, significand: 1)
    let problem = completionProblem(30, 24, rank: 2, count: 360, noise: noise)
    // Averages take longer; one unit is enough for them.
    let completer = MatrixCompleter(
      intervalCoverage: 0.9, effort: exponent == -3 ? .normal : .quick)
    let plain = try completer.fit(problem.entries)
    let scaled = try completer.fit(problem.entries.scaled(by: unit))
    #expect(scaled.completion() == unit * plain.completion())
    #expect(scaled.isExact == plain.isExact && scaled.rank == plain.rank)
    expectClose(scaled.singularValues, plain.singularValues.map { $0 * unit }, ulps: 100)
    #expect(scaled.holdoutError == plain.holdoutError.map { $0 * unit })
    expectClose(scaled.trainingError, unit * plain.trainingError, ulps: 16)
    #expect(scaled.mask.undeterminedEntryCount == plain.mask.undeterminedEntryCount)
    let width = try #require(plain.intervals).halfWidth(row: 3, column: 4)
    #expect(try #require(scaled.intervals).halfWidth(row: 3, column: 4) == unit * width)
  }

  @Test(arguments: [1e-300, 1e-200, 1e200, 1e300]) func extremeValuesAreRecovered(
    _ unit: Double
  ) throws {
    let problem = completionProblem(30, 24, rank: 2, count: 360)
    let fit = try MatrixCompleter().fit(problem.entries.scaled(by: unit))
    #expect(fit.isExact && fit.rank == 2)
    #expect(fit.mask.isRigidityChecked)
    #expect(relativeError((1 / unit) * fit.completion(), problem.truth) < 1e-9)
  }

  @Test(arguments: [0.0, 0.3]) func sameSeedGivesTheSameBits(_ noise: Double) throws {
    let problem = completionProblem(50, 40, rank: 3, count: 900, noise: noise)
    let completer = MatrixCompleter(recordingInterval: 10, seed: 7)
    let first = try completer.fit(problem.entries)
    let second = try completer.fit(problem.entries)
    #expect(first.completion() == second.completion())
    #expect(first.model == second.model)
    #expect(first.path == second.path)
    #expect(first.holdoutError == second.holdoutError)
    #expect(first.iterations == second.iterations)
    let other = try MatrixCompleter(recordingInterval: 10, seed: 8).fit(problem.entries)
    #expect(other.path != first.path)
  }

  // MARK: small and special tables

  @Test func constantTablesStayConstant() throws {
    for value in [3.5, -1e-3] {
      let table = Matrix(rowCount: 9, columnCount: 7, repeating: value)
      let fit = try MatrixCompleter().fit(.all(of: table) { ($0 * 7 + $1) % 3 == 1 })
      #expect(relativeError(fit.completion(), table) < 1e-12)
      #expect(fit.rank <= 1)
    }
  }

  @Test func zerosStayZero() throws {
    let fit = try MatrixCompleter(intervalCoverage: 0.9).fit(.all(of: .zeros(5, 4)) { $0 == $1 })
    #expect(fit.completion() == .zeros(5, 4))
    #expect(fit.rank == 0 && fit.isExact && fit.trainingError == 0)
    #expect(fit.outcome == .converged)
    #expect(fit.singularValues.isEmpty)
    #expect(try #require(fit.intervals).halfWidth(row: 0, column: 0) == 0)
  }

  @Test func singleRowsAndColumnsAreFilledWithinTheirValues() throws {
    let line = Matrix(rowCount: 1, columnCount: 12, elements: (0..<12).map { Double($0) })
    for isFlipped in [false, true] {
      let entries = ObservedEntries.all(of: line) { $1 % 4 == 2 }
      let fit = try MatrixCompleter().fit(isFlipped ? entries.transposed() : entries)
      let w = isFlipped ? fit.completion().transposed() : fit.completion()
      #expect(w.rowCount == 1 && w.columnCount == 12)
      for j in [2, 6, 10] { #expect(w[0, j] >= 0 && w[0, j] <= 11) }
      #expect(isFlipped ? fit.mask.emptyRows == [2, 6, 10] : fit.mask.emptyColumns == [2, 6, 10])
      #expect(fit.mask.undeterminedEntryCount == 3)
    }
  }

  @Test func aSingleEntryIsEnough() throws {
    let entries = try ObservedEntries(
      rowCount: 3, columnCount: 2, rows: [1], columns: [1], values: [4])
    let fit = try MatrixCompleter().fit(entries)
    #expect(fit.completion().isFinite)
    #expect(fit.mask.emptyRows == [0, 2] && fit.mask.emptyColumns == [0])
    #expect(fit.mask.undeterminedEntryCount == 5)
    // Nothing is known but this one number.
    #expect(abs(fit.completion()[0, 0] - 4) < 0.5)

    let only = try MatrixCompleter().fit(.all(of: Matrix(rows: [[4]])))
    #expect(abs(only.completion()[0, 0] - 4) < 0.5)
  }

  @Test func aFullTableKeepsItsValues() throws {
    let problem = completionProblem(15, 12, rank: 3, count: 180)
    let fit = try MatrixCompleter().fit(problem.entries)
    #expect(relativeError(fit.completion(), problem.truth) < 1e-11)
    #expect(fit.rank == 3 && fit.isExact)
    #expect(fit.mask.undeterminedEntryCount == 0)
  }

  @Test func integersOfLowRankAreRecovered() throws {
    var generator = SeededGenerator(seed: 3)
    func digits(_ m: Int, _ n: Int) -> Matrix {
      Matrix(
        rowCount: m, columnCount: n,
        elements: (0..<(m * n)).map { _ in Double(generator.nextIndex(below: 7)) - 3 })
    }
    let table = digits(30, 2) * digits(2, 25)
    var mask = SeededGenerator(seed: 4)
    let fit = try MatrixCompleter().fit(.all(of: table) { _, _ in mask.nextUniform() < 0.5 })
    let rounded = fit.completion().map { $0.rounded() }
    #expect(fit.rank == 2)
    for i in 0..<30 {
      for j in 0..<25 where fit.mask.determines(row: i, column: j) {
        #expect(rounded[i, j] == table[i, j])
      }
    }
  }

  // MARK: rows and columns without entries

  /// What is not known at all is filled by the mean and the offsets of the other side; the rest is as if
  /// those rows and columns were not there.
  @Test(arguments: [1e-200, 1, 1e200]) func emptyRowsAndColumnsAreFilledByOffsets(
    _ unit: Double
  ) throws {
    let problem = completionProblem(30, 25, rank: 2, count: 750)
    let shifted = problem.truth.map { ($0 + 3) * unit }
    var mask = SeededGenerator(seed: 5)
    let entries = ObservedEntries.all(of: shifted) { i, j in
      i == 4 || j == 7 || mask.nextUniform() < 0.4
    }
    let fit = try MatrixCompleter().fit(entries)
    #expect(fit.isExact && fit.rank == 3)
    #expect(fit.mask.emptyRows == [4] && fit.mask.emptyColumns == [7])
    let w = (1 / unit) * fit.completion()
    let mean = entries.values.reduce(0) { $0 + $1 / unit } / Double(entries.count)
    for j in 0..<25 where j != 7 {
      // A column's own mean lies about √(2/15) from the prediction, which is shrunk towards the whole mean.
      let column = entries.values.indices.filter { entries.columns[$0] == Int32(j) }
        .map { entries.values[$0] / unit }
      let own = column.reduce(0, +) / Double(column.count)
      #expect(w[4, j] >= min(mean, own) - 0.3 && w[4, j] <= max(mean, own) + 0.3)
    }
    for i in 0..<30 where i != 4 {
      for j in 0..<25 where j != 7 && fit.mask.determines(row: i, column: j) {
        #expect(abs(w[i, j] * unit - shifted[i, j]) < 1e-8 * unit)
      }
    }
    // The spectrum is that of the rows and columns that have an entry.
    let dense = try w.selecting(rows: (0..<30).filter { $0 != 4 })
      .selecting(columns: (0..<25).filter { $0 != 7 }).singularValues()
    let count = fit.singularValues.count
    expectClose(fit.singularValues.map { $0 / unit }, Array(dense.prefix(count)), ulps: 1e5)
    #expect(dense.dropFirst(count).allSatisfy { $0 < 1e-10 * dense[0] })
  }

  // MARK: settings

  @Test func depthOneFitsWhatIsKnown() throws {
    let problem = completionProblem(20, 15, rank: 2, count: 200, noise: 0.1)
    let fit = try MatrixCompleter(depth: 1).fit(problem.entries)
    #expect(fit.completion().isFinite)
    #expect(fit.trainingError < 0.5)
  }

  @Test(arguments: [2, 5, 60]) func widthCanBeGiven(_ width: Int) throws {
    let problem = completionProblem(40, 30, rank: 2, count: 500)
    let fit = try MatrixCompleter(width: width).fit(problem.entries)
    #expect(fit.isExact && fit.rank == 2)
    #expect(relativeError(fit.completion(), problem.truth) < 1e-9)
  }

  @Test func widthBelowTheRankStillGivesAnAnswer() throws {
    let problem = completionProblem(40, 30, rank: 3, count: 600)
    let fit = try MatrixCompleter(width: 1).fit(problem.entries)
    #expect(relativeError(fit.completion(), problem.truth) < 0.9)
  }

  @Test func initialScaleCanBeGiven() throws {
    let problem = completionProblem(40, 30, rank: 2, count: 500)
    for scale in [1e-8, 1e-3] {
      let fit = try MatrixCompleter(initialScale: scale).fit(problem.entries)
      #expect(relativeError(fit.completion(), problem.truth) < 1e-9)
    }
  }

  @Test func settingsOutOfRangeAreRefused() {
    let entries = completionProblem(5, 5, rank: 1, count: 20).entries
    func expect(
      _ failure: MatrixCompleter.Failure, _ completer: MatrixCompleter,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(throws: failure, sourceLocation: sourceLocation) { try completer.fit(entries) }
    }
    expect(.depthNotPositive(0), MatrixCompleter(depth: 0))
    expect(.widthNotPositive(0), MatrixCompleter(width: 0))
    expect(.initialScaleNotPositive(0), MatrixCompleter(initialScale: 0))
    expect(.initialScaleNotPositive(.infinity), MatrixCompleter(initialScale: .infinity))
    expect(.rankNotPositive(0), MatrixCompleter(rank: 0))
    expect(.threadCountNotPositive(0), MatrixCompleter(threadCount: 0))
    expect(.holdoutOutOfRange(1), MatrixCompleter(holdoutFraction: 1))
    expect(.holdoutOutOfRange(-0.1), MatrixCompleter(holdoutFraction: -0.1))
    expect(.coverageOutOfRange(1), MatrixCompleter(intervalCoverage: 1))
    expect(.coverageOutOfRange(0), MatrixCompleter(intervalCoverage: 0))
    expect(
      .intervalsNeedHoldout, MatrixCompleter(holdoutFraction: 0, intervalCoverage: 0.5))
    #expect(throws: MatrixCompleter.Failure.noEntries) {
      try MatrixCompleter().fit(
        ObservedEntries(rowCount: 3, columnCount: 3, rows: [], columns: [], values: []))
    }
  }

  @Test func settingsThatAreNoNumbersAreRefused() {
    let entries = completionProblem(5, 5, rank: 1, count: 20).entries
    for completer in [
      MatrixCompleter(initialScale: .nan), MatrixCompleter(holdoutFraction: .nan),
      MatrixCompleter(intervalCoverage: .nan),
    ] {
      #expect(throws: MatrixCompleter.Failure.self) { try completer.fit(entries) }
    }
  }

  // MARK: observing

  @Test(arguments: [0.0, 0.1]) func interruptionKeepsAResult(_ holdout: Double) throws {
    let problem = completionProblem(40, 30, rank: 2, count: 600, noise: 0.2)
    var calls = 0
    let whole = try MatrixCompleter(holdoutFraction: holdout).fit(problem.entries) { _ in
      calls += 1
      return true
    }
    #expect(whole.outcome == .converged)
    for limit in [0, 1, calls / 8, calls / 4, calls / 2, calls - 2] {
      var count = 0
      let fit = try MatrixCompleter(holdoutFraction: holdout).fit(problem.entries) { _ in
        count += 1
        return count <= limit
      }
      #expect(fit.outcome.kind == "interrupted", "after \(limit) of \(calls)")
      #expect(fit.completion().isFinite)
      #expect(fit.completion().rowCount == 40)
    }
  }

  @Test func interruptionOfAnExactTable() throws {
    let problem = completionProblem(40, 30, rank: 2, count: 600)
    let fit = try MatrixCompleter().fit(problem.entries) { _ in false }
    #expect(fit.outcome.kind == "interrupted")
    #expect(!fit.isExact && fit.completion().isFinite)
  }

  @Test func progressStaysInRange() throws {
    for noise in [0, 0.2] {
      let problem = completionProblem(40, 30, rank: 2, count: 600, noise: noise)
      _ = try MatrixCompleter().fit(problem.entries) { progress in
        #expect(progress.fraction >= 0 && progress.fraction <= 1)
        return true
      }
    }
  }

  @Test func pathIsRecordedWhenWanted() throws {
    for noise in [0, 0.2] {
      let problem = completionProblem(40, 30, rank: 2, count: 600, noise: noise)
      let path = try MatrixCompleter(recordingInterval: 10).fit(problem.entries).path
      #expect(path.points.map(\.step) == (1...path.points.count).map { 10 * $0 })
      #expect(
        zip(path.points, path.points.dropFirst()).allSatisfy {
          $0.trainingError >= $1.trainingError
        })
      #expect(path.points.allSatisfy { ($0.holdoutError != nil) == (noise > 0) })
      #expect(try MatrixCompleter().fit(problem.entries).path.points.isEmpty)
    }
  }
}
