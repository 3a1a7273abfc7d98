/// One condition of a theorem, with the number measured for it.
public struct Hypothesis: Equatable, Sendable {
  /// The condition in a few words: `"layers share singular vectors with the data"`.
  public let name: String
  /// How far the problem is from satisfying it; relative where the condition has a scale.
  public let measured: Double
  /// The largest value that passes.
  public let allowed: Double

  public init(_ name: String, measured: Double, allowed: Double) {
    self.name = name
    self.measured = measured
    self.allowed = allowed
  }

  /// Whether the number measured is within what is allowed; false when it is undefined.
  public var holds: Bool { measured <= allowed }
}
