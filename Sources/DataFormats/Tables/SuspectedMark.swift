/// A number that may stand for a missing value: -999, -200, 1e20.
struct SuspectedMark {
  var value: Double
  var count: Int

  // In a column the smallest or largest value is suspect if it stands there at least twice and is as far from the
  // next as all others are from each other. It counts if it is a number that people choose: digits all nine, or
  // a round number, or an impossible one (negative where nothing else is, or beyond 10¹⁵).

  /// The one that stands in most cells.
  static func find(_ cells: [Double], width: Int, columns: [Int]) -> SuspectedMark? {
    var counts: [Double: Int] = [:]
    for column in columns {
      for (value, count) in suspects(in: cells, width: width, column: column) {
        counts[value, default: 0] += count
      }
    }
    let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return most.map { SuspectedMark(value: $0.key, count: $0.value) }
  }

  private static func suspects(
    in cells: [Double], width: Int, column: Int
  ) -> [(Double, Int)] {
    var smallest = Extreme(isBelow: true)
    var largest = Extreme(isBelow: false)
    var index = column
    while index < cells.count {
      let value = cells[index]
      if !value.isNaN {
        smallest.note(value)
        largest.note(value)
      }
      index += width
    }
    var result: [(Double, Int)] = []
    // The range of the others ends where the next value is.
    if smallest.count > 1, smallest.next.isFinite,
      isChosen(smallest.value, isAlone: smallest.next >= 0),
      smallest.next - smallest.value >= largest.value - smallest.next
    {
      result.append((smallest.value, smallest.count))
    }
    if largest.count > 1, largest.next.isFinite, isChosen(largest.value, isAlone: false),
      largest.value - largest.next >= largest.next - smallest.value
    {
      result.append((largest.value, largest.count))
    }
    return result
  }

  private static func isChosen(_ value: Double, isAlone: Bool) -> Bool {
    let magnitude = abs(value)
    if magnitude >= 1e15 { return true }
    guard magnitude >= 9, magnitude == magnitude.rounded() else { return false }
    let digits = String(Int(magnitude))
    let areNines = digits.utf8.allSatisfy { $0 == UInt8(ascii: "9") }
    let isRound =
      digits.utf8.count >= 3 && digits.dropFirst().utf8.allSatisfy { $0 == UInt8(ascii: "0") }
    return areNines || (isRound && value < 0 && isAlone)
      || ["8888", "7777", "32767", "32768"].contains(digits)
  }

  /// The outermost value, how often it stands there, and the next.
  private struct Extreme {
    let isBelow: Bool
    var value = Double.nan
    var next = Double.infinity
    var count = 0

    mutating func note(_ new: Double) {
      if count == 0 {
        (value, count) = (new, 1)
      } else if new == value {
        count += 1
      } else if isBelow ? new < value : new > value {
        next = value
        (value, count) = (new, 1)
      } else if !next.isFinite || (isBelow ? new < next : new > next) {
        next = new
      }
    }
  }
}
