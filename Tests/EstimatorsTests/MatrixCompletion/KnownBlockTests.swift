import LinearAlgebra
import LinearNetworks
import Testing

@testable import Estimators

@Suite struct KnownBlockTests {
  private func table(rank: Int, noise: Double, seed: UInt64) -> ObservedEntries {
    var generator = SeededGenerator(seed: seed)
    let left = Matrix.gaussian(rowCount: 80, columnCount: rank, using: &generator)
    let right = Matrix.gaussian(rowCount: 20, columnCount: rank, using: &generator)
    let table =
      left * right.transposed()
      + .gaussian(rowCount: 80, columnCount: 20, standardDeviation: noise, using: &generator)
    return ObservedEntries.all(of: table) { _, _ in generator.nextUniform() < 0.1 }
  }

  @Test func blocksHaveNoGaps() {
    for seed in 0..<3 as Range<UInt64> {
      let entries = table(rank: 3, noise: 0, seed: seed)
      let block = KnownBlock(of: entries)
      let known = Set(zip(entries.rows, entries.columns).map { Int($0) * 20 + Int($1) })
      #expect(block.rows.count >= block.columns.count && block.columns.count >= 3)
      for row in block.rows {
        for column in block.columns { #expect(known.contains(row * 20 + column)) }
      }
    }
  }

  /// No table of rank three has a block of rank four, and a block of noise has as many ranks as columns.
  @Test func exactTablesKeepTheirRankAndNoiseHasNone() {
    for seed in 0..<3 as Range<UInt64> {
      let exact = table(rank: 3, noise: 0, seed: seed)
      #expect(
        KnownBlock(of: exact).leastRank(exact, tolerances: EntryRounding(of: exact).tolerances)
          == 3)
      let noisy = table(rank: 3, noise: 1e-6, seed: seed)
      let block = KnownBlock(of: noisy)
      #expect(
        block.leastRank(noisy, tolerances: EntryRounding(of: noisy).tolerances)
          == block.columns.count)
    }
  }

  /// A sparse mask has blocks of a few columns only, and an empty table none.
  @Test func sparseTablesProveLittle() throws {
    let problem = completionProblem(100, 100, rank: 5, count: 1100)
    let rounding = EntryRounding(of: problem.entries).tolerances
    let least = KnownBlock(of: problem.entries).leastRank(problem.entries, tolerances: rounding)
    #expect(least >= 1 && least <= 5)
  }
}
