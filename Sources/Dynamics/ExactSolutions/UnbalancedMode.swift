import RealModule

// The differences a_j² − a_i² of the squares of the layers' values never change. With u the value of smallest
// magnitude and a_j² = u² + c_j the mode obeys one equation,
//
//     u′ = P(u) (σ − λ u P(u)),   P(u) = ± Π √(u² + c_j) over the other layers,
//
// and time is the integral of du/u′. u moves monotonically towards u*, where u* P(u*) = σ/λ, or towards 0 where
// P(0) = 0 is in between. The integral is taken over pieces no longer than half the distance from the nearest
// place where the integrand is singular (u*, ±i√c_j), halved until both halves agree with the whole; the last
// piece is inverted by Newton's method. Near u* the gap g = u* − u is the variable, and
//
//     σ − λuP = −σ expm1(log(1 − g/u*) + ½ Σ log(1 − g(2u* − g)/(u*² + c_j)))
//
// keeps its relative accuracy.

/// One singular mode of a network of three layers or more whose values have different magnitudes.
///
///     a_j′ = (σ − λ a_1 ⋯ a_N) Π_{i ≠ j} a_i
///
/// Exact up to rounding: no more than an integral over one variable is evaluated. Layers of equal magnitude are
/// ``BalancedMode``, two layers ``TwoLayerMode``.
public struct UnbalancedMode: Equatable, Sendable {
  /// σ, the size of the target along the mode.
  public let target: Double
  /// λ, the variance of the input along the mode.
  public let curvature: Double
  /// The layers' values at time 0, first layer first.
  public let values: [Double]

  /// The layer of smallest magnitude.
  private let smallest: Int
  /// u at time 0, times the sign of the product of the other layers and of σ.
  private let start: Double
  /// a_j² − u² of the other layers.
  private let excess: [Double]
  private let sign: Double
  private let limit: Double?
  private let leastExcess: Double
  private let largestExcess: Double

  /// - Precondition: at least two layers; the curvature is not negative.
  public init(target: Double, curvature: Double, values: [Double]) {
    precondition(values.count >= 2, "a mode of \(values.count) layers has no imbalance")
    precondition(curvature >= 0, "the curvature of a mode cannot be negative, as \(curvature) is")
    self.target = target
    self.curvature = curvature
    self.values = values
    let smallest = values.indices.min { abs(values[$0]) < abs(values[$1]) } ?? 0
    self.smallest = smallest
    let size = abs(values[smallest])
    let others = values.indices.filter { $0 != smallest }.map { abs(values[$0]) }
    excess = others.map { ($0 - size) * ($0 + size) }
    let negatives = values.indices.count { $0 != smallest && values[$0] < 0 }
    sign = (negatives % 2 == 1) != (target < 0) ? -1 : 1
    start = sign * values[smallest]
    leastExcess = excess.min() ?? 0
    largestExcess = excess.max() ?? 0
    limit = Self.limit(abs(target), curvature, excess)
  }

  /// The layers' values at a time; infinite from a blow-up on.
  public func layerValues(at time: Double) -> [Double] {
    precondition(time >= 0, "the solution is evaluated at times from 0, not at \(time)")
    let u = travel(for: time).value
    var place = 0
    return values.indices.map { j in
      if j == smallest { return sign * u }
      let magnitude = (u * u + excess[place]).squareRoot()
      place += 1
      // Where u is what it was, so are the others, to the bit.
      if u == start { return values[j] }
      return values[j] < 0 ? -magnitude : magnitude
    }
  }

  /// The time at which the value becomes infinite; only for curvature zero and three layers or more.
  public var blowUpTime: Double? {
    guard curvature == 0, target != 0, values.count > 2 else { return nil }
    if start <= 0, leastExcess == 0 { return nil }
    let end = travel(for: .infinity)
    return end.time.isFinite ? end.time : nil
  }

  // MARK: The equation

  /// u*, nil where u has no limit.
  private static func limit(_ σ: Double, _ λ: Double, _ excess: [Double]) -> Double? {
    if σ == 0 { return 0 }
    if λ == 0 { return nil }
    let n = Double(excess.count + 1)
    let goal = Double.log(σ) - .log(λ)
    // y + ½ Σ log(e^{2y} + c_j) is convex and increasing in y = log u, and above n y: Newton's method from the
    // right converges from one side.
    var y = goal / n
    for _ in 0..<200 {
      let square = Double.exp(2 * y)
      var value = y
      var slope = 1.0
      for c in excess {
        value += 0.5 * .log(square + c)
        slope += square / (square + c)
      }
      let next = y - (value - goal) / slope
      if !(abs(next - y) > 1e-16 * max(1, abs(y))) { break }
      y = next
    }
    return .exp(y)
  }

  /// P(u) without its sign.
  private func others(_ u: Double) -> Double {
    excess.reduce(1) { $0 * (u * u + $1).squareRoot() }
  }

  /// u′, for a σ that is not negative.
  private func speed(_ u: Double, gap: Double) -> Double {
    let p = others(u)
    let σ = abs(target)
    guard let limit, limit > 0 else { return p * (σ - curvature * u * p) }
    if abs(gap) > 0.75 * limit { return p * (σ - curvature * u * p) }
    let square = gap * (2 * limit - gap)
    let logarithm =
      Double.log(onePlus: -gap / limit)
      + 0.5 * excess.reduce(0) { $0 + .log(onePlus: -square / (limit * limit + $1)) }
    return -p * σ * .expMinusOne(logarithm)
  }

  // MARK: Time along the path

  /// u after a time, and the time that has passed: less than asked for when u has become infinite.
  private func travel(for time: Double) -> (value: Double, time: Double) {
    var here = Place(.value(start), limit).changingVariable(at: limit)
    var passed = 0.0
    while passed < time {
      let u = here.value
      let slope = speed(u, gap: here.gap)
      guard slope != 0, slope.isFinite else { return (u, time) }
      if limit == nil, values.count > 2, u > 1e9 * largestExcess.squareRoot(), u > 0 {
        // u′ = σ u^{N−1} up to rounding from here on.
        let power = Double(values.count - 2)
        let rest = .pow(u, -power) / (power * abs(target))
        if passed + rest <= time { return (.infinity, passed + rest) }
        return (u * .pow(1 - (time - passed) / rest, -1 / power), time)
      }
      if case .gap(let g) = here.kind, let limit, abs(g) <= 1e-17 * limit { return (limit, time) }
      if case .value = here.kind, leastExcess == 0, abs(u) < 1e-300 { return (u, time) }
      var next = here.advanced(slope > 0, leastExcess)
      var duration = integral(from: here, to: next)
      while !duration.isSettled {
        next = here.halfway(to: next)
        duration = integral(from: here, to: next)
      }
      if passed + duration.value >= time || !duration.value.isFinite {
        return (inverse(from: here, to: next, after: time - passed), time)
      }
      passed += duration.value
      here = next.changingVariable(at: limit)
    }
    return (here.value, time)
  }

  private func integral(from a: Place, to b: Place) -> (value: Double, isSettled: Bool) {
    let middle = a.halfway(to: b)
    let halves = sum(a, middle) + sum(middle, b)
    let whole = sum(a, b)
    let isSettled =
      !(abs(halves - whole) > 1e-14 * abs(halves))
      || abs(b.variable - a.variable) <= 1e-6 * abs(a.variable)
    return (halves, isSettled)
  }

  private func sum(_ a: Place, _ b: Place) -> Double {
    abs(
      GaussLegendre.sixteen.integral(from: a.variable, to: b.variable) { x in
        let place = a.at(x)
        return 1 / speed(place.value, gap: place.gap)
      })
  }

  /// u at a time within one piece.
  private func inverse(from a: Place, to b: Place, after time: Double) -> Double {
    var (low, high) = (a.variable, b.variable)
    var x = 0.5 * (low + high)
    for _ in 0..<100 {
      let place = a.at(x)
      let excessTime = sum(a, place) - time
      if excessTime == 0 { break }
      if excessTime > 0 { high = x } else { low = x }
      let step = excessTime * abs(speed(place.value, gap: place.gap))
      let newton = x + (b.variable > a.variable ? -step : step)
      let inside = min(low, high) < newton && newton < max(low, high)
      let next = inside ? newton : 0.5 * (low + high)
      if abs(next - x) <= 2 * .ulpOfOne * abs(x) {
        x = next
        break
      }
      x = next
    }
    return a.at(x).value
  }
}

/// A point of the path, by u or by its distance from the limit.
private struct Place {
  enum Kind {
    case value(Double)
    case gap(Double)
  }

  var kind: Kind
  private let limit: Double

  init(_ kind: Kind, _ limit: Double?) {
    self.kind = kind
    self.limit = limit ?? .infinity
  }

  var value: Double {
    switch kind {
    case .value(let u): u
    case .gap(let g): limit - g
    }
  }

  var gap: Double {
    switch kind {
    case .value(let u): limit - u
    case .gap(let g): g
    }
  }

  var variable: Double {
    switch kind {
    case .value(let u): u
    case .gap(let g): g
    }
  }

  func at(_ variable: Double) -> Place {
    var result = self
    switch kind {
    case .value: result.kind = .value(variable)
    case .gap: result.kind = .gap(variable)
    }
    return result
  }

  /// The end of a piece that begins here.
  func advanced(_ rises: Bool, _ leastExcess: Double) -> Place {
    let u = value
    let around = (u * u + leastExcess).squareRoot()
    switch kind {
    case .value:
      let room = limit == 0 ? abs(u) : min(around, abs(limit - u))
      return at(u + (rises ? 0.5 : -0.5) * room)
    case .gap(let g):
      let room = min(around, abs(g))
      return at(g + (rises ? -0.5 : 0.5) * room)
    }
  }

  func halfway(to other: Place) -> Place { at(0.5 * (variable + other.variable)) }

  /// From half of the limit on the gap is followed.
  func changingVariable(at end: Double?) -> Place {
    guard let end, end > 0, case .value(let u) = kind, u >= 0.5 * end else { return self }
    var result = self
    result.kind = .gap(end - u)
    return result
  }
}
