/// The minimum of a function with one valley, by golden sections.
enum GoldenSection {
  /// Where it is, to a tolerance, and its value.
  static func minimum<Failure: Error>(
    in range: ClosedRange<Double>, tolerance: Double,
    of function: (Double) throws(Failure) -> Double
  ) throws(Failure) -> (place: Double, value: Double) {
    let ratio = (5.0.squareRoot() - 1) / 2
    var (low, high) = (range.lowerBound, range.upperBound)
    var left = (place: high - ratio * (high - low), value: 0.0)
    var right = (place: low + ratio * (high - low), value: 0.0)
    left.value = try function(left.place)
    right.value = try function(right.place)
    while high - low > tolerance {
      if left.value <= right.value {
        high = right.place
        right = left
        left.place = high - ratio * (high - low)
        left.value = try function(left.place)
      } else {
        low = left.place
        left = right
        right.place = low + ratio * (high - low)
        right.value = try function(right.place)
      }
    }
    return left.value <= right.value ? left : right
  }
}
