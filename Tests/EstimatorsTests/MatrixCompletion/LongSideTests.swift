import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@testable import Estimators

@Suite struct LongSideTests {
  private func problem() -> CompletionTeacher.Problem {
    completionProblem(2_400, 5, rank: 1, count: 9_000, noise: 0.3)
  }

  private func fit(_ entries: ObservedEntries, isWhole: Bool) throws -> NoisyFit.Result {
    var generator = SeededGenerator(seed: 4)
    let noisy = NoisyFit(
      depth: 3, width: nil, initialScale: 1e-5, holdoutFraction: 0.1, recordingInterval: nil,
      rank: nil, threadCount: 1, isCalibrated: true, isLarge: false, effort: .quick,
      isCancelled: { _ in false })
    guard !isWhole,
      let side = LongSide(of: entries, lineCount: 400, entryCount: 200, using: &generator)
    else { return try noisy.fit(entries, using: &generator) }
    return try noisy.fitLong(side, entries, using: &generator)
  }

  /// Of 2,400 rows 400 are fitted, and all are answered: as well as by the fit of all, but for what is learned of five
  /// columns from 1,500 entries instead of 9,000. Rank one errs by about 5·(1/1,500) of the noise's variance more.
  @Test(arguments: [true, false]) func someLinesTellOfAll(_ areRows: Bool) throws {
    let problem = problem()
    let entries = areRows ? problem.entries : problem.entries.transposed()
    let truth = areRows ? problem.truth : problem.truth.transposed()
    let drawn = try fit(entries, isWhole: false)
    let whole = try fit(entries, isWhole: true)
    #expect(drawn.model.rank == 1 && drawn.model.rowCount == entries.rowCount)
    let (own, best) = (
      relativeError(drawn.model.completion(), truth), relativeError(whole.model.completion(), truth)
    )
    #expect(own * own < 1.05 * best * best + 0.09 * 5 / 1_500)
    // Deviations are known for every line.
    let factors = try #require(drawn.calibrated)
    #expect(factors.rowFactor.rowCount == entries.rowCount)
    #expect(factors.columnFactor.rowCount == entries.columnCount)
    #expect(drawn.calibration.allSatisfy { $0.column < entries.columnCount })
  }

  @Test func shortTablesAreFittedWhole() {
    var generator = SeededGenerator(seed: 5)
    let entries = problem().entries
    // 2,400 rows are not four times 50 for each of five columns and 700 at least; and no line has 10,000 entries.
    #expect(LongSide(of: entries, lineCount: 700, entryCount: 1, using: &generator) == nil)
    #expect(LongSide(of: entries, lineCount: 400, entryCount: 10_000, using: &generator) == nil)
    #expect(LongSide(of: entries, lineCount: 400, entryCount: 1, using: &generator) != nil)
  }
}
