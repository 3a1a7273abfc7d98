import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@Suite struct NuclearNormCompleterTests {
  static func problem(
    _ rows: Int, _ columns: Int, rank: Int, entries: Int, noise: Double = 0, seed: UInt64
  ) -> CompletionTeacher.Problem {
    var generator = SeededGenerator(seed: seed)
    return CompletionTeacher(
      rowCount: rows, columnCount: columns, rank: rank, entryCount: entries, noise: noise
    ).problem(using: &generator)
  }

  /// The certificate proves itself: the completion is feasible, the multipliers are, and the values agree.
  @Test(arguments: [(20, 20), (15, 30), (30, 15)])
  func certificateHolds(rows: Int, columns: Int) throws {
    let problem = Self.problem(rows, columns, rank: 2, entries: rows * columns / 3, seed: 1)
    let fit = try NuclearNormCompleter().fit(problem.entries)
    #expect(fit.outcome == .converged)
    #expect(fit.relativeGap <= 1e-7)
    for k in problem.entries.values.indices {
      let (row, column) = (Int(problem.entries.rows[k]), Int(problem.entries.columns[k]))
      #expect(fit.completion[row, column] == problem.entries.values[k])
    }
    #expect(try fit.multipliers.dense(elsewhere: 0).spectralNorm() <= 1 + 1e-13)
    let dual = zip(fit.multipliers.values, problem.entries.values).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(dual - fit.dualValue) <= 1e-12 * dual)
    let norm = try fit.completion.nuclearNorm()
    #expect(abs(norm - fit.primalValue) <= 1e-12 * norm)
    // The truth is feasible too.
    #expect(fit.dualValue <= (try problem.truth.nuclearNorm()))
  }

  /// One free entry, against the reference; near its minimum the norm is flat, so that it is known twice as well.
  @Test func completesOneEntry() throws {
    let file = try ReferenceCase("nuclear_norm_completion")
    let observed = file.inputs["observed"].matrix
    #expect(observed[0, 0].isNaN && observed[0, 1] == 1)
    let fit = try NuclearNormCompleter(tolerance: 1e-13).fit(ObservedEntries(notNaN: observed))
    expectClose(fit.nuclearNorm, file.outputs["nuclear_norm"].number, relative: 1e-13)
    expectClose(
      fit.completion[0, 0], file.outputs["missing_entries"].numbers[0], relative: file.tolerance)
  }

  /// With many entries for each degree of freedom the smallest norm is the truth's.
  @Test func recoversFromManyEntries() throws {
    let problem = Self.problem(40, 30, rank: 2, entries: 800, seed: 2)
    let fit = try NuclearNormCompleter(tolerance: 1e-10).fit(problem.entries)
    #expect(fit.rank == 2)
    #expect((fit.completion - problem.truth).frobeniusNorm <= 1e-7 * problem.truth.frobeniusNorm)
  }

  /// When all entries are known, the penalised answer is the truth with its singular values lowered by λ.
  @Test func penaltyLowersSingularValues() throws {
    var generator = SeededGenerator(seed: 3)
    let truth = Matrix.random(
      singularValues: [5, 3, 1, 0.2], rowCount: 6, columnCount: 4, using: &generator)
    let fit = try NuclearNormCompleter(penalty: .fixed(0.5), tolerance: 1e-12)
      .fit(ObservedEntries(notNaN: truth))
    for (value, expected) in zip(fit.singularValues, [4.5, 2.5, 0.5, 0]) {
      #expect(abs(value - expected) <= 1e-6)
    }
    #expect(fit.relativeGap <= 1e-12)
    #expect(try fit.multipliers.dense(elsewhere: 0).spectralNorm() <= 0.5 * (1 + 1e-13))
  }

  /// From the largest singular value on a penalty gives zero.
  @Test func largePenaltyGivesZero() throws {
    let problem = Self.problem(10, 12, rank: 2, entries: 60, seed: 4)
    let bound = try problem.entries.dense(elsewhere: 0).spectralNorm()
    let above = try NuclearNormCompleter(penalty: .fixed(1.001 * bound)).fit(problem.entries)
    #expect(above.completion.frobeniusNorm == 0)
    let below = try NuclearNormCompleter(penalty: .fixed(0.9 * bound)).fit(problem.entries)
    #expect(below.rank == 1)
  }

  /// The penalty chosen by held-out entries does better than the exact fit and than the best rank-free zero.
  @Test func choosesPenaltyForNoise() throws {
    let problem = Self.problem(60, 50, rank: 3, entries: 1500, noise: 0.3, seed: 5)
    let chosen = try NuclearNormCompleter(penalty: .chosen(holdoutFraction: 0.1)).fit(
      problem.entries)
    let exact = try NuclearNormCompleter().fit(problem.entries)
    func error(_ w: Matrix) -> Double { (w - problem.truth).frobeniusNorm }
    #expect(error(chosen.completion) < error(exact.completion))
    #expect(chosen.path.map(\.penalty) == chosen.path.map(\.penalty).sorted(by: >))
    #expect(chosen.holdoutError == chosen.path.map(\.holdoutError).min())
    // Along the path the fit gets closer and the norm larger.
    for (before, after) in zip(chosen.path, chosen.path.dropFirst()) {
      #expect(after.trainingError < before.trainingError)
      #expect(after.nuclearNorm > before.nuclearNorm)
    }
  }

  @Test func zeroEntriesGiveZero() throws {
    let entries = try ObservedEntries(notNaN: Matrix(rows: [[0, .nan], [.nan, 0]]))
    let fit = try NuclearNormCompleter().fit(entries)
    #expect(fit.completion == Matrix.zeros(2, 2))
    #expect(fit.outcome == .converged && fit.dualityGap == 0)
  }

  @Test func refusesSettingsOutOfRange() throws {
    let entries = try ObservedEntries(notNaN: Matrix(rows: [[1, .nan]]))
    #expect(throws: NuclearNormCompleter.Failure.penaltyNotPositive(-1)) {
      try NuclearNormCompleter(penalty: .fixed(-1)).fit(entries)
    }
    #expect(throws: NuclearNormCompleter.Failure.holdoutOutOfRange(1)) {
      try NuclearNormCompleter(penalty: .chosen(holdoutFraction: 1)).fit(entries)
    }
    #expect(throws: NuclearNormCompleter.Failure.toleranceNotPositive(0)) {
      try NuclearNormCompleter(tolerance: 0).fit(entries)
    }
    #expect(throws: NuclearNormCompleter.Failure.tooFewToHoldOut(1)) {
      try NuclearNormCompleter(penalty: .chosen(holdoutFraction: 0.5)).fit(entries)
    }
  }
}
