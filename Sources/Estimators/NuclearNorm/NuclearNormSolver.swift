import Dynamics
import LinearAlgebra

// The problem and its dual, with y supported on the known entries:
//
//     min τ‖W‖_* + f(W_Ω)   and   max ⟨b, y⟩ − (ρ/2)‖y‖²  subject to ‖P*y‖ ≤ τ,
//
// f(w) = ½‖w − b‖² with ρ = 1, or w = b exactly with ρ = 0. The proximal point method on W, which is the method of
// multipliers on y, maximises in each round the smooth concave function
//
//     φ(y) = ⟨b, y⟩ − (ρ/2)‖y‖² − ‖X(y)‖²/(2s),   X(y) = threshold_{sτ}(W + s P*y),   ∇φ = b − ρy − X(y)_Ω,
//
// by semismooth Newton steps (ρ + s P X′ P*) d = ∇φ, solved by conjugate gradients, and moves W to X(y). The rounds
// converge superlinearly as s grows.
//
// Certificate: any W and any feasible y bound the optimum from above and below, however they were found.

/// Minimises the nuclear norm over matrices that agree, exactly or nearly, with known entries.
///
/// - SeeAlso: [jiangSunToh2014], [zhaoSunToh2010].
struct NuclearNormSolver {
  /// τ.
  var penalty: Double
  /// Whether the entries must be met exactly.
  var isExact: Bool
  /// Where to stop: the duality gap over the primal value.
  var tolerance: Double
  var roundLimit = 100
  let entries: ObservedEntries
  let pattern: ObservedPattern

  /// Where a solution stands; the start of another one nearby.
  struct State {
    var matrix: Matrix
    var multipliers: [Double]
    /// s.
    var step: Double
    var rank = 0
    var newtonSteps = 0
    var gradientSteps = 0
    var certificate: Certificate?
    var outcome = Outcome.stepLimit(0)
  }

  /// Both sides of the optimum.
  struct Certificate {
    /// Feasible: exact problems have the known values in place.
    var matrix: Matrix
    var singularValues: [Double]
    var primal: Double
    /// Feasible multipliers.
    var multipliers: [Double]
    var dual: Double
    var relativeGap: Double { max(primal - dual, 0) / max(abs(primal), .leastNormalMagnitude) }
  }

  /// The start when nothing is known: W = 0 and y = τ b/‖P*b‖.
  func start() throws(DecompositionError) -> State {
    let norm = max(try entries.dense(elsewhere: 0).spectralNorm(), .leastNormalMagnitude)
    return State(
      matrix: Matrix(rowCount: entries.rowCount, columnCount: entries.columnCount),
      multipliers: entries.values.map { $0 / norm * penalty }, step: norm / penalty)
  }

  /// - Complexity: a Newton step costs one singular value decomposition and some tens of conjugate gradient steps,
  ///   see ``SingularValueThreshold/Derivative/applied(to:)``; several tens of Newton steps.
  ///
  /// - Parameter isCancelled: is given the relative gap so far, 1 at first.
  func solve(
    _ state: inout State, isCancelled: (Double) -> Bool
  ) throws(DecompositionError) {
    var gap = 1.0
    let dataNorm = max(norm(entries.values), .leastNormalMagnitude)
    for round in 1...roundLimit {
      let newtonSteps = try improve(&state, dataNorm: dataNorm) { isCancelled(gap) }
      let certificate = try certify(state)
      state.certificate = certificate
      gap = min(gap, certificate.relativeGap)
      if certificate.relativeGap <= tolerance {
        state.outcome = .converged
        return
      }
      if isCancelled(gap) {
        state.outcome = .interrupted(atStep: state.newtonSteps)
        return
      }
      state.outcome = .stepLimit(round)
      if newtonSteps <= Self.easyRound { state.step *= Self.growth }
    }
  }

  /// Rounds of at most so many Newton steps let s grow by this factor.
  private static let easyRound = 3
  private static let growth = 1.5
  private static let newtonLimit = 50
  /// A round ends when the gradient is this fraction of the movement of W.
  private static let inexactness = 0.1
  /// A Newton step is computed no more exactly than this share of what ends the round.
  private static let stepShare = 0.3

  /// Maximises φ, then moves W. Returns the number of Newton steps.
  private func improve(
    _ state: inout State, dataNorm: Double, _ isCancelled: () -> Bool
  ) throws(DecompositionError) -> Int {
    let s = state.step
    let ridge = isExact ? 0.0 : 1.0
    let b = entries.values
    func threshold(_ y: [Double]) throws(DecompositionError) -> SingularValueThreshold {
      try SingularValueThreshold(s * penalty, of: adding(y, scaledBy: s, to: state.matrix))
    }
    func value(_ y: [Double], _ x: SingularValueThreshold) -> Double {
      inner(b, y) - ridge / 2 * inner(y, y) - x.squaredNorm / (2 * s)
    }
    var y = state.multipliers
    var proximal = try threshold(y)
    var x = proximal.result()
    var steps = 0
    while steps < Self.newtonLimit, !isCancelled() {
      let fitted = values(of: x)
      let gradient = y.indices.map { b[$0] - ridge * y[$0] - fitted[$0] }
      let size = norm(gradient) / dataNorm
      let movement = (x - state.matrix).frobeniusNorm / dataNorm
      let goal = Self.inexactness * min(movement, 1)
      if size <= max(1e-14, goal) { break }

      var derivative = proximal.derivative(at: pattern)
      let regularization = ridge + 1e-2 * min(1, size) * s
      let diagonal = derivative.approximateDiagonal().map { s * max($0, 0) + regularization }
      let direction = conjugateGradients(
        gradient, diagonal: diagonal,
        tolerance: max(0.2 * min(1, size.squareRoot().squareRoot()), Self.stepShare * goal / size)
      ) {
        state.gradientSteps += 1
        var product = derivative.applied(to: $0)
        for n in product.indices { product[n] = s * product[n] + regularization * $0[n] }
        return product
      }
      let before = value(y, proximal)
      let slope = inner(gradient, direction)
      // Differences of φ below its rounding cannot be judged.
      let rounding = 16 * Double.ulpOfOne * (abs(inner(b, y)) + proximal.squaredNorm / (2 * s))
      var length = 1.0
      while true {
        let trial = y.indices.map { y[$0] + length * direction[$0] }
        let moved = try threshold(trial)
        if value(trial, moved) >= before + 1e-4 * length * slope - rounding || length < 1e-6 {
          (y, proximal) = (trial, moved)
          break
        }
        length /= 2
      }
      x = proximal.result()
      steps += 1
    }
    state.newtonSteps += steps
    state.multipliers = y
    state.rank = proximal.rank
    state.matrix = x
    return steps
  }

  private func certify(_ state: State) throws(DecompositionError) -> Certificate {
    var matrix = state.matrix
    let fitted = values(of: matrix)
    if isExact {
      matrix.withUnsafeMutableElements { w in
        for n in entries.values.indices { w[position(n)] = entries.values[n] }
      }
    }
    let singularValues = try matrix.singularValues()
    var primal = penalty * singularValues.reduce(0, +)
    let y = state.multipliers
    let norm = try adding(
      y, scaledBy: 1, to: Matrix(rowCount: matrix.rowCount, columnCount: matrix.columnCount)
    ).spectralNorm()
    // The best feasible multiple of y.
    var scale = norm > 0 ? penalty / norm : 0
    var dual: Double
    if isExact {
      dual = scale * inner(entries.values, y)
    } else {
      for n in fitted.indices {
        let residual = fitted[n] - entries.values[n]
        primal += residual * residual / 2
      }
      let squared = inner(y, y)
      scale = squared > 0 ? min(scale, inner(entries.values, y) / squared) : 0
      dual = scale * inner(entries.values, y) - scale * scale / 2 * squared
    }
    return Certificate(
      matrix: matrix, singularValues: singularValues, primal: primal,
      multipliers: y.map { scale * $0 }, dual: dual)
  }

  /// Solves `A d = g` for a positive definite `A`, to a residual relative to `g`, preconditioned by a diagonal.
  private func conjugateGradients(
    _ right: [Double], diagonal: [Double], tolerance: Double, limit: Int = 300,
    _ product: ([Double]) -> [Double]
  ) -> [Double] {
    var solution = [Double](repeating: 0, count: right.count)
    var residual = right
    var scaled = right
    for n in scaled.indices { scaled[n] /= diagonal[n] }
    var direction = scaled
    var size = inner(residual, scaled)
    let target = tolerance * tolerance * inner(right, right)
    for _ in 0..<limit where inner(residual, residual) > target {
      let image = product(direction)
      let length = size / inner(direction, image)
      guard length.isFinite else { break }
      for n in solution.indices {
        solution[n] += length * direction[n]
        residual[n] -= length * image[n]
        scaled[n] = residual[n] / diagonal[n]
      }
      let next = inner(residual, scaled)
      let ratio = next / size
      for n in direction.indices { direction[n] = scaled[n] + ratio * direction[n] }
      size = next
    }
    return solution
  }

  private func position(_ n: Int) -> Int {
    Int(entries.rows[n]) * entries.columnCount + Int(entries.columns[n])
  }

  private func values(of matrix: Matrix) -> [Double] {
    matrix.withUnsafeElements { w in entries.values.indices.map { w[position($0)] } }
  }

  private func adding(_ y: [Double], scaledBy factor: Double, to matrix: Matrix) -> Matrix {
    var result = matrix
    result.withUnsafeMutableElements { w in
      for n in y.indices { w[position(n)] += factor * y[n] }
    }
    return result
  }

  private func inner(_ a: [Double], _ b: [Double]) -> Double {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        var sum = 0.0
        for n in a.indices { sum += a[n] * b[n] }
        return sum
      }
    }
  }

  private func norm(_ a: [Double]) -> Double { inner(a, a).squareRoot() }
}
