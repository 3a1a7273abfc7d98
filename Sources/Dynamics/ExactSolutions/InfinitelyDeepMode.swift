import RealModule

/// One singular mode of a balanced network in the limit of infinite depth, in the time τ = N t.
///
///     dw/dτ = w² (σ − λ w),   τ = G(w) − G(w₀),   G(w) = −1/(σw) + (λ/σ²) ln(w/(σ − λw))
///
/// - SeeAlso: the limit of Equation 60 of [gidel2019].
public struct InfinitelyDeepMode: Equatable, Sendable {
  /// σ, the size of the target along the mode.
  public let target: Double
  /// λ, the variance of the input along the mode.
  public let curvature: Double
  /// w at time 0.
  public let initial: Double

  /// - Precondition: target, curvature and initial value positive, and the initial value below σ/λ.
  public init(target: Double, curvature: Double, initial: Double) {
    precondition(
      target > 0 && curvature > 0 && initial > 0 && initial < target / curvature,
      "an infinitely deep mode needs 0 < w₀ < σ/λ, not w₀ = \(initial), σ = \(target), λ = \(curvature)"
    )
    self.target = target
    self.curvature = curvature
    self.initial = initial
  }

  /// w at the time τ.
  public func endToEnd(at time: Double) -> Double {
    // z = λw/σ obeys dz/dT = z²(1 − z) with T = σ²τ/λ, so T + F(z₀) = F(z) = −1/z + ln(z/(1 − z)); with
    // z = 1/(1 + e^{−ξ}) this is F = −1 − e^{−ξ} + ξ, increasing and concave.
    let z = curvature * initial / target
    let start = Double.log(z) - .log(onePlus: -z)
    let scaledTime = target * target / curvature * time
    if scaledTime * z < 1e-17 { return initial }
    func value(_ ξ: Double) -> Double { ξ - 1 - .exp(-ξ) }
    let goal = scaledTime + value(start)
    // F(goal + 2 + …) ≥ goal for positive arguments, so the root lies below.
    let high = max(start, goal + 2, 1)
    let ξ = BracketedRoot.solve(start, high) { (value($0) - goal, 1 + .exp(-$0)) }
    return target / curvature / (1 + .exp(-ξ))
  }
}
