public import Dynamics
import RealModule

/// When singular modes are learned: predicted from the start, and measured on a trajectory.
public enum LearningTimes {
  /// The flow time at which a balanced mode reaches a share of its target; half unless told otherwise.
  ///
  /// Exact for any depth; for two layers and half of the target ln(σ/(λw₀) − 1)/(2σ). See
  /// `BalancedMode.time(toReach:)`.
  public static func predicted(_ mode: BalancedMode, share: Double = 0.5) -> Double? {
    mode.time(toReach: share)
  }

  /// The leading order of the half-rise time of two layers that start at w₀ = e^{−2δ}.
  ///
  ///     T = (δ + ½ ln(σ/λ))/σ
  ///
  /// - SeeAlso: Equation 31 of [gidel2019], printed as δ ln(σ)/σ, which is zero for σ = 1; corrected.
  public static func leadingOrder(target: Double, curvature: Double, delta: Double) -> Double {
    (delta + 0.5 * .log(target / curvature)) / target
  }

  /// The leading order of the number of descent steps, for two layers that start at w₀ = e^{−2δ}.
  ///
  ///     T = (δ + ½ ln(σ/λ)) / ln(1 + ησ)
  ///
  /// - SeeAlso: Equation 40 of [gidel2019] for η → 0.
  public static func leadingSteps(
    target: Double, curvature: Double, delta: Double, stepSize: Double
  ) -> Double {
    (delta + 0.5 * .log(target / curvature)) / .log(onePlus: stepSize * target)
  }

  /// The number of descent steps after which a balanced mode reaches a share of its target, by the steps themselves.
  ///
  ///     u ← u + ηu^{N−1}(σ − λu^N)
  ///
  /// - Returns: nil where the mode does not rise, and beyond `limit` steps.
  /// - Precondition: the share is between 0 and 1.
  public static func steps(
    _ mode: BalancedMode, share: Double = 0.5, stepSize: Double, limit: Int = 10_000_000
  ) -> Int? {
    precondition(share > 0 && share < 1, "the share \(share) of a value is not between 0 and 1")
    guard mode.target > 0, mode.curvature > 0, mode.initial > 0, stepSize > 0 else { return nil }
    let goal = Double.root(share * mode.target / mode.curvature, mode.depth)
    let power = mode.depth - 1
    var u = mode.initial
    var step = 0
    while u < goal {
      guard step < limit else { return nil }
      var below = 1.0
      for _ in 0..<power { below *= u }
      let next = u + stepSize * below * (mode.target - mode.curvature * below * u)
      guard next > u else { return nil }
      u = next
      step += 1
    }
    return step
  }

  /// The first time at which each recorded singular value rises through a share of its last value, in the order
  /// of the values; nil for one that starts above it or is never recorded.
  ///
  /// Interpolates ln(s/(1 − s)) of the share s of the last value linearly in time, which is exact for two
  /// layers; the last value must have settled.
  public static func measured(on trajectory: Trajectory, share: Double = 0.5) -> [Double?] {
    precondition(share > 0 && share < 1, "the share \(share) of a value is not between 0 and 1")
    let points = trajectory.snapshots.compactMap { point in
      point.singularValues.map { (point.time, $0) }
    }
    guard let last = points.last?.1 else { return [] }
    return last.indices.map { r in
      guard last[r] > 0 else { return nil }
      let shares = points.map { $0.1[r] / last[r] }
      guard let above = shares.firstIndex(where: { $0 >= share }), above > 0 else { return nil }
      let (t0, t1) = (points[above - 1].0, points[above].0)
      let (s0, s1) = (shares[above - 1], shares[above])
      guard s0 > 0, s1 < 1 else { return t0 + (t1 - t0) * (share - s0) / (s1 - s0) }
      func logit(_ s: Double) -> Double { .log(s) - .log(onePlus: -s) }
      return t0 + (t1 - t0) * (logit(share) - logit(s0)) / (logit(s1) - logit(s0))
    }
  }
}
