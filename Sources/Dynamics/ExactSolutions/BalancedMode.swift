import RealModule

// Goals: 1. Finite and accurate to 1e-10 for σt up to 10³ and layer values down to 1e-300: no product of a
// huge and a tiny number is formed before they cancel.  2. The layer's own value u = |w|^{1/N} throughout,
// because w itself underflows.  3. Closed form where there is one, inverted implicit form elsewhere.

/// One singular mode of a balanced network of any depth: all N layers have the same magnitude u ≥ 0.
///
///     u′ = u^{N−1} (σ − λ u^N),   w = u^N,   w′ = N w^{2−2/N} (σ − λ w)
///
/// `target` is σ, the correlation along the mode, of any sign (negative when the mode starts with the wrong
/// sign), and `curvature` is λ ≥ 0, the variance of the inputs. Depth 1 is not of this kind: its value may
/// change sign; see ``LinearModel``.
///
/// - SeeAlso: Equations 30 and 60 of [gidel2019], whose L is ``depth``; printed (30) has e^{−δ} where the
///   starting value e^{−2δ} belongs.
public struct BalancedMode: Equatable, Sendable {
  /// The number of layers.
  public let depth: Int
  /// σ, the size of the target along the mode.
  public let target: Double
  /// λ, the variance of the input along the mode.
  public let curvature: Double
  /// u at time 0.
  public let initial: Double

  /// - Precondition: depth at least 2; curvature and initial value not negative.
  public init(depth: Int, target: Double, curvature: Double, initial: Double) {
    precondition(depth >= 2, "a balanced mode has at least two layers, not \(depth)")
    precondition(
      curvature >= 0 && initial >= 0,
      "curvature \(curvature) and initial value \(initial) of a mode cannot be negative")
    self.depth = depth
    self.target = target
    self.curvature = curvature
    self.initial = initial
  }

  /// A mode of a network whose end-to-end matrix has a given value along it.
  ///
  /// - Precondition: depth at least 2; curvature and initial value not negative.
  public init(depth: Int, target: Double, curvature: Double, endToEnd initial: Double) {
    self.init(
      depth: depth, target: target, curvature: curvature, initial: .root(initial, depth))
  }

  /// The time at which the value becomes infinite; only for curvature zero, σ > 0 and three layers or more.
  ///
  ///     u₀^{2−N} / ((N − 2) σ)
  public var blowUpTime: Double? {
    guard curvature == 0, target > 0, depth > 2, initial > 0 else { return nil }
    return .pow(initial, 2 - Double(depth)) / (Double(depth - 2) * target)
  }

  /// u at a time; infinite from the blow-up on.
  public func layerValue(at time: Double) -> Double {
    if initial == 0 || time == 0 { return initial }
    if depth == 2 { return twoLayers(time) }
    if target == 0 {
      let power = 2 * Double(depth) - 2
      return decay(power: power, rate: power * curvature * time)
    }
    if curvature == 0 {
      let power = Double(depth) - 2
      if target < 0 { return decay(power: power, rate: -power * target * time) }
      guard let end = blowUpTime, time < end else { return .infinity }
      return initial * .pow(1 - time / end, -1 / power)
    }
    return deep(time)
  }

  /// w = u^N at a time.
  public func endToEnd(at time: Double) -> Double { .pow(layerValue(at: time), depth) }

  /// The time at which w reaches a share of σ/λ, from a start below that; nil when it never does.
  ///
  /// Two layers: ln((share/(1 − share)) (σ/(λw₀) − 1)) / (2σ), half of σ/λ for share ½.
  ///
  /// - Precondition: the share is between 0 and 1.
  public func time(toReach share: Double) -> Double? {
    precondition(share > 0 && share < 1, "the share \(share) of the target is not between 0 and 1")
    guard target > 0, curvature > 0, initial > 0 else { return nil }
    let scale = Double.root(target / curvature, depth)
    let z = initial / scale
    let goal = Double.root(share, depth)
    guard z <= goal else { return nil }
    if depth == 2 {
      // ln(1/z² − 1) = −2 ln z + ln(1 − z²), without squaring a tiny z.
      let start = -2 * Double.log(z) + .log(onePlus: -z * z)
      return (.log(share / (1 - share)) + start) / (2 * target)
    }
    let elapsed = DeepModeTime(depth: depth).rising(from: z, to: goal)
    return elapsed / (target * .pow(scale, Double(depth) - 2))
  }

  /// u₀ (1 + rate u₀^power)^{−1/power}, the solution of u′ = −(rate/(power t)) u^{power+1}.
  private func decay(power: Double, rate: Double) -> Double {
    let growth = rate * .pow(initial, power)
    guard growth.isFinite else { return .pow(rate, -1 / power) }
    return initial * .exp(-.log(onePlus: growth) / power)
  }

  // u² = B²/(1 + (λ/σ)(1 − e^{−2σt}) B²), B = u₀ e^{σt}: as 1/hypot(1/B, …) neither B nor B² can overflow.
  // For σ < 0 the factor e^{σt} is taken out.
  private func twoLayers(_ time: Double) -> Double {
    let exponent = target * time
    let decayed = -Double.expMinusOne(-2 * abs(exponent))
    let saturation = target == 0 ? 2 * curvature * time : curvature / abs(target) * decayed
    let root = saturation.squareRoot()
    if exponent < 0 { return .exp(exponent) / .hypot(1 / initial, root) }
    // Half of the exponential at a time: the whole one can underflow while 1/u₀ is as large.
    let half = Double.exp(-exponent / 2)
    return 1 / .hypot(half / initial * half, root)
  }

  // With a = (|σ|/λ)^{1/N}, z = u/a and T = |σ| a^{N−2} t the equation has no parameters but the sign of σ:
  // z′ = ±z^{N−1}(1 ∓ z^N). Above a the reciprocal y = 1/z is followed.
  private func deep(_ time: Double) -> Double {
    let n = Double(depth)
    let scale = Double.root(abs(target) / curvature, depth)
    let scaledTime = abs(target) * .pow(scale, n - 2) * time
    let z = initial / scale
    guard scale > 0, scale.isFinite, z > 1e-290, scaledTime > 0 else { return initial }
    if target > 0, z == 1 { return initial }
    if z > 1 || target < 0 {
      // Far above the target, or where only −λu^N matters, σ changes u by less than rounding.
      let withoutTarget = decay(power: 2 * n - 2, rate: (2 * n - 2) * curvature * time)
      if .pow(withoutTarget / scale, n) > 1e17 { return withoutTarget }
    }
    if target < 0 {
      // The same on the other side: −λu^N no longer matters.
      if .pow(z, n) < 1e-17 { return decay(power: n - 2, rate: -(n - 2) * target * time) }
      return scale / DeepModeTime(depth: depth).decaying(from: 1 / z, after: scaledTime)
    }
    if z > 1 { return scale / DeepModeTime(depth: depth).falling(from: 1 / z, after: scaledTime) }
    // While the start explains less than rounding of the elapsed time, nothing has moved.
    if scaledTime * .pow(z, n - 2) < 1e-17 { return initial }
    return scale * DeepModeTime(depth: depth).rising(from: z, after: scaledTime)
  }
}
