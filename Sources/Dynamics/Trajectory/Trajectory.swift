public import LinearNetworks

/// What a run left behind: its recorded points, how it ended, and the network at the end.
///
/// Integrators, descents and exact solutions all return this type.
public struct Trajectory: Equatable, Sendable {
  /// The recorded points in the order of time.
  public var snapshots: [Snapshot]
  /// How it ended.
  public var outcome: Outcome
  /// The network at the end.
  public var finalNetwork: LinearNetwork
  /// How many steps were taken.
  public var stepCount: Int

  /// A trajectory of known points.
  public init(
    snapshots: [Snapshot], outcome: Outcome, finalNetwork: LinearNetwork, stepCount: Int
  ) {
    self.snapshots = snapshots
    self.outcome = outcome
    self.finalNetwork = finalNetwork
    self.stepCount = stepCount
  }

  /// The recorded times, or step counts.
  public var times: [Double] { snapshots.map(\.time) }

  /// The recorded losses.
  public var losses: [Double] { snapshots.map(\.loss) }
}
