import Estimators
import LinearAlgebra
import LinearNetworks
import Testing

@Suite struct NewRowsTests {
  /// A problem whose first rows are left out of the fit.
  private func split(_ entries: ObservedEntries, after count: Int) -> (
    new: ObservedEntries, fitted: ObservedEntries
  ) {
    func part(_ rows: Range<Int>) -> ObservedEntries {
      let range = entries.rowStarts[rows.lowerBound]..<entries.rowStarts[rows.upperBound]
      return ObservedEntries(
        rowCount: rows.count, columnCount: entries.columnCount,
        sortedRows: range.map { entries.rows[$0] - Int32(rows.lowerBound) },
        columns: Array(entries.columns[range]), values: Array(entries.values[range]))
    }
    return (part(0..<count), part(count..<entries.rowCount))
  }

  @Test(arguments: [1e-200, 1, 1e200]) func exactRowsAreFilledExactly(_ unit: Double) throws {
    let problem = completionProblem(60, 40, rank: 3, count: 1200)
    let (new, fitted) = split(problem.entries, after: 10)
    let fit = try MatrixCompleter().fit(fitted.scaled(by: unit))
    #expect(fit.isExact && fit.rank == 3)
    let filled = try fit.model.fillingNewRows(new.scaled(by: unit))
    #expect(filled.determinedCounts == [Int](repeating: 3, count: 10))
    #expect(relativeError((1 / unit) * filled.completion, problem.truth.firstRows(10)) < 1e-8)
  }

  @Test func tooFewEntriesAreReported() throws {
    let problem = completionProblem(60, 40, rank: 3, count: 1200)
    let model = try MatrixCompleter().fit(problem.entries).model
    let row = Array(problem.truth.row(0))
    let new = try ObservedEntries(
      rowCount: 4, columnCount: 40, rows: [1, 2, 2, 3, 3, 3, 3], columns: [5, 6, 7, 1, 2, 3, 4],
      values: [5, 6, 7, 1, 2, 3, 4].map { row[$0] })
    let filled = try model.fillingNewRows(new)
    #expect(filled.determinedCounts == [0, 1, 2, 3])
    #expect(filled.completion.row(0).allSatisfy { $0 == 0 })
    // What is given is kept, and the fourth row is the truth.
    #expect(abs(filled.completion[1, 5] - row[5]) < 1e-9)
    #expect(abs(filled.completion[2, 6] - row[6]) < 1e-9)
    for j in 0..<40 { #expect(abs(filled.completion[3, j] - row[j]) < 1e-7) }
  }

  /// With noise the ridge keeps a row with few entries from following them.
  @Test func noisyRowsAreShrunk() throws {
    let problem = completionProblem(150, 40, rank: 3, count: 2400, noise: 0.5)
    let (new, fitted) = split(problem.entries, after: 50)
    let fit = try MatrixCompleter().fit(fitted)
    #expect(!fit.isExact && fit.model.ridge.allSatisfy { $0 > 0 })
    let truth = problem.truth.firstRows(50)
    var unshrunk = fit.model
    unshrunk.ridge = unshrunk.ridge.map { _ in 0 }
    let few = new.selecting(
      new.values.indices.filter { $0 - new.rowStarts[Int(new.rows[$0])] < 4 })
    let shrunkError = relativeError(try fit.model.fillingNewRows(few).completion, truth)
    #expect(shrunkError < relativeError(try unshrunk.fillingNewRows(few).completion, truth))
    #expect(shrunkError < 1)
    // With all its entries a row is nearly as good as those fitted.
    #expect(relativeError(try fit.model.fillingNewRows(new).completion, truth) < 0.45)
  }

  @Test func rowsWithOffsetsAreFilled() throws {
    var generator = SeededGenerator(seed: 4)
    let rows = (0..<80).map { _ in 3 * generator.nextGaussian() }
    let columns = (0..<30).map { _ in 3 * generator.nextGaussian() }
    var truth = Matrix(rowCount: 80, columnCount: 30)
    var noisy = truth
    for i in 0..<80 {
      for j in 0..<30 {
        truth[i, j] = 10 + rows[i] + columns[j]
        noisy[i, j] = truth[i, j] + 0.3 * generator.nextGaussian()
      }
    }
    let all = ObservedEntries.all(of: noisy) { _, _ in generator.nextUniform() < 0.6 }
    let (new, fitted) = split(all, after: 20)
    let fit = try MatrixCompleter().fit(fitted)
    let filled = try fit.model.fillingNewRows(new).completion
    #expect(relativeError(filled, truth.firstRows(20)) < 0.05)
    let none = try ObservedEntries(rowCount: 1, columnCount: 30, rows: [], columns: [], values: [])
    let empty = try fit.model.fillingNewRows(none).completion
    #expect(empty.isFinite)
  }
}
