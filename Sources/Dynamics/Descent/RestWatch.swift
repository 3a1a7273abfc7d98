/// Notices when a descent comes to a point where it was before, to the bit: from there on it repeats itself.
///
/// Near a minimum rounding leaves it at rest, or going round between neighbouring numbers. The point that is remembered
/// moves on at every power of two, so that a round of any length is found.
///
/// - SeeAlso: Brent's search for cycles; nearly always the first number that is compared differs.
struct RestWatch {
  private var state: [Double] = []
  private var rule = AnyDescentRule.plain(PlainDescent())
  private var step = 0
  private var nextStep = 256
  private(set) var period: Int?

  /// Looks at where a descent has come.
  mutating func look(_ checkpoint: DescentCheckpoint) {
    guard period == nil else { return }
    if !state.isEmpty, state == checkpoint.state, rule == checkpoint.rule {
      period = checkpoint.stepCount - step
    } else if checkpoint.stepCount >= nextStep {
      copy(checkpoint.state)
      rule = checkpoint.rule
      step = checkpoint.stepCount
      nextStep = step > Int.max / 2 ? .max : 2 * step
    }
  }

  /// In memory of its own: sharing it would make the next step copy.
  private mutating func copy(_ new: [Double]) {
    if state.count != new.count { state = [Double](repeating: 0, count: new.count) }
    state.withUnsafeMutableBufferPointer { mine in
      new.withUnsafeBufferPointer { theirs in
        for index in mine.indices { mine[index] = theirs[index] }
      }
    }
  }
}
