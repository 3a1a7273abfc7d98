import RealModule

// The stability polynomial of s stages is 1 + b T_s(w₀ + w₁ z) less its value at 0: second order at z = 0,
// at most 1 in magnitude on [−⅔ s² + …, 0], damped everywhere but at 0. All stages are themselves of such a
// form, so that no perturbation is amplified on the way: methods that put the order conditions into their
// last stages (order 4 in 0.35 s²) lose more to that in the tail of these flows than they gain in order.

/// The stabilised explicit method of order 2 by Sommeijer, Shampine and Verwer.
///
/// A step h costs about 1.25 √(h ρ) evaluations when the Jacobian's eigenvalues lie in [−ρ, 0].
///
/// - SeeAlso: [sommeijer1998rkc].
struct RungeKuttaChebyshev: FlowIntegrator {
  static let order = 2
  static let errorExponent = 3

  let dimension: Int
  private(set) var radius = SpectralRadius()
  private var work: [Double] = []
  private var coefficients: Coefficients?

  private enum CodingKeys: CodingKey {
    case dimension, radius
  }

  init(dimension: Int) { self.dimension = dimension }

  func stepBound(tolerance: Double?) -> Double {
    guard radius.value > 0 else { return .infinity }
    // Rounding grows as the square of the number of stages.
    let most = tolerance.map { max(20, ($0 / (10 * .ulpOfOne)).squareRoot()) } ?? 1000
    let count = min(most, 2000)
    return (count * count - 1) / (1.54 * radius.value)
  }

  mutating func prepare(
    at point: FlowPoint, of equation: inout some FlowEquation, afterRefusal: Bool
  ) {
    radius.update(at: point, of: &equation, now: afterRefusal)
  }

  /// The stages of a step.
  func stageCount(step: Double) -> Int {
    max(2, Int((1 + 1.54 * step * radius.value).squareRoot().rounded(.up)))
  }

  mutating func attempt(
    step h: Double, from start: FlowPoint, of equation: inout some FlowEquation,
    to end: inout FlowPoint, norm: RelativeNorm, tolerance: Double?
  ) -> Double {
    let n = dimension
    if work.isEmpty { work = [Double](repeating: 0, count: 3 * n) }
    let stageCount = stageCount(step: h)
    if coefficients?.stageCount != stageCount {
      coefficients = Coefficients(stageCount: stageCount)
    }
    guard let table = coefficients else { return .infinity }
    var isFinite = true
    start.state.withUnsafeBufferPointer { y in
      start.velocity.withUnsafeBufferPointer { f in
        end.state.withUnsafeMutableBufferPointer { last in
          end.velocity.withUnsafeMutableBufferPointer { velocity in
            work.withUnsafeMutableBufferPointer { work in
              var before = UnsafeMutableBufferPointer(rebasing: work[0..<n])
              var current = UnsafeMutableBufferPointer(rebasing: work[n..<2 * n])
              var next = UnsafeMutableBufferPointer(rebasing: work[2 * n..<3 * n])
              for i in 0..<n {
                before[i] = y[i]
                current[i] = y[i] + h * table.first * f[i]
              }
              for j in 2...stageCount {
                let loss = equation.setVelocity(
                  at: UnsafeBufferPointer(current), into: velocity)
                if !loss.isFinite { isFinite = false; return }
                let c = table.stages[j - 2]
                let (rest, slope, startSlope) = (1 - c.μ - c.ν, h * c.velocity, h * c.startVelocity)
                for i in 0..<n {
                  next[i] =
                    rest * y[i] + c.μ * current[i] + c.ν * before[i] + slope * velocity[i]
                    + startSlope * f[i]
                }
                (before, current, next) = (current, next, before)
              }
              for i in 0..<n { last[i] = current[i] }
              end.loss = equation.setVelocity(at: UnsafeBufferPointer(current), into: velocity)
            }
          }
        }
      }
    }
    guard isFinite, end.loss.isFinite else { return .infinity }
    end.time = start.time + h
    // 0.8 (y − y₁) + 0.4 h (f + f₁) is twelve fifteenths of the third-order term of a Taylor expansion.
    for i in 0..<n {
      work[i] =
        0.8 * (start.state[i] - end.state[i])
        + 0.4 * h * (start.velocity[i] + end.velocity[i])
    }
    return norm.relative(
      norm.norms(of: Array(work[0..<n])), from: start.state, to: end.state)
  }

  /// The recurrence's coefficients for a number of stages.
  private struct Coefficients: Sendable {
    struct Stage: Sendable {
      var μ, ν, velocity, startVelocity: Double
    }

    let stageCount: Int
    let first: Double
    let stages: [Stage]

    init(stageCount s: Int) {
      stageCount = s
      let w0 = 1 + 2 / (13 * Double(s * s))
      var (t, dt, ddt) = ([1, w0], [0, 1.0], [0, 0.0])
      for j in 2...s {
        t.append(2 * w0 * t[j - 1] - t[j - 2])
        dt.append(2 * t[j - 1] + 2 * w0 * dt[j - 1] - dt[j - 2])
        ddt.append(4 * dt[j - 1] + 2 * w0 * ddt[j - 1] - ddt[j - 2])
      }
      let w1 = dt[s] / ddt[s]
      var b = (0...s).map { $0 < 2 ? 0 : ddt[$0] / (dt[$0] * dt[$0]) }
      b[0] = b[2]
      b[1] = b[2]
      first = b[1] * w1
      stages = (2...s).map { j in
        let velocity = 2 * b[j] * w1 / b[j - 1]
        return Stage(
          μ: 2 * b[j] * w0 / b[j - 1], ν: -b[j] / b[j - 2], velocity: velocity,
          startVelocity: -(1 - b[j - 1] * t[j - 1]) * velocity)
      }
    }
  }
}
