import RealModule

// Time as a function of the value, inverted. With s^{1−N}/(1 − s^N) = s^{1−N} + s/(1 − s^N),
//
//   rising   z′ =  z^{N−1}(1 − z^N):  T = F(z) − F(z₀),  F = −z^{2−N}/(N−2) + ∫₀^z s/(1 − s^N) ds
//   falling  y = 1/z, z > 1:          T = F(y) − F(y₀),  F = ∫₀^y s^{2N−3}/(1 − s^N) ds
//   decaying y = 1/z, σ < 0:          T = F(y) − F(y₀),  F = ∫₀^y s^{2N−3}/(1 + s^N) ds
//
// Below ½ the integrals are power series in s^N; above, partial fractions over the roots of ±1, where the only
// singular term is −ln(1 − s)/N. The unknown is ξ with z = 1/(1 + e^{−ξ}), so that both z and 1 − z keep
// their relative accuracy; Newton's method, with bisection whenever it leaves the bracket.

/// Elapsed time and value of a mode with three layers or more, in units without parameters.
struct DeepModeTime {
  let depth: Int
  private var n: Double { Double(depth) }

  /// z at time T from z₀ in (0, 1).
  func rising(from start: Double, after time: Double) -> Double {
    let goal = time + risingTime(LogisticPoint(value: start))
    let end = LogisticPoint.solve(from: start, goal: goal, time: risingTime) { point in
      // dF/dξ = F′(z) z (1 − z)
      point.complement / (Double.pow(point.value, n - 2) * point.powerComplement(depth))
    }
    return end.value
  }

  /// The time T in which z rises from one value in (0, 1) to another.
  func rising(from start: Double, to end: Double) -> Double {
    risingTime(LogisticPoint(value: end)) - risingTime(LogisticPoint(value: start))
  }

  /// y = 1/z at time T from y₀ in (0, 1).
  func falling(from start: Double, after time: Double) -> Double {
    let goal = time + fallingTime(LogisticPoint(value: start))
    let end = LogisticPoint.solve(from: start, goal: goal, time: fallingTime) { point in
      Double.pow(point.value, 2 * n - 2) * point.complement / point.powerComplement(depth)
    }
    return end.value
  }

  /// y = 1/z > 0 at time T from y₀, when the target has the other sign.
  func decaying(from start: Double, after time: Double) -> Double {
    let goal = time + decayingTime(start)
    // F is unbounded: bracket by doubling.
    var low = Double.log(start)
    var high = low + 1
    while decayingTime(.exp(high)) < goal, high < 709 { (low, high) = (high, 2 * high - low + 1) }
    high = min(high, 709)
    let ξ = BracketedRoot.solve(low, high) { ξ in
      let y = Double.exp(ξ)
      return (decayingTime(y) - goal, .pow(y, 2 * n - 2) / (1 + .pow(y, n)))
    }
    return .exp(ξ)
  }

  private func risingTime(_ point: LogisticPoint) -> Double {
    let head = -Double.pow(point.value, 2 - n) / (n - 2)
    if point.value <= 0.5 { return head + series(point.value, from: 2, sign: 1) }
    return head - point.logComplement / n + rootSum(point.value, power: -2, halfStep: 0)
  }

  private func fallingTime(_ point: LogisticPoint) -> Double {
    if point.value <= 0.5 { return series(point.value, from: 2 * depth - 2, sign: 1) }
    return -Double.pow(point.value, n - 2) / (n - 2) - point.logComplement / n
      + rootSum(point.value, power: 2, halfStep: 0)
  }

  private func decayingTime(_ y: Double) -> Double {
    if y <= 0.5 { return series(y, from: 2 * depth - 2, sign: -1) }
    return .pow(y, n - 2) / (n - 2) + rootSum(y, power: 2, halfStep: 0.5)
  }

  /// Σ_k (±1)^k y^{kN+m}/(kN+m) for m = `first`.
  private func series(_ y: Double, from first: Int, sign: Double) -> Double {
    var power = Double.pow(y, first)
    let ratio = sign * .pow(y, depth)
    var sum = 0.0
    var exponent = Double(first)
    while true {
      let next = sum + power / exponent
      if next == sum { return sum }
      sum = next
      power *= ratio
      exponent += n
    }
  }

  /// −(1/N) Σ Re ω^power ln(1 − ω y) over the N-th roots ω of 1, without ω = 1 (`halfStep` 0), or of −1 (½).
  private func rootSum(_ y: Double, power: Double, halfStep: Double) -> Double {
    var sum = 0.0
    for k in (halfStep == 0 ? 1 : 0)..<depth {
      let angle = 2 * Double.pi * (Double(k) + halfStep) / n
      let (c, s) = (Double.cos(angle), Double.sin(angle))
      let size = 0.5 * Double.log(onePlus: y * (y - 2 * c))
      let turn = Double.atan2(y: -y * s, x: 1 - y * c)
      sum += .cos(power * angle) * size - .sin(power * angle) * turn
    }
    return -sum / n
  }
}

/// A number in (0, 1) that remembers its distance from 1.
private struct LogisticPoint {
  let ξ: Double
  var value: Double { 1 / (1 + .exp(-ξ)) }
  var complement: Double { 1 / (1 + .exp(ξ)) }
  /// ln(1 − value)
  var logComplement: Double { ξ > 0 ? -ξ - .log(onePlus: .exp(-ξ)) : -.log(onePlus: .exp(ξ)) }

  init(ξ: Double) { self.ξ = ξ }
  init(value: Double) { ξ = .log(value) - .log(onePlus: -value) }

  /// 1 − value^N
  func powerComplement(_ n: Int) -> Double {
    let logValue = ξ > 0 ? -Double.log(onePlus: .exp(-ξ)) : ξ - .log(onePlus: .exp(ξ))
    return -.expMinusOne(Double(n) * logValue)
  }

  static func solve(
    from start: Double, goal: Double, time: (LogisticPoint) -> Double,
    slope: (LogisticPoint) -> Double
  ) -> LogisticPoint {
    let low = LogisticPoint(value: start).ξ
    // Beyond 700 the complement is below 1e-304.
    var high = low + 1
    var step = 1.0
    while high < 700, time(LogisticPoint(ξ: high)) < goal {
      step *= 2
      high = min(high + step, 700)
    }
    return LogisticPoint(
      ξ: BracketedRoot.solve(low, high) { ξ in
        let point = LogisticPoint(ξ: ξ)
        return (time(point) - goal, slope(point))
      })
  }
}

/// The root of an increasing function in an interval: Newton's method, kept inside by bisection.
enum BracketedRoot {
  static func solve(
    _ low: Double, _ high: Double, _ function: (Double) -> (value: Double, slope: Double)
  ) -> Double {
    var (low, high) = (low, high)
    if function(high).value <= 0 { return high }
    var x = 0.5 * (low + high)
    for _ in 0..<200 {
      let (value, slope) = function(x)
      if value == 0 { return x }
      if value > 0 { high = x } else { low = x }
      let newton = x - value / slope
      let next = newton > low && newton < high ? newton : 0.5 * (low + high)
      if abs(next - x) <= 2 * .ulpOfOne * max(1, abs(x)) { return next }
      x = next
    }
    return x
  }
}
