import Analysis
import LinearAlgebra
import Testing

@Suite struct MaskCoreTests {
  /// The largest set of rows and columns in which each has at least r entries, among all subsets.
  private func coreBySearch(_ entries: ObservedEntries, rank: Int) -> (
    rows: Set<Int>, columns: Set<Int>
  ) {
    let (m, n) = (entries.rowCount, entries.columnCount)
    var best = 0
    for subset in 0..<(1 << (m + n)) where subset.nonzeroBitCount > best.nonzeroBitCount {
      var degrees = [Int](repeating: 0, count: m + n)
      for k in 0..<entries.count {
        let (i, j) = (Int(entries.rows[k]), m + Int(entries.columns[k]))
        if subset >> i & 1 == 1, subset >> j & 1 == 1 {
          degrees[i] += 1
          degrees[j] += 1
        }
      }
      if (0..<(m + n)).allSatisfy({ subset >> $0 & 1 == 0 || degrees[$0] >= rank }) {
        best = subset
      }
    }
    return (
      Set((0..<m).filter { best >> $0 & 1 == 1 }), Set((0..<n).filter { best >> (m + $0) & 1 == 1 })
    )
  }

  @Test(arguments: 1...3) func coreIsTheLargestSetOfRowsAndColumnsWithEntriesEnough(_ rank: Int) {
    var generator = SeededGenerator(seed: UInt64(rank))
    for _ in 0..<6 {
      let (m, n) = (3 + generator.nextIndex(below: 4), 3 + generator.nextIndex(below: 4))
      let count = generator.nextIndex(below: m * n + 1)
      let entries = randomMask(m, n, count: count, using: &generator)
      let core = MaskCore(of: entries, rank: rank)
      let expected = coreBySearch(entries, rank: rank)
      #expect(Set((0..<m).filter { core.partOfRow[$0] != nil }) == expected.rows)
      #expect(Set((0..<n).filter { core.partOfColumn[$0] != nil }) == expected.columns)
    }
  }

  @Test func partsShareNoEntry() {
    // Two full 2×2 blocks, a row that hangs on by one entry, and an empty column.
    let entries = mask(["xx...", "xx...", "..xx.", "..xx.", "..x.."])
    let core = MaskCore(of: entries, rank: 2)
    #expect(core.partCount == 2)
    #expect(core.partOfRow[0] == core.partOfRow[1] && core.partOfRow[0] == core.partOfColumn[1])
    #expect(core.partOfRow[2] == core.partOfColumn[3] && core.partOfRow[0] != core.partOfRow[2])
    #expect(core.partOfRow[4] == nil && core.partOfColumn[4] == nil)
    #expect(core.connects(row: 0, column: 1))
    #expect(!core.connects(row: 0, column: 2))
    #expect(!core.connects(row: 4, column: 2))
    // Each block: 4 entries for 2·(2 + 2 − 2) numbers.
    #expect(core.surpluses == [0, 0])
    #expect(core.surplus == 0)
  }

  @Test func surplusCountsEntriesBeyondTheDegreesOfFreedom() {
    var generator = SeededGenerator(seed: 4)
    let full = randomMask(7, 5, count: 35, using: &generator)
    for rank in 1...5 {
      #expect(MaskCore(of: full, rank: rank).surpluses == [35 - rank * (12 - rank)])
    }
    #expect(MaskCore(of: full, rank: 6).surpluses.isEmpty)
    #expect(MaskCore(of: full, rank: 6).surplus == 0)
    // Negative where a part has too few entries: a cycle of eight has 8 entries, and rank 2 needs 12.
    let cycle = mask(["xx..", ".xx.", "..xx", "x..x"])
    #expect(MaskCore(of: cycle, rank: 2).surpluses == [8 - 12])
    #expect(MaskCore(of: cycle, rank: 2).surplus == 0)
  }

  @Test func coreOfTheTransposedMaskIsTransposed() {
    var generator = SeededGenerator(seed: 5)
    let entries = randomMask(9, 6, count: 25, using: &generator)
    for rank in 1...3 {
      let core = MaskCore(of: entries, rank: rank)
      let flipped = MaskCore(of: entries.transposed(), rank: rank)
      #expect(core.partOfRow.map { $0 == nil } == flipped.partOfColumn.map { $0 == nil })
      #expect(core.partOfColumn.map { $0 == nil } == flipped.partOfRow.map { $0 == nil })
      #expect(core.partCount == flipped.partCount)
      #expect(core.surplus == flipped.surplus)
    }
  }

  @Test func masksWithoutEntriesHaveNoCore() {
    let nothing = mask(["...", "..."])
    #expect(MaskCore(of: nothing, rank: 1).partCount == 0)
    #expect(MaskCore(of: nothing, rank: 1).partOfRow == [nil, nil])
    // Rank 0 asks for nothing: every vertex is a part of its own.
    #expect(MaskCore(of: nothing, rank: 0).partCount == 5)
  }
}
