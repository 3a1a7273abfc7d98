public import LinearAlgebra

extension LinearNetwork {
  /// The thin singular value decomposition of the end-to-end matrix.
  ///
  /// When a hidden layer is narrower than both ends, W = A B there, and with QR decompositions A = Q R,
  /// Bᵀ = P S the small matrix R Sᵀ is decomposed; only its triplets are returned, as many as that layer is
  /// wide.
  ///
  /// - Throws: `DecompositionError` when a weight is not finite or LAPACK does not converge.
  public func endToEndDecomposition() throws(DecompositionError) -> SingularValueDecomposition {
    guard let (upper, lower) = narrowFactors() else {
      return try SingularValueDecomposition(of: endToEnd())
    }
    let left = try QRDecomposition(of: upper)
    let right = try QRDecomposition(of: lower.transposed())
    let core = try SingularValueDecomposition(
      of: left.triangularFactor.timesTransposed(right.triangularFactor))
    return SingularValueDecomposition(
      leftVectors: left.orthogonalFactor * core.leftVectors, singularValues: core.singularValues,
      rightVectorsTransposed: core.rightVectorsTransposed * right.orthogonalFactor.transposed())
  }

  /// The singular values of the end-to-end matrix, descending, as many as its shorter side. Values that
  /// LAPACK cannot compute are NaN.
  public func singularValues() -> [Double] {
    let count = min(inputCount, outputCount)
    let values: [Double]?
    if let (upper, lower) = narrowFactors() {
      if let left = try? QRDecomposition(of: upper).triangularFactor,
        let right = try? QRDecomposition(of: lower.transposed()).triangularFactor
      {
        values = try? left.timesTransposed(right).singularValues()
      } else {
        values = nil
      }
    } else {
      values = try? endToEnd().singularValues()
    }
    guard let values else { return [Double](repeating: .nan, count: count) }
    return values + [Double](repeating: 0, count: count - values.count)
  }

  /// W = A B at the narrowest hidden layer, when that is at most half as wide as both ends.
  private func narrowFactors() -> (upper: Matrix, lower: Matrix)? {
    let narrowest = layers.indices.dropLast().min { layers[$0].rowCount < layers[$1].rowCount }
    guard let cut = narrowest, 2 * layers[cut].rowCount <= min(inputCount, outputCount) else {
      return nil
    }
    let lower = layers[...cut].dropFirst().reduce(layers[0]) { $1 * $0 }
    let upper = layers[cut...].dropFirst(2).reduce(layers[cut + 1]) { $1 * $0 }
    return (upper, lower)
  }
}
