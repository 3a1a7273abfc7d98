public import LinearAlgebra

/// Gradient flow of two layers on ½‖Y − W₂W₁‖²_F when W₂ᵀW₂ − W₁W₁ᵀ = λ₀ 1, for any target and any such start.
///
/// The stacked factor R = [W₂; W₁ᵀ] obeys R′ = (S − ½ R Rᵀ) R with
///
///     S = [[λ₀/2 1, Y], [Yᵀ, −λ₀/2 1]],
///
/// which is the symmetric problem of ``SymmetricRiccati`` for R/√2 at half the speed; the end-to-end matrix is
/// the upper right block of R Rᵀ. The eigenvalues of S are ±√(σ² + λ₀²/4). Balanced layers are the case λ₀ = 0;
/// then neither the layers nor the target need share singular vectors.
///
/// - SeeAlso: Proposition 5 and Equation 21 of [tarmoun2021]; the λ-balanced networks of [braun2022], whose F
///   is −S with the blocks exchanged.
public struct ImbalancedFactorization: Sendable {
  private let outputCount: Int
  private let riccati: SymmetricRiccati

  /// - Parameters:
  ///   - target: Y, d_N × d₀.
  ///   - imbalance: λ₀.
  ///   - stacked: R₀ = [W₂; W₁ᵀ], with d_N + d₀ rows.
  public init(target: Matrix, imbalance: Double, stacked: Matrix) throws(DecompositionError) {
    outputCount = target.rowCount
    riccati = try SymmetricRiccati(
      target: Self.symmetricTarget(target, imbalance: imbalance),
      factor: 0.5.squareRoot() * stacked)
  }

  /// S.
  public static func symmetricTarget(_ target: Matrix, imbalance: Double) -> Matrix {
    let (m, n) = (target.rowCount, target.columnCount)
    return .verticallyStacked([
      .horizontallyStacked([0.5 * imbalance * Matrix.identity(m), target]),
      .horizontallyStacked([target.transposed(), -0.5 * imbalance * Matrix.identity(n)]),
    ])
  }

  /// R(t) up to a rotation from the right.
  public func stacked(at time: Double) throws(DecompositionError) -> Matrix {
    2.0.squareRoot() * (try riccati.factor(at: 0.5 * time))
  }

  /// W₁ and W₂ at a time, up to a rotation between them.
  public func layers(at time: Double) throws(DecompositionError) -> (lower: Matrix, upper: Matrix) {
    let r = try stacked(at: time)
    let upper = r.submatrix(rows: 0..<outputCount, columns: 0..<r.columnCount)
    let lower = r.submatrix(rows: outputCount..<r.rowCount, columns: 0..<r.columnCount)
    return (lower.transposed(), upper)
  }
}
