// Goals: 1. The tableau's order at every tolerance down to rounding.  2. One pass through memory per stage.
// 3. An interpolant of order 7 whose three further evaluations are made only when it is used.

/// The explicit pair of orders 8(5,3) by Dormand and Prince.
///
/// - SeeAlso: [hairer1993solving], section II.5.
struct DormandPrince853: FlowIntegrator {
  static let order = 8
  static let errorExponent = 8

  /// The largest step times spectral radius at which real negative eigenvalues are damped.
  static let stabilityBound = 6.0

  let dimension: Int
  private var stages: [Double] = []
  private var scratch: [Double] = []
  private var hasDenseStages = false
  private var denseTerms: [Double] = []
  /// An estimate of step · spectral radius from the last step.
  private(set) var stiffness = 0.0

  private enum CodingKeys: CodingKey {
    case dimension, stiffness
  }

  init(dimension: Int) { self.dimension = dimension }

  mutating func attempt(
    step h: Double, from start: FlowPoint, of equation: inout some FlowEquation,
    to end: inout FlowPoint, norm: RelativeNorm, tolerance: Double?
  ) -> Double {
    let n = dimension
    if stages.isEmpty {
      stages = [Double](repeating: 0, count: 16 * n)
      scratch = [Double](repeating: 0, count: n)
    }
    hasDenseStages = false
    var isFinite = true
    var estimate = 0.0
    start.state.withUnsafeBufferPointer { y in
      scratch.withUnsafeMutableBufferPointer { point in
        stages.withUnsafeMutableBufferPointer { k in
          guard let base = k.baseAddress else { return }
          start.velocity.withUnsafeBufferPointer { v in
            for i in 0..<n { base[i] = v[i] }
          }
          for stage in 1..<Self.stageCount {
            setCombination(
              point, base: y, factor: h, terms: Self.couplings[stage], of: base)
            let loss = equation.setVelocity(
              at: UnsafeBufferPointer(point),
              into: UnsafeMutableBufferPointer(start: base + stage * n, count: n))
            if !loss.isFinite { isFinite = false; return }
          }
          end.state.withUnsafeMutableBufferPointer { endState in
            setCombination(endState, base: y, factor: h, terms: Self.weights, of: base)
            let velocity = UnsafeMutableBufferPointer(start: base + Self.stageCount * n, count: n)
            end.loss = equation.setVelocity(at: UnsafeBufferPointer(endState), into: velocity)
            estimate = Self.stiffness(
              h: h, endState: UnsafeBufferPointer(endState), lastStage: UnsafeBufferPointer(point),
              velocities: base)
          }
          end.velocity.withUnsafeMutableBufferPointer { v in
            for i in 0..<n { v[i] = base[Self.stageCount * n + i] }
          }
        }
      }
    }
    stiffness = estimate
    guard isFinite, end.loss.isFinite else { return .infinity }
    end.time = start.time + h
    return error(step: h, start: start, end: end, norm: norm)
  }

  /// Stage 12 lies at the end of the step as well: the quotient of the differences of velocity and place there
  /// is the size of the Jacobian along what the two disagree in.
  private static func stiffness(
    h: Double, endState: UnsafeBufferPointer<Double>, lastStage: UnsafeBufferPointer<Double>,
    velocities: UnsafePointer<Double>
  ) -> Double {
    let n = endState.count
    var (place, velocity) = (0.0, 0.0)
    for i in 0..<n {
      let δ = endState[i] - lastStage[i]
      let δv = velocities[12 * n + i] - velocities[11 * n + i]
      place += δ * δ
      velocity += δv * δv
    }
    return place > 0 ? h * (velocity / place).squareRoot() : 0
  }

  private mutating func error(
    step h: Double, start: FlowPoint, end: FlowPoint, norm: RelativeNorm
  ) -> Double {
    func norms(_ terms: [(Int, Double)]) -> [Double] {
      scratch.withUnsafeMutableBufferPointer { error in
        stages.withUnsafeBufferPointer { k in
          guard let base = k.baseAddress else { return }
          setCombination(error, base: nil, factor: h, terms: terms, of: base)
        }
      }
      return norm.norms(of: scratch)
    }
    let fifth = norms(Self.fifthOrderError)
    let third = norms(Self.thirdOrderError)
    let combined = zip(fifth, third).map { fifth, third in
      // Of eighth order: the square of a fifth-order estimate over one of third order.
      fifth == 0 ? 0 : fifth / (1 + 0.01 * (third / fifth) * (third / fifth)).squareRoot()
    }
    // On a long step the fifth-order estimate may vanish by accident. The square of that of third order is of
    // eighth order too; a hundredth of it is below the other where steps are short, and above the true error.
    let coarse = norm.relative(third, from: start.state, to: end.state)
    return max(
      norm.relative(combined, from: start.state, to: end.state), 0.01 * coarse * coarse)
  }

  mutating func interpolate(
    at fraction: Double, from start: FlowPoint, to end: FlowPoint,
    of equation: inout some FlowEquation, into state: inout [Double]
  ) {
    let n = dimension
    let h = end.time - start.time
    if !hasDenseStages { makeDenseStages(step: h, start: start, end: end, equation: &equation) }
    for i in 0..<n {
      state[i] =
        start.state[i]
        + interpolant(of: i, at: fraction, step: h, start: start, end: end).change
    }
  }

  /// The change of an element since the start of the step at a fraction of it, and how fast it changes with the fraction.
  private func interpolant(
    of i: Int, at x: Double, step h: Double, start: FlowPoint, end: FlowPoint
  ) -> (change: Double, slope: Double) {
    let n = dimension
    let whole = end.state[i] - start.state[i]
    var (value, slope) = (0.0, 0.0)
    func rise(_ term: Double) {
      value += term
      slope = slope * x + value
      value *= x
    }
    func fall(_ term: Double) {
      value += term
      slope = slope * (1 - x) - value
      value *= 1 - x
    }
    rise(denseTerms[3 * n + i])
    fall(denseTerms[2 * n + i])
    rise(denseTerms[n + i])
    fall(denseTerms[i])
    rise(2 * whole - h * (start.velocity[i] + end.velocity[i]))
    fall(h * start.velocity[i] - whole)
    rise(whole)
    return (value, slope)
  }

  /// The polynomial is of one order less than the step: on a long one it can be off by far more.
  ///
  /// Its error e vanishes at both ends with its slope, as θ²(1 − θ)² does, whose slope is largest at θ = (1 ± 1/√3)/2
  /// and three times its height there. The slope of e is by how much the polynomial misses the equation.
  mutating func interpolationError(
    from start: FlowPoint, to end: FlowPoint, of equation: inout some FlowEquation,
    norm: RelativeNorm
  ) -> Double {
    let h = end.time - start.time
    if !hasDenseStages { makeDenseStages(step: h, start: start, end: end, equation: &equation) }
    var state = start.state
    var velocity = start.velocity
    var miss = velocity
    return [0.5 - 0.5 / 3.0.squareRoot(), 0.5 + 0.5 / 3.0.squareRoot()].reduce(0) { worst, θ in
      for i in state.indices {
        let (change, slope) = interpolant(of: i, at: θ, step: h, start: start, end: end)
        state[i] = start.state[i] + change
        miss[i] = slope
      }
      state.withUnsafeBufferPointer { state in
        velocity.withUnsafeMutableBufferPointer { velocity in
          _ = equation.setVelocity(at: state, into: velocity)
        }
      }
      for i in miss.indices { miss[i] = (miss[i] - h * velocity[i]) / 3 }
      return max(worst, norm.size(of: miss, from: start.state, to: end.state))
    }
  }

  private mutating func makeDenseStages(
    step h: Double, start: FlowPoint, end: FlowPoint, equation: inout some FlowEquation
  ) {
    let n = dimension
    denseTerms = [Double](repeating: 0, count: 4 * n)
    start.state.withUnsafeBufferPointer { y in
      scratch.withUnsafeMutableBufferPointer { point in
        stages.withUnsafeMutableBufferPointer { k in
          guard let base = k.baseAddress else { return }
          for stage in 13..<16 {
            setCombination(point, base: y, factor: h, terms: Self.couplings[stage], of: base)
            _ = equation.setVelocity(
              at: UnsafeBufferPointer(point),
              into: UnsafeMutableBufferPointer(start: base + stage * n, count: n))
          }
          denseTerms.withUnsafeMutableBufferPointer { dense in
            for (row, terms) in Self.dense.enumerated() {
              setCombination(
                UnsafeMutableBufferPointer(rebasing: dense[row * n..<(row + 1) * n]), base: nil,
                factor: h, terms: terms, of: base)
            }
          }
        }
      }
    }
    hasDenseStages = true
  }
}
