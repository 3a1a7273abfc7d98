import LinearAlgebra
import LinearNetworks
import Testing

@testable import Estimators

@Suite struct CompletionIntervalsTests {
  /// New observations at unknown positions fall inside the intervals as often as promised, on average over tables: no
  /// rarer than counting and calibration explain, and at most three points more often, because the answer has seen the
  /// entries held out too.
  ///
  /// The quantile of n scores covers a share that scatters as Beta(k, n + 1 − k) does, by √(p(1 − p)/(n + 2)) in each
  /// table; counting N cells adds √(p(1 − p)/N).
  @Test func coverageIsNominal() throws {
    var inside = 0
    var total = 0
    let share = 0.9
    var variance = 0.0
    let tableCount = 24
    for seed in 0..<UInt64(tableCount) {
      let rank = 1 + Int(seed % 3)
      let noise = [0.1, 0.3, 1.0][Int(seed / 3 % 3)]
      let problem = completionProblem(40, 30, rank: rank, count: 600, noise: noise, seed: seed)
      // Of single fits and of averages.
      let fit = try MatrixCompleter(
        intervalCoverage: share, effort: seed % 2 == 0 ? .quick : .normal, seed: seed
      ).fit(problem.entries)
      let intervals = try #require(fit.intervals)
      let w = fit.completion()
      var generator = SeededGenerator(seed: 1000 + seed)
      let known = Set(
        (0..<600).map { Int(problem.entries.rows[$0]) * 30 + Int(problem.entries.columns[$0]) })
      for position in 0..<1200 where !known.contains(position) {
        let (i, j) = (position / 30, position % 30)
        let observation = problem.truth[i, j] + noise * generator.nextGaussian()
        total += 1
        if abs(observation - w[i, j]) <= intervals.halfWidth(row: i, column: j) { inside += 1 }
      }
      variance += share * (1 - share) / Double(intervals.calibrationCount + 2)
    }
    let tables = Double(tableCount)
    variance = variance / (tables * tables) + share * (1 - share) / Double(total)
    let coverage = Double(inside) / Double(total)
    let chance = 4 * variance.squareRoot()
    #expect(coverage > share - chance && coverage < share + 0.03, "\(coverage) ± \(chance)")
  }

  @Test func exactTablesHaveIntervalsOfWidthZero() throws {
    let problem = completionProblem(30, 25, rank: 2, count: 400)
    let intervals = try #require(
      try MatrixCompleter(intervalCoverage: 0.9).fit(problem.entries).intervals)
    #expect(intervals.coverage == 0.9 && intervals.quantile == 0)
    #expect(intervals.halfWidth(row: 3, column: 2) == 0)
  }

  /// q is the ⌈(n + 1) c⌉-th smallest score.
  @Test func quantileIsTheOneOfSplitConformalPrediction() {
    func quantile(_ count: Int, _ coverage: Double) -> Double {
      CompletionIntervals(
        coverage: coverage,
        calibration: (1...count).map {
          .init(column: 0, residual: $0 % 2 == 0 ? Double($0) : -Double($0), deviation: 2)
        },
        columnCount: 1, variational: nil, unit: 1
      ).quantile
    }
    #expect(quantile(9, 0.9) == 4.5)
    #expect(quantile(19, 0.9) == 9)
    #expect(quantile(99, 0.5) == 25)
    #expect(quantile(8, 0.9) == .infinity)
  }

  /// Columns whose residuals are of different size get widths of different size, and each is covered.
  @Test func everyColumnIsCovered() {
    var generator = SeededGenerator(seed: 4)
    let sizes = [0.1, 0.1, 1, 1, 1, 5]
    func draw(_ count: Int) -> [CompletionIntervals.Calibration] {
      (0..<count).map { index in
        let column = index % sizes.count
        return .init(
          column: column, residual: sizes[column] * generator.nextGaussian(), deviation: 1)
      }
    }
    let intervals = CompletionIntervals(
      coverage: 0.8, calibration: draw(12_000), columnCount: 6, variational: nil, unit: 1)
    let fresh = draw(30_000)
    for column in 0..<6 {
      let own = fresh.filter { $0.column == column }
      let inside = own.count {
        abs($0.residual) <= intervals.halfWidth(row: 0, column: column)
      }
      // A deviation from 2,000 residuals is known to 1.6 %: 0.7 points of coverage, and as much of counting.
      #expect(abs(Double(inside) / Double(own.count) - 0.8) < 0.04)
    }
  }

  /// Where predicted deviations say nothing about the residuals, widths do not follow them.
  @Test func meaninglessDeviationsAreNotFollowed() {
    var generator = SeededGenerator(seed: 5)
    let calibration = (0..<2000).map { index in
      CompletionIntervals.Calibration(
        column: 0, residual: generator.nextGaussian(), deviation: index % 2 == 0 ? 1 : 4)
    }
    let intervals = CompletionIntervals(
      coverage: 0.9, calibration: calibration, columnCount: 1, variational: nil, unit: 1)
    // The 90 % quantile of |N(0, 1)| is 1.645, known to 3 %; a deviation of one here.
    #expect(abs(intervals.halfWidth(row: 0, column: 0) / 1.645 - 1) < 0.12)
  }

  @Test func tooFewEntriesToCalibrateGiveNoBound() {
    let none = CompletionIntervals(
      coverage: 0.9, calibration: [], columnCount: 1, variational: nil, unit: 1)
    #expect(none.quantile == .infinity)
    #expect(none.calibrationCount == 0)
    #expect(none.halfWidth(row: 0, column: 0) == .infinity)
  }

  @Test func higherCoverageIsWider() throws {
    let problem = completionProblem(40, 30, rank: 2, count: 600, noise: 0.3)
    let widths = try [0.5, 0.8, 0.95].map { coverage in
      try #require(
        MatrixCompleter(intervalCoverage: coverage, effort: .quick).fit(problem.entries).intervals
      ).halfWidth(row: 5, column: 6)
    }
    #expect(zip(widths, widths.dropFirst()).allSatisfy(<))
  }
}
