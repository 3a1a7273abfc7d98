public import LinearAlgebra

/// What kind of point a set of layers is for φ = ℓ(W_N ⋯ W_1) with a convex ℓ.
public enum CriticalPoint: Equatable, Sendable {
  /// The gradient does not vanish.
  case none(gradientNorm: Double)
  /// Stationary, with a direction of negative curvature: descent leaves it.
  case strictSaddle(smallestEigenvalue: Double)
  /// Stationary and not a minimum, although no direction has negative curvature.
  case nonStrictSaddle
  /// ∇ℓ(W) = 0: a global minimum, as ℓ is convex.
  case globalMinimum
  /// Stationary, no negative curvature, ∇ℓ(W) ≠ 0, and a hidden layer narrower than both ends: a local minimum
  /// or a non-strict saddle.
  case undecided
}

extension LossLandscape {
  /// Classifies a point of a convex ℓ.
  ///
  /// Without a hidden layer narrower than both ends every local minimum is global, so a stationary point with
  /// ∇ℓ(W) ≠ 0 is a saddle; its Hessian says which kind.
  ///
  /// - Parameters:
  ///   - layers: W_1, …, W_N.
  ///   - tolerance: gradients and negative eigenvalues below this, relative to the size of the terms
  ///     they are made of, count as zero.
  /// - SeeAlso: Proposition 3 of [cohenRazin]; for the absence of other minima [laurent2018].
  public func criticalPoint(
    at layers: [Matrix], tolerance: Double = 1e-9
  ) throws(DecompositionError) -> CriticalPoint {
    let w = layers.dropFirst().reduce(layers[0]) { $1 * $0 }
    let slope = endToEndGradient(at: w)
    let scale = max(slope.frobeniusNorm, endToEndGradient(at: 0 * w).frobeniusNorm, w.frobeniusNorm)
    if slope.frobeniusNorm <= tolerance * scale { return .globalMinimum }
    let gradients = gradients(at: layers)
    let norm = gradients.reduce(0) { $0 + $1.inner($1) }.squareRoot()
    guard norm <= tolerance * scale else { return .none(gradientNorm: norm) }
    let eigenvalues = try hessian(at: layers).symmetricEigenvalues()
    let smallest = eigenvalues.last ?? 0
    if smallest < -tolerance * max(scale, eigenvalues.first ?? 0) {
      return .strictSaddle(smallestEigenvalue: smallest)
    }
    let narrowest = layers.dropLast().map(\.rowCount).min() ?? .max
    return narrowest >= min(w.rowCount, w.columnCount) ? .nonStrictSaddle : .undecided
  }
}
