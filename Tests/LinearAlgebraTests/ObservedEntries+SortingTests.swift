import LinearAlgebra
import Testing

@Suite struct ObservedEntriesSortingTests {
  /// Positions by a simple linear congruence, some of them more than once; sorted ones on demand.
  static func entries(
    _ seed: Int, count: Int, isSorted: Bool
  ) -> [(row: Int32, column: Int32, value: Double)] {
    var state = UInt64(seed)
    var result: [(row: Int32, column: Int32, value: Double)] = []
    for k in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      result.append((Int32(state >> 60), Int32(state >> 40 & 7), Double(k)))
    }
    return isSorted ? result.sorted { ($0.row, $0.column) < ($1.row, $1.column) } : result
  }

  @Test(arguments: 1...20, [false, true])
  func entriesAreSortedAndDuplicatesJoinedInTheOrderGiven(_ seed: Int, _ isSorted: Bool) throws {
    let given = Self.entries(seed, count: seed * 5, isSorted: isSorted)
    var expected: [[Int32]: [Double]] = [:]
    for entry in given { expected[[entry.row, entry.column], default: []].append(entry.value) }
    for policy in [ObservedEntries.DuplicatePolicy.last, .mean] {
      let entries = try ObservedEntries(
        rowCount: 16, columnCount: 8, rows: given.map(\.row), columns: given.map(\.column),
        values: given.map(\.value), duplicates: policy)
      #expect(entries.count == expected.count)
      var previous: [Int32] = [-1, -1]
      for k in 0..<entries.count {
        let position = [entries.rows[k], entries.columns[k]]
        #expect(previous.lexicographicallyPrecedes(position))
        #expect(
          entries.rowStarts[Int(position[0])] <= k && k < entries.rowStarts[Int(position[0]) + 1])
        previous = position
        let values = expected[position] ?? []
        if policy == .last {
          #expect(entries.values[k] == values.last)
        } else {
          // A running mean of n values below 100 is off by at most n roundings of 100.
          let mean = values.reduce(0, +) / Double(values.count)
          #expect(abs(entries.values[k] - mean) <= 100 * Double(values.count) * .ulpOfOne)
        }
      }
    }
    // The first repetition in the order of positions is named, with both places in the order given.
    let repeated = expected.filter { $0.value.count > 1 }.keys
      .min { $0.lexicographicallyPrecedes($1) }
    if let repeated, let values = expected[repeated] {
      let first = given.firstIndex { $0.value == values[0] } ?? -1
      let second = given.firstIndex { $0.value == values[1] } ?? -1
      #expect(
        throws: ObservedEntriesError.duplicate(
          row: Int(repeated[0]), column: Int(repeated[1]), firstIndex: first, secondIndex: second)
      ) {
        try ObservedEntries(
          rowCount: 16, columnCount: 8, rows: given.map(\.row), columns: given.map(\.column),
          values: given.map(\.value))
      }
    }
  }
}
