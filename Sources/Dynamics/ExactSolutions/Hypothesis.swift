/// One condition of a theorem, with the number measured for it.
public struct Hypothesis: Equatable, Sendable {
  /// How the number measured must compare with the limit.
  public enum Relation: String, Sendable {
    case atMost = "≤"
    case moreThan = ">"
  }

  /// The condition in a few words: `"layers share singular vectors with the data"`.
  public let name: String
  /// What was measured: for a condition that holds up to rounding, how far it is from holding, relatively.
  public let measured: Double
  /// How the measured number must stand to the limit.
  public let relation: Relation
  /// The limit.
  public let limit: Double

  /// A number that must not be larger than what is allowed.
  public init(_ name: String, measured: Double, allowed: Double) {
    self.name = name
    self.measured = measured
    relation = .atMost
    limit = allowed
  }

  /// A number that must be larger than a limit.
  public init(_ name: String, measured: Double, moreThan limit: Double) {
    self.name = name
    self.measured = measured
    relation = .moreThan
    self.limit = limit
  }

  /// Whether the number measured is on the right side of the limit; false when it is undefined.
  public var holds: Bool {
    switch relation {
    case .atMost: measured <= limit
    case .moreThan: measured > limit
    }
  }
}

extension Hypothesis: CustomStringConvertible {
  public var description: String { "\(name): \(measured), must be \(relation.rawValue) \(limit)" }
}
