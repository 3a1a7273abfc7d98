/// Something said beforehand, what was measured, and whether they agree.
public struct Claim: Codable, Equatable, Sendable {
  /// How a measured number must stand to the expected one.
  public enum Relation: String, Codable, Sendable {
    case equals, atMost, atLeast
  }

  /// What is claimed, in words.
  public var statement: String
  /// Where it is said, for example `"Theorem 1 of [arora2019implicit]"`.
  public var source: String?
  /// How the measured number must stand to the expected one.
  public var relation: Relation
  /// The number that was said.
  public var expected: Double
  /// The number that was found.
  public var measured: Double
  /// How far `measured` may miss, in the same unit.
  public var tolerance: Double
  /// Whether they agree.
  public var verdict: Verdict

  /// A claim about one number.
  ///
  /// Unless given, the verdict follows from the numbers and is ``Verdict/undecided`` if one of
  /// them is not a number.
  /// - Parameters:
  ///   - statement: what is claimed, a sentence.
  ///   - source: where it is claimed: paper and theorem; nil for our own.
  ///   - relation: how the measured number should stand to the expected one.
  ///   - expected: the number that is claimed.
  ///   - measured: the number that was found.
  ///   - tolerance: how far `measured` may miss, in the same unit; at least 0.
  ///   - refutes: whether agreement with the numbers means that a printed statement is wrong; the verdict is then
  ///     ``Verdict/refuted`` in place of ``Verdict/holds``.
  ///   - verdict: the verdict where the numbers alone do not give it.
  public init(
    _ statement: String, source: String? = nil, _ relation: Relation = .equals, expected: Double,
    measured: Double, tolerance: Double = 0, refutes: Bool = false, verdict: Verdict? = nil
  ) {
    self.statement = statement
    self.source = source
    self.relation = relation
    self.expected = expected
    self.measured = measured
    self.tolerance = tolerance
    let found = Self.verdict(
      relation, expected: expected, measured: measured, tolerance: tolerance)
    self.verdict = verdict ?? (refutes && found == .holds ? .refuted : found)
  }

  private static func verdict(
    _ relation: Relation, expected: Double, measured: Double, tolerance: Double
  ) -> Verdict {
    if expected.isNaN || measured.isNaN || tolerance.isNaN { return .undecided }
    let holds =
      switch relation {
      case .equals: expected == measured || abs(expected - measured) <= tolerance
      case .atMost: measured <= expected + tolerance
      case .atLeast: measured >= expected - tolerance
      }
    return holds ? .holds : .fails
  }
}
