public import LinearAlgebra

// An arbitrary singular value decomposition Σxy = U S Vᵀ does not diagonalise Σx when singular values repeat,
// zero included, though another one may: inside each singular subspace the basis is free, and there Σx is
// diagonalised.

/// How nearly the input covariance is diagonal in the singular vectors of the cross-covariance.
///
/// Data are normalised to X̂ = X/‖X‖_F, Ŷ = Y/‖Y‖_F, Σ̂x = X̂ᵀX̂, Σ̂xy = X̂ᵀŶ = U S Vᵀ, and Uᵀ Σ̂x U = D + B
/// with D diagonal. Several measures of B are in use, and papers do not always say which: all are here.
///
/// - SeeAlso: Assumption 1 and Equation 41 of [gidel2019] for ``commutatorMeasure`` and ``identityMeasure``;
///   the published version's Equation 27 is the off-diagonal part B.
public struct JointDecomposition: Sendable {
  /// U: an orthonormal basis of the inputs, d₀ × d₀; singular values descend, and inside one singular subspace
  /// the variances.
  public let inputVectors: Matrix
  /// S: min(d₀, d_N) values in descending order.
  public let singularValues: [Double]
  /// D: the variance along each input vector; they sum to 1.
  public let variances: [Double]
  /// ‖B‖_F.
  public let offDiagonalNorm: Double
  /// ‖Σ̂x‖_F.
  public let inputCovarianceNorm: Double
  /// ‖Σ̂xy Σ̂xyᵀ Σ̂x − Σ̂x Σ̂xy Σ̂xyᵀ‖_F.
  public let commutatorNorm: Double
  /// Δx = ½ ‖Σ̂x − 1/√d₀‖_F, as [gidel2019] defines it.
  ///
  /// Not zero for white inputs, as Σ̂x has trace one and 1/√d₀ norm one: see ``identityMeasureRange`` and
  /// ``distanceFromWhite``.
  public let identityMeasure: Double

  /// The distance of Σ̂x from the nearest multiple of the identity over ‖Σ̂x‖_F: zero for white inputs, and at most
  /// √(1 − 1/d₀), for data of rank one.
  public let distanceFromWhite: Double

  /// Δxy = ½ ‖[Σ̂xy Σ̂xyᵀ, Σ̂x]‖_F, between 0 and 1/√2; see also ``commutatorShare``.
  public var commutatorMeasure: Double { 0.5 * commutatorNorm }

  /// What Δx can be at all: ½ (1 − 1/√d₀) for white inputs, whose Σ̂x is 1/d₀, to √((1 − 1/√d₀)/2) for inputs in
  /// one direction.
  public var identityMeasureRange: ClosedRange<Double> {
    let rest = 1 - 1 / Double(inputVectors.rowCount).squareRoot()
    return 0.5 * rest...(0.5 * rest).squareRoot()
  }

  /// The commutator of Σ̂xy Σ̂xyᵀ and Σ̂x over √2 times the product of their norms: zero if they commute, and at
  /// most 1 by the inequality of Böttcher and Wenzel.
  public var commutatorShare: Double {
    let squares = singularValues.map { $0 * $0 * $0 * $0 }.reduce(0, +).squareRoot()
    let largest = Double(2).squareRoot() * squares * inputCovarianceNorm
    return commutatorNorm == 0 ? 0 : commutatorNorm / largest
  }

  /// The first place, from 0, at which the modes with a correlation are learned in another order, that of the singular
  /// values, than that in which reduced-rank optima take them, that of their squares over the variances; nil where the orders
  /// agree.
  public var firstDisagreement: Int? {
    let count = singularValues.count { $0 > 1e-10 * (singularValues.first ?? 0) }
    let (learned, optimal) = ReducedRankOptima.orders(
      targets: Array(singularValues.prefix(count)), curvatures: Array(variances.prefix(count)))
    return learned.indices.first { learned[$0] != optimal[$0] }
  }

  /// ½ ‖B‖_F.
  public var halfOffDiagonalNorm: Double { 0.5 * offDiagonalNorm }

  /// ‖B‖_F/‖Σ̂x‖_F, the share of the covariance that is off the diagonal.
  public var offDiagonalShare: Double { offDiagonalNorm / inputCovarianceNorm }

  /// Decomposes the covariances of a data set.
  ///
  /// - Parameters:
  ///   - data: the sums over a data set.
  ///   - tolerance: singular values that differ by at most this share of the largest count as one.
  /// - Throws: `DecompositionError` when the sums are not finite.
  public init(of data: CovarianceAccumulator, tolerance: Double = 1e-10) throws(DecompositionError)
  {
    let inputEnergy = data.inputProducts.trace
    precondition(
      inputEnergy > 0 && data.targetEnergy > 0,
      "inputs of size \(inputEnergy) and targets of size \(data.targetEnergy) cannot be normalised")
    let x = data.inputProducts / inputEnergy
    let xy = data.crossProducts / (inputEnergy.squareRoot() * data.targetEnergy.squareRoot())
    let n = x.rowCount
    let plain = try SingularValueDecomposition(of: xy, vectors: .full)
    // The inputs are on the left of Σ̂xy.
    let decomposition = try SingularValueDecomposition(
      leftVectors: plain.rightVectors, singularValues: plain.singularValues,
      rightVectorsTransposed: plain.leftVectors.transposed()
    ).diagonalizing(x, tolerance: tolerance)
    let u = decomposition.rightVectors
    let rotated = u.transposedTimes(x * u)
    let product = xy.timesTransposed(x * xy)
    inputVectors = u
    singularValues = decomposition.singularValues
    variances = rotated.diagonal
    offDiagonalNorm = (rotated - .diagonal(rotated.diagonal)).frobeniusNorm
    inputCovarianceNorm = x.frobeniusNorm
    commutatorNorm = (product - product.transposed()).frobeniusNorm
    identityMeasure =
      0.5 * (x - Matrix.identity(n) / Double(n).squareRoot()).frobeniusNorm
    // The trace is one, so that 1/d is the nearest multiple.
    distanceFromWhite = (x - Matrix.identity(n) / Double(n)).frobeniusNorm / inputCovarianceNorm
  }
}
