// The flow is split at every step into its linearisation, which is solved exactly in a Krylov space, and the rest
// g(u) = f(u) − f(y) − J (u − y), which is small in the tail: a step is limited by how much the Jacobian changes,
// not by its size. With D(u) = g(u),
//
//     U₂ = y + ½h φ₁(½hJ) f,   U₃ = y + h φ₁(hJ)(f + D(U₂)),
//     y₁ = y + h φ₁ f + h (16φ₃ − 48φ₄) D(U₂) + h (−2φ₃ + 12φ₄) D(U₃);
//
// the terms with φ₄ are the difference to a solution of order 3.

/// The exponential Rosenbrock method of order 4 by Hochbruck, Ostermann and Schweitzer, matrix-free.
///
/// - SeeAlso: [hochbruck2009exponential], the pair of orders 4 and 3.
struct ExponentialRosenbrock: FlowIntegrator {
  static let order = 4
  static let errorExponent = 4

  let dimension: Int
  /// The longest step that a Krylov space is expected to manage.
  private var reach = Double.infinity

  /// That of the last step, for the shorter ones that interpolate it.
  private var lastTolerance: Double?

  private enum CodingKeys: CodingKey {
    case dimension, reach
  }

  init(dimension: Int) { self.dimension = dimension }

  func stepBound(tolerance: Double?) -> Double { reach }

  mutating func attempt(
    step h: Double, from start: FlowPoint, of equation: inout some FlowEquation,
    to end: inout FlowPoint, norm: RelativeNorm, tolerance: Double?
  ) -> Double {
    let n = dimension
    lastTolerance = tolerance
    let accuracy = 0.01 * (tolerance ?? 1e-11)
    let sizes = norm.sizes(of: start.state)
    var scratch = [Double](repeating: 0, count: n)

    func velocity(at state: [Double], _ equation: inout some FlowEquation) -> Double {
      state.withUnsafeBufferPointer { state in
        scratch.withUnsafeMutableBufferPointer { equation.setVelocity(at: state, into: $0) }
      }
    }
    /// A basis of the Krylov space of a vector, long enough for this step; nil for a zero vector.
    func basis(of vector: [Double], _ equation: inout some FlowEquation) -> (KrylovBasis?, Bool) {
      guard var basis = KrylovBasis(of: vector) else {
        return (nil, vector.allSatisfy(\.isFinite))
      }
      _ = velocity(at: start.state, &equation)
      let isAccurate = basis.extend(step: h, at: start.state, of: &equation) { error, along in
        zip(norm.blocks, sizes).allSatisfy { block, size in
          h * error * vectorNorm(UnsafeBufferPointer(rebasing: along[block])) <= accuracy * size
        }
      }
      return (basis, isAccurate)
    }
    /// What the vectors' Krylov spaces could not resolve in this step.
    func refuse() -> Double {
      reach = 0.5 * h
      return .infinity
    }

    let (flowBasis, isFlowAccurate) = basis(of: start.velocity, &equation)
    guard isFlowAccurate else { return refuse() }
    guard let flowBasis else {
      // At rest.
      end = start
      end.time = start.time + h
      return 0
    }
    guard let half = flowBasis.combination(step: h / 2, weights: [0.5]),
      let whole = flowBasis.combination(step: h, weights: [1])
    else { return refuse() }

    /// f(u) − f(y) − J (u − y) at u = y + h · change.
    func remainder(
      _ change: [Double], _ image: [Double], _ equation: inout some FlowEquation
    ) -> [Double]? {
      let state = (0..<n).map { start.state[$0] + h * change[$0] }
      guard velocity(at: state, &equation).isFinite else { return nil }
      return (0..<n).map { scratch[$0] - start.velocity[$0] - h * image[$0] }
    }

    var change = whole.value
    var error = [Double](repeating: 0, count: n)
    guard let first = remainder(half.value, half.image, &equation) else { return .infinity }
    let (firstBasis, isFirstAccurate) = basis(of: first, &equation)
    guard isFirstAccurate else { return refuse() }
    var stage = whole
    if let firstBasis {
      guard let φ₁ = firstBasis.combination(step: h, weights: [1]),
        let main = firstBasis.combination(step: h, weights: [0, 0, 16, -48]),
        let high = firstBasis.combination(step: h, weights: [0, 0, 0, -48])
      else { return refuse() }
      for i in 0..<n {
        stage.value[i] += φ₁.value[i]
        stage.image[i] += φ₁.image[i]
        change[i] += main.value[i]
        error[i] += h * high.value[i]
      }
    }
    guard let second = remainder(stage.value, stage.image, &equation) else { return .infinity }
    let (secondBasis, isSecondAccurate) = basis(of: second, &equation)
    guard isSecondAccurate else { return refuse() }
    if let secondBasis {
      guard let main = secondBasis.combination(step: h, weights: [0, 0, -2, 12]),
        let high = secondBasis.combination(step: h, weights: [0, 0, 0, 12])
      else { return refuse() }
      for i in 0..<n {
        change[i] += main.value[i]
        error[i] += h * high.value[i]
      }
    }
    for i in 0..<n { end.state[i] = start.state[i] + h * change[i] }
    end.loss = end.state.withUnsafeBufferPointer { state in
      end.velocity.withUnsafeMutableBufferPointer { equation.setVelocity(at: state, into: $0) }
    }
    end.time = start.time + h
    guard end.loss.isFinite else { return .infinity }
    reach *= flowBasis.count < KrylovBasis.limit * 3 / 4 ? 1.5 : 1.05
    return norm.size(of: error, from: start.state, to: end.state)
  }

  /// A step of its own to the time asked for: steps are as long as the Jacobian is constant, which says nothing
  /// about how well a polynomial follows the solution between their ends.
  mutating func interpolate(
    at fraction: Double, from start: FlowPoint, to end: FlowPoint,
    of equation: inout some FlowEquation, into state: inout [Double]
  ) {
    let reachBefore = reach
    var between = end
    _ = attempt(
      step: fraction * (end.time - start.time), from: start, of: &equation, to: &between,
      norm: RelativeNorm(blockSizes: equation.blockSizes, scales: equation.blockScales),
      tolerance: lastTolerance)
    state = between.state
    reach = reachBefore
  }
}
