public import Dynamics
public import LinearAlgebra
import RealModule

// The matrices with a loss of at most ℓ(W) are W* + E Σx^{−1/2} with ‖E‖_F ≤ ρ, ρ² = 2 (ℓ(W) − ℓ*).
//
// As many outputs as inputs or more: the least ‖(W* + E Σx^{−1/2}) v‖ over E is the positive part of
// ‖W*v‖ − ρ ‖Σx^{−1/2}v‖. The pairs (‖W*v‖², ‖Σx^{−1/2}v‖²) of unit vectors v lie above each line
// a = τ b + λ_min(W*ᵀW* − τ Σx⁻¹), and the curve √a = m + ρ√b is concave in b, so that one of these lines separates it
// from them for the largest m: m² = max_τ λ_min(W*ᵀW* − τ Σx⁻¹) (1 − ρ²/τ), ρ² < τ < σ_min(W*Σx^{1/2})².
//
// Fewer outputs: the least ‖W*ᵀu + Σx^{−1/2}z‖² over unit u and ‖z‖ ≤ ρ is a quadratic form under two quadratic
// conditions; their joint values are convex for three dimensions and more (Polyak 1998), so that it equals its dual
// m² = max_κ λ_min(W* κΣx (1 + κΣx)⁻¹ W*ᵀ) − κρ², 0 < κ < σ_min(W*)²/ρ². Along what the inputs never show W may be anything
// at no loss, zero at best: W* is the minimiser that is zero there, and a singular Σx changes nothing else. With as many
// outputs as inputs or more a W that is zero there is rank deficient, and there is no margin.
//
// Both are maxima of functions that rise and then fall, and any τ or κ gives a lower bound.

/// The largest δ such that every matrix with a smallest singular value of at most δ has a larger loss than W
/// (any smaller δ is a margin).
///
/// For a regression, whatever its Σx, exact up to rounding. With ρ = √(2 (ℓ(W) − ℓ*)) and W* the minimiser of least norm
///
///     min_{‖v‖=1} ‖W*v‖ − ρ ‖Σx^{−1/2}v‖           for outputs at least as many as inputs
///     min_{‖u‖=1, ‖z‖≤ρ} ‖W*ᵀu + Σx^{−1/2}z‖       for fewer outputs
///
/// and it is positive exactly if ρ < σ_min(W*Σx^{1/2}), that is ℓ(W) − ℓ* < ½ σ_min(W*Σx^{1/2})². For white inputs this is
/// σ_min(W*) − ‖W − W*‖_F. For another strongly convex loss a lower bound, σ_min(W*) − √(2 (ℓ(W) − ℓ*)/α).
///
/// Not positive: there is no margin, or for a lower bound none is known.
///
/// - SeeAlso: Definition 3 and Example 1 of [cohenRazin], which has white inputs.
public struct DeficiencyMargin: Equatable, Sendable {
  /// The largest δ, or a lower bound of it.
  public let supremum: Double
  /// Whether the supremum is exact, not a lower bound of it.
  public let isExact: Bool

  /// The margin of a matrix for a problem.
  ///
  /// - Complexity: one singular value decomposition and, unless inputs are white, 60 sets of eigenvalues of
  ///   matrices as large as the smaller side.
  public init(of endToEnd: Matrix, for problem: QuadraticProblem) throws(DecompositionError) {
    let optimum = try problem.minimizer()
    let difference = endToEnd - optimum
    isExact = true
    if problem.hasWhiteInputs {
      supremum = (try optimum.singularValues().last ?? 0) - difference.frobeniusNorm
      return
    }
    let inputs = try SymmetricEigendecomposition(of: problem.inputCovariance)
    let eigenvalues = inputs.eigenvalues
    let largest = eigenvalues.map(abs).max() ?? 0
    let isSingular = !((eigenvalues.min() ?? 0) > 1e-14 * largest)
    guard !isSingular || optimum.rowCount < optimum.columnCount else {
      // A matrix of no more loss is zero along what the inputs never show.
      supremum = -.infinity
      return
    }
    // Eigenvalues of rounding are those of directions that the inputs never show.
    let variances = eigenvalues.map { $0 > 1e-14 * largest ? $0 : 0 }
    let rotated = (optimum * inputs.eigenvectors)
      .scalingColumns(by: variances.map { $0 > 0 ? 1 : 0 })
    let ρ = (difference * inputs.eigenvectors).scalingColumns(by: variances.map { $0.squareRoot() })
      .frobeniusNorm
    let size =
      try rotated.scalingColumns(by: variances.map { $0.squareRoot() }).singularValues().last ?? 0
    guard ρ < size else {
      supremum = (size - ρ) / largest.squareRoot()
      return
    }
    let smallest = try rotated.singularValues().last ?? 0
    guard ρ > 1e-15 * size else {
      supremum = smallest
      return
    }
    let square: Double
    if optimum.rowCount >= optimum.columnCount {
      let gram = rotated.transposedTimes(rotated)
      square = try Self.maximum(from: 2 * .log(ρ), to: 2 * .log(size)) {
        (logarithm) throws(DecompositionError) in
        let τ = Double.exp(logarithm)
        let form = gram - .diagonal(variances.map { τ / $0 })
        return (try form.symmetrized().symmetricEigenvalues().last ?? 0) * (1 - ρ * ρ / τ)
      }
    } else {
      let top = 2 * .log(smallest / ρ)
      square = try Self.maximum(from: top - 90, to: top) {
        (logarithm) throws(DecompositionError) in
        let κ = Double.exp(logarithm)
        let weights = variances.map { (κ * $0 / (1 + κ * $0)).squareRoot() }
        let part = try rotated.scalingColumns(by: weights).singularValues().last ?? 0
        return part * part - κ * ρ * ρ
      }
    }
    supremum = max(0, square).squareRoot()
  }

  /// The lower bound for a loss that is strongly convex with α.
  init(
    of endToEnd: Matrix, excess: Double, curvature α: Double, optimum: Matrix
  ) throws(DecompositionError) {
    isExact = false
    let smallest = try optimum.singularValues().last ?? 0
    supremum = α > 0 ? smallest - (2 * max(0, excess) / α).squareRoot() : -.infinity
  }

  /// A lower bound that is known otherwise.
  init(lowerBound: Double) {
    isExact = false
    supremum = lowerBound
  }

  /// That there is one; a lower bound is called one.
  var hypothesis: Hypothesis {
    Hypothesis(
      isExact ? "deficiency margin" : "deficiency margin (a lower bound)", measured: supremum,
      moreThan: 0)
  }

  /// The largest value of a function that rises and then falls, by golden sections.
  private static func maximum(
    from low: Double, to high: Double,
    of function: (Double) throws(DecompositionError) -> Double
  ) throws(DecompositionError) -> Double {
    let ratio = 0.5 * (5.0.squareRoot() - 1)
    var (low, high) = (low, high)
    var (a, b) = (high - ratio * (high - low), low + ratio * (high - low))
    var (valueA, valueB) = (try function(a), try function(b))
    var best = max(valueA, valueB)
    for _ in 0..<60 where high > low {
      if valueA >= valueB {
        (high, b, valueB) = (b, a, valueA)
        a = high - ratio * (high - low)
        valueA = try function(a)
      } else {
        (low, a, valueA) = (a, b, valueB)
        b = low + ratio * (high - low)
        valueB = try function(b)
      }
      best = max(best, valueA, valueB)
    }
    return best
  }
}

extension QuadraticProblem {
  /// Whether Σx is a multiple of the identity up to rounding.
  var hasWhiteInputs: Bool {
    let x = inputCovariance
    let mean = x.trace / Double(x.rowCount)
    return (x - mean * Matrix.identity(x.rowCount)).maxAbsolute <= 1e-12 * mean
  }
}
