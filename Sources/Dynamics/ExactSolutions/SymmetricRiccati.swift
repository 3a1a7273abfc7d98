public import LinearAlgebra
import RealModule

// Goals: 1. Any symmetric Y, singular or indefinite, any U₀, also rank-deficient.  2. Any time: e^{2tY} is
// never formed for the whole time.  3. A component of U along a small or negative eigenvalue keeps its relative
// accuracy.
//
// From U at one time, U(t + Δ) = e^{2ΔY} U R⁻¹ up to a rotation from the right, with RᵀR = 1 + Uᵀ M(Δ) U and
// M = (e^{4ΔY} − 1) Y⁻¹ ≥ 0 (4Δ on the kernel). The formula is exact for every Δ, so that long times are
// covered by several applications with e^{4Δσ} of moderate size. In the eigenbasis of Y the rows of U are
// scaled and then combined only among columns: rounding stays relative to each row. Directions that U₀ does not
// have must not grow out of rounding, so a rank-deficient U₀ is first written with fewer columns.

/// Gradient flow of the symmetric network W = U Uᵀ on ½‖Y − U Uᵀ‖²_F.
///
///     U′ = 2 (Y − U Uᵀ) U,   W(t) = e^{2tY} U₀ (1 + U₀ᵀ M U₀)⁻¹ U₀ᵀ e^{2tY},   M = (e^{4tY} − 1) Y⁻¹
///
/// - SeeAlso: Proposition 1 (Equation 6) and Equation 41 of [tarmoun2021], whose matrix `X` is
///   ``endToEnd(at:)``. Equation 40 is printed with both signs of its exponents exchanged.
public struct SymmetricRiccati: Sendable {
  private let eigenvalues: [Double]
  private let eigenvectors: Matrix
  /// U₀ in the eigenbasis of Y, with as many columns as its rank.
  private let start: Matrix

  /// - Parameters:
  ///   - target: Y, n × n, symmetric.
  ///   - factor: U₀, with n rows.
  public init(target: Matrix, factor: Matrix) throws(DecompositionError) {
    precondition(
      target.rowCount == factor.rowCount,
      "a \(factor.shape) factor does not fit a \(target.shape) target")
    let decomposition = try SymmetricEigendecomposition(of: target)
    eigenvalues = decomposition.eigenvalues
    eigenvectors = decomposition.eigenvectors
    start = try eigenvectors.transposedTimes(factor.withIndependentColumns())
  }

  /// U at a time, up to a rotation from the right.
  ///
  /// - Complexity: O(*n k*²) for each of σt steps, σ the largest eigenvalue of Y.
  public func factor(at time: Double) throws(DecompositionError) -> Matrix {
    eigenvectors * (try rotatedFactor(at: time))
  }

  /// W(t) = U Uᵀ, symmetric.
  public func endToEnd(at time: Double) throws(DecompositionError) -> Matrix {
    let u = eigenvectors * (try rotatedFactor(at: time))
    return u.timesTransposed(u).symmetrized()
  }

  private func rotatedFactor(at time: Double) throws(DecompositionError) -> Matrix {
    precondition(time >= 0, "the solution is evaluated at times from 0, not at \(time)")
    let growth = 4 * time * max(eigenvalues.first ?? 0, 0)
    let pieces = max(1, (growth / 4).rounded(.up))
    guard start.columnCount > 0, time > 0, pieces.isFinite else { return start }
    let step = time / pieces
    let scales = eigenvalues.map { Double.exp(2 * step * $0) }
    let weights = eigenvalues.map { s in
      (s == 0 ? 4 * step : .expMinusOne(4 * step * s) / s).squareRoot()
    }
    var u = start
    let identity = Matrix.identity(u.columnCount)
    for _ in 0..<Int(pieces) {
      let weighted = u.scalingRows(by: weights)
      let gram = identity + weighted.transposedTimes(weighted)
      // U ← e^{2ΔY} U R⁻¹ = (L⁻¹ (e^{2ΔY} U)ᵀ)ᵀ
      let lower = try CholeskyDecomposition(of: gram.symmetrized()).lowerFactor
      let next = lower.solvingLower(u.scalingRows(by: scales).transposed()).transposed()
      if next == u { break }
      u = next
    }
    return u
  }
}

extension Matrix {
  /// A matrix B with B Bᵀ = A Aᵀ and linearly independent columns. The decision does not depend on the scale of
  /// any column.
  func withIndependentColumns() throws(DecompositionError) -> Matrix {
    let norms = (0..<columnCount).map { j in
      Matrix(rowCount: rowCount, columnCount: 1, elements: column(j)).frobeniusNorm
    }
    let kept = norms.indices.filter { norms[$0] > 0 }
    let scales = kept.map { norms[$0] }
    let columns = selecting(columns: kept)
    guard !kept.isEmpty else { return columns }
    let unit = columns.scalingColumns(by: scales.map { 1 / $0 })
    guard unit.allFinite else { return columns }
    let decomposition = try SingularValueDecomposition(of: unit)
    let tolerance = Double(max(rowCount, columnCount)) * .ulpOfOne * decomposition.singularValues[0]
    let rank = decomposition.singularValues.prefix { $0 > tolerance }.count
    if rank == kept.count { return columns }
    // A = Q C Bᵀ D with D the scales: Bᵀ D = L O by a QR decomposition of D B, and A Aᵀ = (Q C L)(Q C L)ᵀ.
    let scaled = decomposition.rightVectorsTransposed.firstRows(rank).scalingColumns(by: scales)
    let lower = try QRDecomposition(of: scaled.transposed()).triangularFactor.transposed()
    return decomposition.reconstructionBasis(rank: rank) * lower
  }

  private var allFinite: Bool { elements.allSatisfy(\.isFinite) }

  /// L⁻¹ B for this lower triangular matrix.
  fileprivate func solvingLower(_ right: Matrix) -> Matrix {
    var result = right
    let (n, columns) = (rowCount, right.columnCount)
    withUnsafeElements { l in
      result.withUnsafeMutableElements { x in
        for i in 0..<n {
          for k in 0..<i {
            let factor = l[i * n + k]
            if factor == 0 { continue }
            for j in 0..<columns { x[i * columns + j] -= factor * x[k * columns + j] }
          }
          let pivot = l[i * n + i]
          for j in 0..<columns { x[i * columns + j] /= pivot }
        }
      }
    }
    return result
  }
}

extension SingularValueDecomposition {
  /// The leading left vectors, each times its singular value.
  fileprivate func reconstructionBasis(rank: Int) -> Matrix {
    leftVectors.firstColumns(rank).scalingColumns(by: Array(singularValues.prefix(rank)))
  }
}
