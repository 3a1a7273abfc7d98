import RealModule

// Goals: 1. Any signs and imbalance, one formula.  2. The only cancellation is a genuine zero of w.
// 3. Layer values down to 1e-300 and σt up to 10³: nothing overflows, nothing important underflows.

/// One singular mode of a two-layer network with any imbalance and any signs.
///
///     u′ = (σ − λuv) v,   v′ = (σ − λuv) u,   w = uv,   w′ = 2 (σ − λw) √(w² + h²),   h = |u² − v²|/2
///
/// - SeeAlso: Theorem 1 and Equation 15 of [tarmoun2021] for λ = 1, whose constant (51) is printed with its
///   radical too long; the form here has no such constant.
public struct TwoLayerMode: Equatable, Sendable {
  /// σ, the size of the target along the mode.
  public let target: Double
  /// λ, the variance of the input along the mode.
  public let curvature: Double
  /// u₀, the value of the second layer (or, as everything is symmetric, of the first).
  public let first: Double
  /// v₀.
  public let second: Double

  /// - Precondition: the curvature is not negative.
  public init(target: Double, curvature: Double, first: Double, second: Double) {
    precondition(curvature >= 0, "the curvature of a mode cannot be negative, as \(curvature) is")
    self.target = target
    self.curvature = curvature
    self.first = first
    self.second = second
  }

  /// u and v at a time.
  public func layerValues(at time: Double) -> (first: Double, second: Double) {
    let size = max(abs(first), abs(second))
    if size == 0 || time == 0 { return (first, second) }
    if abs(first) == abs(second) {
      let sign: Double = (first < 0) != (second < 0) ? -1 : 1
      let value = BalancedMode(
        depth: 2, target: sign * target, curvature: curvature, initial: size
      ).layerValue(at: time)
      return (first < 0 ? -value : value, second < 0 ? -value : value)
    }
    // As long as λw is below rounding of σ the equations are linear.
    let ceiling = 1e-60
    let negligible = curvature * ceiling * ceiling <= 1e-18 * abs(target)
    if curvature * size * size * time * .exp(2 * abs(target) * time) < 1e-18 { return linear(time) }
    if negligible, size < 1e-3 * ceiling {
      let linearTime = .log(ceiling / (2 * size)) / abs(target)
      if time <= linearTime { return linear(time) }
      let (u, v) = linear(linearTime)
      return TwoLayerMode(target: target, curvature: curvature, first: u, second: v)
        .layerValues(at: time - linearTime)
    }
    return saturating(time, size)
  }

  /// w at a time.
  public func endToEnd(at time: Double) -> Double {
    let (u, v) = layerValues(at: time)
    return u * v
  }

  private func linear(_ time: Double) -> (Double, Double) {
    let (c, s) = (Double.cosh(target * time), Double.sinh(target * time))
    if c.isFinite { return (first * c + second * s, second * c + first * s) }
    let sign: Double = target < 0 ? -1 : 1
    let half = Double.exp(abs(target * time) / 2)
    let grown = 0.5 * (first + sign * second) * half * half
    return (grown, sign * grown)
  }

  // z = 1/(σ − λw) obeys a linear equation; its solution, multiplied out with k = hypot(σ, λh), decay = e^{−2kt}
  // and e = 1 − decay so that every term of the denominator is ≥ 0. Reflecting (u, σ) → (−u, −σ) makes σ ≥ 0.
  private func saturating(_ time: Double, _ size: Double) -> (Double, Double) {
    let reflect: Double = target < 0 ? -1 : 1
    let σ = abs(target)
    let λ = curvature * size * size
    let (u, v) = (reflect * first / size, second / size)
    let h = 0.5 * abs((u - v) * (u + v))
    let start = u * v
    let a = abs(start)
    let k = Double.hypot(σ, λ * h)
    let q = Double.hypot(a, h)
    let (decay, e) = (Double.exp(-2 * k * time), -Double.expMinusOne(-2 * k * time))
    let gap = σ - λ * a
    let m = h * h * gap * gap / (k * q + λ * h * h + σ * a)
    let λh2 = λ * h * h
    let shared = 2 * λ * λh2 + 2 * σ * σ * decay + λ * m * e * (2 - e)
    let w: Double
    if start >= 0 {
      w =
        (2 * σ * σ * a + 2 * λh2 * (λ * a * decay + σ * e) + σ * m * e * (2 - e))
        / (shared + 2 * σ * λ * a * e)
    } else {
      w =
        (-2 * σ * σ * a * decay * decay - 2 * λ * λh2 * a * decay + 2 * λh2 * σ * e + σ * m * e
          * (2 - e))
        / (shared + 2 * σ * λ * a * e * decay)
    }
    // |u|² + |v|² = 2√(w² + h²) and their difference is ±2h: the larger one keeps its sign for ever.
    let larger = (Double.hypot(w, h) + h).squareRoot()
    if abs(u) > abs(v) {
      let signed = u < 0 ? -larger : larger
      return (reflect * size * signed, size * (w / signed))
    }
    let signed = v < 0 ? -larger : larger
    return (reflect * size * (w / signed), size * signed)
  }
}
