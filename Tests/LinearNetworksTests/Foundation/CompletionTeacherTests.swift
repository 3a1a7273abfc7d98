import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@Suite struct CompletionTeacherTests {
  @Test func truthHasTheRankAndMeanSquareOne() throws {
    var generator = SeededGenerator(seed: 1)
    for (rows, columns, rank) in [(20, 30, 3), (30, 7, 7), (1, 9, 1)] {
      let problem = CompletionTeacher(
        rowCount: rows, columnCount: columns, rank: rank, entryCount: 5
      ).problem(using: &generator)
      #expect(try problem.truth.rank() == rank)
      expectClose(problem.truth.frobeniusNorm, Double(rows * columns).squareRoot(), ulps: 100)
    }
  }

  @Test func entriesWithoutNoiseAreThoseOfTheTruth() {
    var generator = SeededGenerator(seed: 2)
    let problem = CompletionTeacher(rowCount: 12, columnCount: 9, rank: 2, entryCount: 50)
      .problem(using: &generator)
    let entries = problem.entries
    #expect(entries.count == 50)
    #expect(entries.rowCount == 12 && entries.columnCount == 9)
    for k in 0..<50 {
      #expect(entries.values[k] == problem.truth[Int(entries.rows[k]), Int(entries.columns[k])])
    }
    // Without replacement: all positions differ.
    let places = (0..<50).map { Int(entries.rows[$0]) * 9 + Int(entries.columns[$0]) }
    #expect(zip(places, places.dropFirst()).allSatisfy(<))
  }

  @Test func noiseHasTheStandardDeviation() {
    var generator = SeededGenerator(seed: 3)
    let problem = CompletionTeacher(
      rowCount: 100, columnCount: 100, rank: 1, entryCount: 10_000, noise: 0.3
    ).problem(using: &generator)
    let noise = (0..<10_000).map {
      problem.entries.values[$0] - problem.truth.elements[$0]
    }
    // Mean and standard deviation of n draws scatter by s/√n and s/√2n: four of each.
    let mean = noise.reduce(0, +) / 10_000
    #expect(abs(mean) < 4 * 0.3 / 100)
    let deviation = (noise.reduce(0) { $0 + $1 * $1 } / 10_000).squareRoot()
    #expect(abs(deviation - 0.3) < 4 * 0.3 / 20_000.squareRoot())
  }

  @Test func everyPositionIsEquallyLikely() {
    var generator = SeededGenerator(seed: 4)
    let teacher = CompletionTeacher(rowCount: 3, columnCount: 4, rank: 1, entryCount: 6)
    var shown = [Double](repeating: 0, count: 12)
    for _ in 0..<2000 {
      let entries = teacher.problem(using: &generator).entries
      for k in 0..<6 { shown[Int(entries.rows[k]) * 4 + Int(entries.columns[k])] += 1 }
    }
    // Each count is binomial with 2000 draws of probability ½: standard deviation 22.4.
    for count in shown { #expect(abs(count - 1000) < 4.5 * 22.4) }
  }

  @Test func noEntriesAndAllEntriesAreProblemsToo() {
    var generator = SeededGenerator(seed: 5)
    for count in [0, 20] {
      let problem = CompletionTeacher(rowCount: 4, columnCount: 5, rank: 2, entryCount: count)
        .problem(using: &generator)
      #expect(problem.entries.count == count)
    }
  }

  @Test func theSameSeedGivesTheSameProblem() {
    let teacher = CompletionTeacher(
      rowCount: 8, columnCount: 6, rank: 2, entryCount: 20, noise: 0.1)
    var a = SeededGenerator(seed: 6)
    var b = SeededGenerator(seed: 6)
    #expect(teacher.problem(using: &a) == teacher.problem(using: &b))
    #expect(teacher.problem(using: &a) != teacher.problem(using: &a))
  }
}
