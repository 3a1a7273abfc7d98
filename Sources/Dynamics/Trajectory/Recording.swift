/// When a run is recorded, and what of it.
public struct Recording: Equatable, Sendable {
  /// The steps that are recorded. The last step always is.
  public enum Schedule: Equatable, Sendable {
    /// The last step only.
    case last
    /// Step 0 and every so many steps.
    case every(Int)
    /// The steps listed.
    case at(Set<Int>)
  }

  /// What a snapshot can hold beside its time and loss.
  public enum Quantity: String, CaseIterable, Sendable {
    case singularValues
    case endToEnd
    case layers
    case unbalancedness
  }

  /// When it is recorded.
  public var schedule: Schedule
  /// What is recorded beside time and loss.
  public var quantities: Set<Quantity>

  /// A recording of loss and time, and of the quantities named.
  public init(_ schedule: Schedule, of quantities: Set<Quantity> = []) {
    self.schedule = schedule
    self.quantities = quantities
  }

  /// The last point alone, with its loss.
  public static var last: Recording { Recording(.last) }

  /// Loss and singular values at step 0 and every so many steps.
  public static func spectrum(every steps: Int) -> Recording {
    Recording(.every(steps), of: [.singularValues])
  }

  /// The steps listed, in order; empty for other schedules.
  var listedSteps: [Int] {
    guard case .at(let steps) = schedule else { return [] }
    return steps.sorted()
  }

  /// The next step that is recorded.
  ///
  /// - Parameter listed: ``listedSteps``.
  func next(after step: Int, listed: [Int]) -> Int? {
    switch schedule {
    case .last: return nil
    case .every(let steps): return (step / max(steps, 1) + 1) * max(steps, 1)
    case .at:
      var (low, high) = (0, listed.count)
      while low < high {
        let middle = (low + high) / 2
        if listed[middle] <= step { low = middle + 1 } else { high = middle }
      }
      return low < listed.count ? listed[low] : nil
    }
  }

  package func includes(step: Int) -> Bool {
    switch schedule {
    case .last: false
    case .every(let steps): step % max(steps, 1) == 0
    case .at(let steps): steps.contains(step)
    }
  }
}
