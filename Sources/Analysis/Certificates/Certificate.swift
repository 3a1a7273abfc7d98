public import Dynamics

/// What a theorem says about a problem or a finished trajectory: hypotheses with measured values, bounds,
/// slack.
public struct Certificate: Equatable, Sendable {
  /// One inequality.
  public struct Bound: Equatable, Sendable {
    /// On which side of a limit a quantity must lie.
    public enum Side: String, Sendable {
      /// The quantity is at most the limit.
      case upper
      /// The quantity is at least the limit.
      case lower
    }

    /// What is bounded: `"loss above its infimum"`.
    public let quantity: String
    /// On which side of the limit the quantity must lie.
    public let side: Side
    /// The limit.
    public let limit: Double
    /// Flow time or step count, where the bound is for one.
    public let time: Double?
    /// The value on a trajectory, where there is one.
    public let measured: Double?
    /// Whether the measured value could have contradicted the limit: not where it is the start itself, or where
    /// the limit says nothing.
    public let isInformative: Bool
    /// How far the measured value may be off, absolutely.
    let rounding: Double

    /// A bound, and what was measured for it.
    public init(
      _ quantity: String, _ side: Side, _ limit: Double, time: Double? = nil,
      measured: Double? = nil, rounding: Double = 0, isInformative: Bool = true
    ) {
      self.quantity = quantity
      self.side = side
      self.limit = limit
      self.time = time
      self.measured = measured
      self.rounding = rounding
      self.isInformative = isInformative && measured != nil && limit.isFinite && rounding.isFinite
    }

    /// How far the measured value is on the right side; negative for a violation.
    public var slack: Double? {
      measured.map { side == .upper ? limit - $0 : $0 - limit }
    }

    /// Whether the measured value contradicts the bound by more than rounding, relative to both and to what the
    /// value was computed from.
    func isViolated(tolerance: Double, scale: Double) -> Bool {
      guard let slack, let measured, !limit.isNaN, rounding < .infinity else { return false }
      return slack.isNaN || slack < -tolerance * max(abs(limit), abs(measured), scale) - rounding
    }
  }

  /// What became of a claim.
  public enum Verdict: String, Sendable {
    /// All hypotheses hold, something was measured, and everything measured respects the bounds.
    case holds
    /// All hypotheses hold, so that the theorem applies, and nothing was recorded that could contradict it.
    case notMeasured
    /// A hypothesis fails, or the theorem is about something else: it says nothing here.
    case notApplicable
    /// All hypotheses hold and a measured value contradicts a bound.
    case violated
  }

  /// A short name: `"linear convergence"`.
  public let claim: String
  /// Where the theorem stands.
  public let source: String
  /// What was checked, with the numbers measured.
  public let hypotheses: [Hypothesis]
  /// What is claimed, with what was measured.
  public let bounds: [Bound]
  /// Why the theorem is about something else altogether: `"needs gradient flow, not descent"`; nil where its
  /// hypotheses can be measured.
  public let exclusion: String?
  /// How far a measured value may be on the wrong side, relatively, and count as rounding.
  public private(set) var tolerance = 1e-9
  /// Rounding that a measured value may have, absolutely.
  let roundingScale: Double

  /// A claim with what was checked and what it bounds.
  public init(
    claim: String, source: String, hypotheses: [Hypothesis], bounds: [Bound],
    roundingScale: Double = 0
  ) {
    self.claim = claim
    self.source = source
    self.hypotheses = hypotheses
    self.bounds = bounds
    self.roundingScale = roundingScale
    exclusion = nil
  }

  /// A theorem that is about something else.
  public init(claim: String, source: String, excluded exclusion: String) {
    self.claim = claim
    self.source = source
    self.exclusion = exclusion
    hypotheses = []
    bounds = []
    roundingScale = 0
  }

  /// The same with more room for what was measured, where it comes from an integration of this relative
  /// accuracy.
  public func allowing(accuracy: Double) -> Certificate {
    var result = self
    result.tolerance = max(tolerance, accuracy)
    return result
  }

  /// The hypotheses that fail.
  public var failing: [Hypothesis] { hypotheses.filter { !$0.holds } }

  /// The bounds that measured values contradict by more than the tolerance.
  public var violations: [Bound] {
    bounds.filter { $0.isViolated(tolerance: tolerance, scale: roundingScale) }
  }

  /// What became of the claim.
  public var verdict: Verdict {
    if exclusion != nil || !failing.isEmpty { return .notApplicable }
    guard violations.isEmpty else { return .violated }
    return bounds.contains { $0.isInformative } ? .holds : .notMeasured
  }
}
