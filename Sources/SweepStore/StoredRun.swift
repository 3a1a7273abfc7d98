/// What one run of a sweep left behind.
public struct StoredRun: Equatable, Sendable, Codable {
  /// How a run ended.
  public enum Status: String, Sendable, Codable {
    case done, failed
  }

  /// What an axis had at the run's point.
  public enum Value: Hashable, Sendable, Codable {
    case number(Double)
    case text(String)
  }

  /// The point's values in words, keys in alphabetical order.
  public var point: String
  /// Which of the runs with this point's values it is, from 0.
  public var replicate: Int
  /// The seed of everything random in it.
  public var seed: UInt64
  /// How it ended.
  public var status: Status
  /// Why it failed, in a sentence.
  public var problem: String?
  /// How long it took.
  public var seconds: Double
  /// The axes' values, in their order.
  public var axes: [Value]
  /// The measures' values, in their order; nil where a run has none.
  public var measures: [Double?]

  /// A run with everything known.
  public init(
    point: String, replicate: Int, seed: UInt64, status: Status, problem: String? = nil,
    seconds: Double, axes: [Value], measures: [Double?]
  ) {
    self.point = point
    self.replicate = replicate
    self.seed = seed
    self.status = status
    self.problem = problem
    self.seconds = seconds
    self.axes = axes
    self.measures = measures
  }
}

/// A run by its place in a sweep.
public struct RunKey: Hashable, Sendable {
  /// The point's values in words.
  public var point: String
  /// Which of its runs.
  public var replicate: Int

  /// The run of a point.
  public init(point: String, replicate: Int) {
    self.point = point
    self.replicate = replicate
  }
}
