import LinearAlgebra
import Testing

@Suite struct ObservedEntriesTests {
  private func random(_ rowCount: Int, _ columnCount: Int, count: Int) throws -> ObservedEntries {
    var generator = SeededGenerator(seed: 1)
    var places = generator.sample(count, below: rowCount * columnCount)
    generator.shuffle(&places)
    return try ObservedEntries(
      rowCount: rowCount, columnCount: columnCount, rows: places.map { Int32($0 / columnCount) },
      columns: places.map { Int32($0 % columnCount) }, values: places.map(Double.init))
  }

  @Test func entriesAreSortedByRowAndColumn() throws {
    let entries = try random(7, 9, count: 30)
    let places = (0..<30).map { Int(entries.rows[$0]) * 9 + Int(entries.columns[$0]) }
    #expect(zip(places, places.dropFirst()).allSatisfy(<))
    #expect(entries.values == places.map(Double.init))
    for row in 0..<7 {
      let range = entries.rowStarts[row]..<entries.rowStarts[row + 1]
      #expect(range.allSatisfy { entries.rows[$0] == Int32(row) })
    }
    #expect(entries.rowStarts.last == 30)
  }

  @Test func denseAndBack() throws {
    let entries = try random(5, 6, count: 11)
    #expect(try ObservedEntries(notNaN: entries.dense()) == entries)
    #expect(entries.transposed().transposed() == entries)
    #expect(entries.transposed().dense(elsewhere: -1) == entries.dense(elsewhere: -1).transposed())
    #expect(entries.selecting(Array(0..<11)) == entries)
    #expect(entries.selecting([2, 5]).values == [entries.values[2], entries.values[5]])
    #expect(entries.replacingValues(entries.values) == entries)
  }

  @Test func duplicatesFollowThePolicy() throws {
    func entries(_ policy: ObservedEntries.DuplicatePolicy) throws -> ObservedEntries {
      try ObservedEntries(
        rowCount: 2, columnCount: 2, rows: [1, 0, 1, 1], columns: [0, 0, 0, 0],
        values: [1, 5, 3, 8], duplicates: policy)
    }
    #expect(try entries(.mean).values == [5, 4])
    #expect(try entries(.last).values == [5, 8])
    #expect(
      throws: ObservedEntriesError.duplicate(row: 1, column: 0, firstIndex: 0, secondIndex: 2)
    ) { try entries(.refuse) }
  }

  @Test func entriesOutsideAndNotFiniteAreRefused() {
    #expect(
      throws: ObservedEntriesError.outside(
        index: 1, row: 2, column: 0, rowCount: 2, columnCount: 3)
    ) {
      try ObservedEntries(
        rowCount: 2, columnCount: 3, rows: [0, 2], columns: [0, 0], values: [1, 1])
    }
    #expect(
      throws: ObservedEntriesError.notFinite(index: 0, row: 0, column: 1, value: .infinity)
    ) {
      try ObservedEntries(
        rowCount: 2, columnCount: 3, rows: [0], columns: [1], values: [.infinity])
    }
  }
}
