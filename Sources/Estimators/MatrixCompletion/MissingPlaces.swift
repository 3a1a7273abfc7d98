/// The positions without an entry of each line of a table that is more than half full: a sum over a line's entries is that
/// over all positions less that over these.
struct MissingPlaces {
  /// Where those of each line begin, and the number of all at the end.
  let starts: [Int]
  /// Ascending within a line.
  let places: [Int32]

  /// Nil where no more than half of the positions have an entry.
  ///
  /// - Parameters:
  ///   - lineStarts: where the entries of each line begin, and their number at the end.
  ///   - others: the positions of the entries, ascending within a line.
  ///   - otherCount: how many positions a line has.
  /// - Complexity: O(*lines* · *positions*).
  init?(starts lineStarts: [Int], others: [Int32], otherCount: Int) {
    let lineCount = lineStarts.count - 1
    guard 2 * others.count > lineCount * otherCount else { return nil }
    var lacking: [Int32] = []
    var lackingStarts = [0]
    lacking.reserveCapacity(lineCount * otherCount - others.count)
    lackingStarts.reserveCapacity(lineCount + 1)
    others.withUnsafeBufferPointer { others in
      for line in 0..<lineCount {
        var next = Int32(0)
        for place in lineStarts[line]..<lineStarts[line + 1] {
          while next < others[place] {
            lacking.append(next)
            next += 1
          }
          next += 1
        }
        while next < otherCount {
          lacking.append(next)
          next += 1
        }
        lackingStarts.append(lacking.count)
      }
    }
    (starts, places) = (lackingStarts, lacking)
  }
}
