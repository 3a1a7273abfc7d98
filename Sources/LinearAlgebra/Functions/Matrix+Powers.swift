import RealModule

extension SingularValueDecomposition {
  /// Which of the two products of a matrix with its transpose.
  public enum Side: Sendable {
    /// `A Aᵀ`
    case left
    /// `AᵀA`
    case right
  }

  /// A power of `A Aᵀ` or `AᵀA`, formed without either product: its accuracy is that of `A`.
  ///
  ///     (A Aᵀ)^p = U diag(σ^(2p)) Uᵀ
  ///
  /// Exponent zero gives the identity, the limit from above only for a matrix of full rank.
  ///
  /// - Precondition: the exponent is not negative.
  public func gramPower(_ exponent: Double, side: Side) -> Matrix {
    precondition(exponent >= 0, "a Gram matrix has no power \(exponent)")
    let rowsOfVectors = side == .left ? leftVectors.transposed() : rightVectorsTransposed
    if exponent == 0 { return .identity(rowsOfVectors.columnCount) }
    let vectors = rowsOfVectors.firstRows(singularValues.count)
    // Half the power on each side makes the result symmetric and positive semidefinite.
    let half = vectors.scalingRows(by: singularValues.map { .pow($0, exponent) })
    return half.transposedTimes(half).symmetrized()
  }
}

extension Matrix {
  /// A power of `A Aᵀ` or `AᵀA`. See ``SingularValueDecomposition/gramPower(_:side:)``.
  public func gramPower(
    _ exponent: Double, side: SingularValueDecomposition.Side
  ) throws(DecompositionError) -> Matrix {
    try SingularValueDecomposition(of: self).gramPower(exponent, side: side)
  }

  /// A power of a symmetric positive semidefinite matrix; reads the lower triangle.
  ///
  /// Eigenvalues that are negative by no more than rounding, *n* ε times the largest magnitude, count as zero.
  ///
  /// - Precondition: the matrix is square and the exponent not negative.
  /// - Throws: ``DecompositionError/notPositiveSemidefinite(eigenvalue:)`` for one more negative than that.
  public func positiveSemidefinitePower(_ exponent: Double) throws(DecompositionError) -> Matrix {
    precondition(exponent >= 0, "a semidefinite matrix has no power \(exponent)")
    let decomposition = try SymmetricEigendecomposition(of: self)
    let values = decomposition.eigenvalues
    if let largest = values.first, let smallest = values.last {
      let rounding = 4 * Double(rowCount) * .ulpOfOne * max(abs(largest), abs(smallest))
      if smallest < -rounding || (smallest < 0 && largest <= 0) {
        throw .notPositiveSemidefinite(eigenvalue: smallest)
      }
    }
    if exponent == 0 { return .identity(rowCount) }
    return decomposition.map { .pow(max($0, 0), exponent) }
  }

  /// The symmetric positive semidefinite root. See ``positiveSemidefinitePower(_:)``.
  public func symmetricSquareRoot() throws(DecompositionError) -> Matrix {
    try positiveSemidefinitePower(0.5)
  }
}
