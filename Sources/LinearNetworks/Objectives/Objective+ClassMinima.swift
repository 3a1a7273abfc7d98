public import LinearAlgebra

extension RegressionObjective {
  /// The minimum over matrices of limited rank, for any inputs; over symmetric networks where the inputs are white
  /// or the minimum over all matrices is attained; nil where the loss has no minimum or none is known.
  ///
  /// With S = W* Σx^{1/2} = Σ s_k u_k v_kᵀ, ℓ(W) = ℓ* + ½ ‖W Σx^{1/2} − S‖²: the minimum for rank r is ℓ* +
  /// ½ Σ_{k>r} s_k².
  public func minimum(
    over class: EndToEndClass
  ) throws(DecompositionError) -> ObjectiveMinimum? {
    guard let minimum else { return nil }
    if try `class`.contains(minimum.endToEnd) { return minimum }
    switch `class` {
    case .layered:
      let eigen = try SymmetricEigendecomposition(of: inputCovariance)
      let rounding = 4 * Double(inputCount) * .ulpOfOne * largestEigenvalue
      let rank = eigen.eigenvalues.prefix { $0 > rounding }.count
      let basis = eigen.eigenvectors.firstColumns(rank)
      let roots = eigen.eigenvalues.prefix(rank).map { $0.squareRoot() }
      let whitened = (minimum.endToEnd * basis).scalingColumns(by: roots)
      let (nearest, halfSquare) = try whitened.nearest(in: `class`)
      return ObjectiveMinimum(
        value: minimum.value + halfSquare,
        endToEnd: nearest.scalingColumns(by: roots.map { 1 / $0 }).timesTransposed(basis))
    case .symmetric:
      let variance = inputCovariance.trace / Double(inputCount)
      let rest = inputCovariance - variance * Matrix.identity(inputCount)
      guard outputCount == inputCount, rest.maxAbsolute <= 1e-12 * variance else { return nil }
      let (nearest, halfSquare) = try minimum.endToEnd.nearest(in: `class`)
      return ObjectiveMinimum(value: minimum.value + variance * halfSquare, endToEnd: nearest)
    }
  }
}

extension FactorizationObjective {
  /// The minimum over the matrices that a network can have: part of the target's singular value decomposition, or
  /// of the positive part of its symmetric part.
  ///
  /// - Precondition: the target is square for a symmetric network.
  public func minimum(
    over class: EndToEndClass
  ) throws(DecompositionError) -> ObjectiveMinimum? {
    try nearest(in: `class`)
  }

  func nearest(in class: EndToEndClass) throws(DecompositionError) -> ObjectiveMinimum {
    let (nearest, halfSquare) = try target.nearest(in: `class`)
    return ObjectiveMinimum(value: halfSquare, endToEnd: nearest)
  }
}
