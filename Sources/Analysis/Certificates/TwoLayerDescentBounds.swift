public import Dynamics
import RealModule

// With s = 1 − λw/σ and x = ησ the gap g = 1/w − λ/σ is multiplied by F(s) = 1 − (2x + x²s)/(1 + xs)², which
// increases in s from 1 − 2x to (1 + x)^{−2}: both bounds follow, and both are attained in the limit. For σ = 0
// the reciprocal grows by ηλ(2 − y)/(1 − y)² with y = ηλw, which falls from its first value to 2ηλ.

/// Two-sided bounds for a mode of two balanced layers under gradient descent, w ← w (1 + η(σ − λw))².
///
///     σw₀ / ((σ−λw₀)(1+ησ)^{−2t} + λw₀)  ≤  w_t  ≤  σw₀ / ((σ−λw₀)(1−2ησ)^t + λw₀)
///
/// - SeeAlso: Theorem 3 (Equations 37 and 38) of [gidel2019], printed without σ in the numerators and, in the
///   upper bound, with e^{−2ησt} for (1 − 2ησ)^t, which is violated; its hypothesis 0 < w₀ < 1 is 0 < w₀ < σ/λ.
public struct TwoLayerDescentBounds: Equatable, Sendable {
  /// σ, the size of the target along the mode.
  public let target: Double
  /// λ, the variance of the input along the mode.
  public let curvature: Double
  /// Where the mode begins.
  public let initial: Double
  /// The step size.
  public let stepSize: Double

  /// Bounds for one mode.
  public init(target: Double, curvature: Double, initial: Double, stepSize: Double) {
    self.target = target
    self.curvature = curvature
    self.initial = initial
    self.stepSize = stepSize
  }

  static let claim = "two-sided bounds of descent"
  static let source = "Theorem 3 of Gidel et al. 2019, corrected"

  /// What the bounds suppose, with the numbers measured.
  public var hypotheses: [Hypothesis] {
    var result = [Hypothesis("starting value", measured: initial, moreThan: 0)]
    if target > 0 {
      result.append(
        Hypothesis(
          "starting value over the target λw₀/σ", measured: curvature * initial / target, allowed: 1
        ))
      result.append(
        Hypothesis("twice step times target", measured: 2 * stepSize * target, allowed: 1))
    } else {
      result.append(
        Hypothesis(
          "step times curvature times start ηλw₀", measured: stepSize * curvature * initial,
          allowed: 1))
    }
    return result
  }

  /// The largest possible w after a number of steps.
  public func upper(after steps: Int) -> Double {
    if target == 0 {
      return initial / (1 + 2 * initial * curvature * stepSize * Double(steps))
    }
    return logistic(.pow(1 - 2 * stepSize * target, steps))
  }

  /// The smallest possible w after a number of steps.
  public func lower(after steps: Int) -> Double {
    if target == 0 {
      let y = stepSize * curvature * initial
      let growth = stepSize * curvature * (2 - y) / ((1 - y) * (1 - y))
      return y < 1 ? initial / (1 + initial * growth * Double(steps)) : 0
    }
    return logistic(.exp(-2 * Double(steps) * .log(onePlus: stepSize * target)))
  }

  private func logistic(_ decay: Double) -> Double {
    target * initial / ((target - curvature * initial) * decay + curvature * initial)
  }

  /// The certificate, with the values of w after some numbers of steps.
  public func certificate(measured: [(steps: Int, value: Double)] = []) -> Certificate {
    Certificate(
      claim: Self.claim, source: Self.source,
      hypotheses: hypotheses,
      bounds: measured.flatMap { steps, value in
        [
          Certificate.Bound(
            "value of the mode", .upper, upper(after: steps), time: Double(steps), measured: value),
          Certificate.Bound(
            "value of the mode", .lower, lower(after: steps), time: Double(steps), measured: value),
        ]
      })
  }
}
