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

  package func includes(step: Int) -> Bool {
    switch schedule {
    case .last: false
    case .every(let steps): step % max(steps, 1) == 0
    case .at(let steps): steps.contains(step)
    }
  }
}
