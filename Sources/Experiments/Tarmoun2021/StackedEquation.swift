import Dynamics
import LinearAlgebra

/// (18), R′ = SR − ½RRᵀR + S̄RΛ, and what the paper derives from it, written out from matrices.
struct StackedEquation {
  private let target: Matrix
  private let imbalance: Matrix
  /// S.
  private let coupling: Matrix
  /// S̄ = ½ diag(1, …, −1, …).
  private let signs: Matrix

  init(target: Matrix, imbalance: Matrix) {
    self.target = target
    self.imbalance = imbalance
    coupling = ImbalancedFactorization.symmetricTarget(target, imbalance: 0)
    signs = .diagonal(
      [Double](repeating: 0.5, count: target.rowCount)
        + [Double](repeating: -0.5, count: target.columnCount))
  }

  /// The right-hand side of (18).
  func velocity(at r: Matrix) -> Matrix {
    coupling * r - 0.5 * (r * r.transposedTimes(r)) + signs * r * imbalance
  }

  /// Minus the gradient of ½‖Y − UVᵀ‖² + weight · ‖UᵀU − VᵀV − Λ‖².
  func negativeGradient(at r: Matrix, weight: Double) -> Matrix {
    let (m, n, k) = (target.rowCount, target.columnCount, r.columnCount)
    let u = r.submatrix(rows: 0..<m, columns: 0..<k)
    let v = r.submatrix(rows: m..<m + n, columns: 0..<k)
    let residual = target - u.timesTransposed(v)
    let excess = excess(at: r)
    return .verticallyStacked([
      residual * v - 4 * weight * (u * excess),
      residual.transposedTimes(u) + 4 * weight * (v * excess),
    ])
  }

  /// D = Q̄ − Λ.
  private func excess(at r: Matrix) -> Matrix { 2 * r.transposedTimes(signs * r) - imbalance }

  /// Q̄′ = −½(DP + PD), (57).
  private func firstDerivative(at r: Matrix) -> Matrix {
    let (d, p) = (excess(at: r), r.transposedTimes(r))
    return -0.5 * (d * p + p * d)
  }

  /// Relative distances of both forms of Q̄″ from central differences of (57) along (18).
  func secondDerivativeErrors(at r: Matrix) -> (corrected: Double, printed: Double) {
    let slope = velocity(at: r)
    let h = 1e-4 / max(1, slope.maxAbsolute)
    let measured =
      (firstDerivative(at: r + h * slope) - firstDerivative(at: r - h * slope)) / (2 * h)
    let (d, p) = (excess(at: r), r.transposedTimes(r))
    let pʹ = slope.transposedTimes(r) + r.transposedTimes(slope)
    let a = p * p - 2 * pʹ
    let b = p * p + 2 * pʹ
    let corrected = 0.25 * (d * a + a * d) + 0.5 * (p * d * p)
    let printed = -0.25 * (d * b + b * d) - 0.5 * (p * d * pʹ)
    let size = measured.frobeniusNorm
    return ((corrected - measured).frobeniusNorm / size, (printed - measured).frobeniusNorm / size)
  }
}
