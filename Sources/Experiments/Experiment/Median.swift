extension [Double] {
  /// The middle one in order, the mean of the two in the middle where their number is even; NaN for none.
  var median: Double {
    guard !isEmpty else { return .nan }
    let ordered = sorted()
    return (ordered[(count - 1) / 2] + ordered[count / 2]) / 2
  }
}
