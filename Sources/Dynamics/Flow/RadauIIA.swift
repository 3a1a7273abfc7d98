import LinearAlgebra
import RealModule

// Three implicit stages y + z_i at c_i with z = h (A ⊗ 1) f(y + z). Newton's matrix 1 − h A ⊗ J is formed and decomposed
// anew in every step: states are small here, and a step then depends on nothing before it. The error estimate is
//
//     (γ/h − J)⁻¹ (f(y) + Σ e_i z_i / h),   γ = 3 + 3^{2/3} − 3^{1/3},   3e = (−13 − 7√6, −13 + 7√6, −1),
//
// of third order in the embedded formula, damped for the stiff part as the solution itself is.

/// The implicit Runge–Kutta method of order 5 by Radau: L-stable, for flows whose fast directions have long come to
/// rest while slow ones still move.
///
/// - SeeAlso: [hairer1996solving], section IV.8.
struct RadauIIA: FlowIntegrator {
  static let order = 5
  static let errorExponent = 4
  /// The most elements of a state for which the automatic choice forms Jacobians.
  static let easyDimension = 200

  let dimension: Int
  /// Step times the Frobenius norm of the Jacobian in the last step.
  private(set) var stiffness = 0.0
  private var lastTolerance: Double?

  private enum CodingKeys: CodingKey {
    case dimension, stiffness
  }

  init(dimension: Int) { self.dimension = dimension }

  private static let root = 6.0.squareRoot()
  private static let coefficients: [[Double]] = [
    [(88 - 7 * root) / 360, (296 - 169 * root) / 1800, (-2 + 3 * root) / 225],
    [(296 + 169 * root) / 1800, (88 + 7 * root) / 360, (-2 - 3 * root) / 225],
    [(16 - root) / 36, (16 + root) / 36, 1.0 / 9],
  ]
  private static let errorWeights = [(-13 - 7 * root) / 3, (-13 + 7 * root) / 3, -1.0 / 3]
  private static let errorShift = 3 + Double.pow(3, 2.0 / 3) - Double.pow(3, 1.0 / 3)

  mutating func attempt(
    step h: Double, from start: FlowPoint, of equation: inout some FlowEquation,
    to end: inout FlowPoint, norm: RelativeNorm, tolerance: Double?
  ) -> Double {
    let n = dimension
    lastTolerance = tolerance
    let jacobian = Self.jacobian(at: start, of: &equation)
    stiffness = h * jacobian.frobeniusNorm
    var newton = Matrix.identity(3 * n)
    for i in 0..<3 {
      for j in 0..<3 {
        let factor = h * Self.coefficients[i][j]
        for row in 0..<n {
          for column in 0..<n {
            newton[i * n + row, j * n + column] -= factor * jacobian[row, column]
          }
        }
      }
    }
    guard let decomposition = try? LUDecomposition(of: newton),
      let stages = solve(
        decomposition, step: h, start: start, equation: &equation, norm: norm,
        accuracy: tolerance.map { max(10 * .ulpOfOne, 0.01 * $0) } ?? 1e-13)
    else { return .infinity }
    for k in 0..<n { end.state[k] = start.state[k] + stages[2 * n + k] }
    end.loss = Self.evaluate(&equation, end.state, into: &end.velocity)
    end.time = start.time + h
    guard end.loss.isFinite else { return .infinity }
    return error(
      jacobian, step: h, start: start, end: end, stages: stages, equation: &equation, norm: norm)
  }

  /// ∂f/∂y, column by column.
  private static func jacobian(
    at point: FlowPoint, of equation: inout some FlowEquation
  ) -> Matrix {
    let n = point.state.count
    var result = Matrix(rowCount: n, columnCount: n)
    var scratch = point.velocity
    _ = evaluate(&equation, point.state, into: &scratch)
    var direction = [Double](repeating: 0, count: n)
    // Along an axis, as long as the state: differences of velocities then have as many digits as they can.
    for column in 0..<n {
      direction[column] = 1
      point.state.withUnsafeBufferPointer { state in
        direction.withUnsafeBufferPointer { direction in
          scratch.withUnsafeMutableBufferPointer {
            equation.setVelocityChange(at: state, along: direction, into: $0)
          }
        }
      }
      direction[column] = 0
      for row in 0..<n { result[row, column] = scratch[row] }
    }
    return result
  }

  private static func evaluate(
    _ equation: inout some FlowEquation, _ state: [Double], into velocity: inout [Double]
  ) -> Double {
    state.withUnsafeBufferPointer { state in
      velocity.withUnsafeMutableBufferPointer { equation.setVelocity(at: state, into: $0) }
    }
  }

  /// z_1, z_2, z_3, one after the other, by Newton's iteration; nil when it does not converge fast.
  private func solve(
    _ decomposition: LUDecomposition, step h: Double, start: FlowPoint,
    equation: inout some FlowEquation, norm: RelativeNorm, accuracy: Double
  ) -> [Double]? {
    let n = dimension
    var z = [Double](repeating: 0, count: 3 * n)
    var velocities = [[Double]](repeating: start.velocity, count: 3)
    var state = start.state
    var previous = Double.infinity
    for iteration in 0..<12 {
      if iteration > 0 {
        for i in 0..<3 {
          for k in 0..<n { state[k] = start.state[k] + z[i * n + k] }
          guard Self.evaluate(&equation, state, into: &velocities[i]).isFinite else { return nil }
        }
      }
      var residual = z.map { -$0 }
      for i in 0..<3 {
        for j in 0..<3 {
          let factor = h * Self.coefficients[i][j]
          for k in 0..<n { residual[i * n + k] += factor * velocities[j][k] }
        }
      }
      guard let change = try? decomposition.solve(residual), change.allSatisfy(\.isFinite) else {
        return nil
      }
      for k in z.indices { z[k] += change[k] }
      var size = 0.0
      for i in 0..<3 {
        let part = Array(change[i * n..<(i + 1) * n])
        for k in 0..<n { state[k] = start.state[k] + z[i * n + k] }
        size = max(size, norm.size(of: part, from: start.state, to: state))
      }
      guard size.isFinite else { return nil }
      let rate = size / previous
      if size <= accuracy * (1 - min(rate, 0.9)) || size == 0 { return z }
      // At the rounding of the velocity nothing shrinks any more.
      if iteration > 2, rate > 0.5 { return size <= 100 * accuracy ? z : nil }
      if iteration > 0, rate > 2 { return nil }
      previous = size
    }
    return nil
  }

  private func error(
    _ jacobian: Matrix, step h: Double, start: FlowPoint, end: FlowPoint, stages: [Double],
    equation: inout some FlowEquation, norm: RelativeNorm
  ) -> Double {
    let n = dimension
    var shifted = -jacobian
    for k in 0..<n { shifted[k, k] += Self.errorShift / h }
    var slope = [Double](repeating: 0, count: n)
    for i in 0..<3 {
      for k in 0..<n { slope[k] += Self.errorWeights[i] * stages[i * n + k] / h }
    }
    guard let decomposition = try? LUDecomposition(of: shifted),
      let first = try? decomposition.solve(zip(start.velocity, slope).map { $0 + $1 })
    else { return .infinity }
    var velocity = start.velocity
    // Filtered a second time: without it the estimate does not vanish for the stiffest directions.
    guard
      Self.evaluate(&equation, zip(start.state, first).map { $0 + $1 }, into: &velocity).isFinite,
      let second = try? decomposition.solve(zip(velocity, slope).map { $0 + $1 })
    else { return norm.size(of: first, from: start.state, to: end.state) }
    let sizes = (
      norm.size(of: first, from: start.state, to: end.state),
      norm.size(of: second, from: start.state, to: end.state)
    )
    return min(sizes.0, sizes.1)
  }

  /// A step of its own to the time asked for, which keeps the order.
  mutating func interpolate(
    at fraction: Double, from start: FlowPoint, to end: FlowPoint,
    of equation: inout some FlowEquation, into state: inout [Double]
  ) {
    let before = stiffness
    var between = end
    let error = attempt(
      step: fraction * (end.time - start.time), from: start, of: &equation, to: &between,
      norm: RelativeNorm(blockSizes: equation.blockSizes, scales: equation.blockScales),
      tolerance: lastTolerance)
    stiffness = before
    // The shorter step converges wherever the longer one did; at rest both ends are the same.
    state = error.isFinite ? between.state : end.state
  }
}
