public import LinearAlgebra

// Goals: 1. The value keeps its relative accuracy when the fit becomes perfect.  2. Cost per evaluation does not
// depend on the number of samples.
//
//     ½/m ‖X Wᵀ − Y‖² = ½ tr(W Σx Wᵀ) − tr(W Σyxᵀ) + ½/m ‖Y‖²
//
// subtracts nearly equal numbers near the minimum W* = Σyx Σx⁺. With the gradient G = W Σx − Σyx = (W − W*) Σx,
//
//     ℓ(W) = ℓ(W*) + ½ ⟨G, W − W*⟩,
//
// which needs nothing more than the gradient. ℓ(W*) is computed once, from the data.

/// Linear regression by least squares: samples are rows, ŷ = W x.
///
///     ℓ(W) = ½/m ‖X Wᵀ − Y‖²_F,
///
/// or, from covariances alone, ½ tr(W Σx Wᵀ) − tr(W Σyxᵀ), which lacks the constant ½/m ‖Y‖².
public struct RegressionObjective: Objective, Equatable {
  /// Σx = XᵀX/m.
  public let inputCovariance: Matrix
  /// Σyx = YᵀX/m, d_N × d₀.
  public let crossCovariance: Matrix
  /// X and Y, when the objective was made from samples.
  public let samples: Samples?
  /// λ_max and λ_min of Σx.
  public let largestEigenvalue: Double, smallestEigenvalue: Double

  private let optimum: ObjectiveMinimum?

  /// Inputs X (m × d₀) and targets Y (m × d_N), samples as rows.
  public struct Samples: Equatable, Sendable {
    /// X, one sample per row.
    public let inputs: Matrix
    /// Y, one sample per row.
    public let targets: Matrix

    /// - Throws: ``ObjectiveError`` when there are not as many targets as inputs, or none.
    public init(inputs: Matrix, targets: Matrix) throws(ObjectiveError) {
      guard inputs.rowCount == targets.rowCount else {
        throw .differentSampleCounts(inputs: inputs.rowCount, targets: targets.rowCount)
      }
      guard inputs.count > 0, targets.count > 0 else { throw .noSamples }
      self.inputs = inputs
      self.targets = targets
    }

    /// The number of samples m.
    public var count: Int { inputs.rowCount }
  }

  /// Regression on samples.
  ///
  /// - Throws: ``ObjectiveError``, or `DecompositionError` for data that are not finite.
  public init(inputs: Matrix, targets: Matrix) throws {
    let samples = try Samples(inputs: inputs, targets: targets)
    let count = Double(samples.count)
    let covariance = (inputs.transposedTimes(inputs) / count).symmetrized()
    let cross = targets.transposedTimes(inputs) / count
    let (largest, largestTarget) = (inputs.maxAbsolute, targets.maxAbsolute)
    if largest.isFinite, largestTarget.isFinite {
      // Of numbers that are not finite the decomposition says so.
      let hasVanished = largest > 0 && covariance.maxAbsolute < .leastNormalMagnitude
      if !covariance.isFinite || hasVanished { throw ObjectiveError.beyondRange(largest) }
      if !cross.isFinite || !(largestTarget * largestTarget).isFinite {
        throw ObjectiveError.beyondRange(max(largest, largestTarget))
      }
    }
    try self.init(covariance: covariance, cross: cross, samples: samples)
  }

  /// Regression on covariances.
  ///
  /// - Parameters:
  ///   - inputCovariance: Σx, symmetric positive semidefinite, d₀ × d₀.
  ///   - crossCovariance: Σyx, d_N × d₀.
  /// - Throws: ``ObjectiveError``, or `DecompositionError` for elements that are not finite.
  public init(inputCovariance: Matrix, crossCovariance: Matrix) throws {
    guard inputCovariance.rowCount == inputCovariance.columnCount,
      crossCovariance.columnCount == inputCovariance.rowCount, crossCovariance.count > 0
    else {
      throw ObjectiveError.covarianceShapes(
        input: inputCovariance.shape, cross: crossCovariance.shape)
    }
    let tolerance = 1e-9 * inputCovariance.maxAbsolute
    for i in 0..<inputCovariance.rowCount {
      for j in 0..<i {
        let difference = abs(inputCovariance[i, j] - inputCovariance[j, i])
        guard difference <= tolerance else {
          throw ObjectiveError.asymmetricCovariance(row: i, column: j, difference: difference)
        }
      }
    }
    try self.init(
      covariance: inputCovariance.symmetrized(), cross: crossCovariance, samples: nil)
  }

  private init(covariance: Matrix, cross: Matrix, samples: Samples?) throws {
    inputCovariance = covariance
    crossCovariance = cross
    self.samples = samples
    let decomposition = try SymmetricEigendecomposition(of: covariance)
    let eigenvalues = decomposition.eigenvalues
    largestEigenvalue = eigenvalues.first ?? 0
    smallestEigenvalue = max(eigenvalues.last ?? 0, 0)
    let rounding = Double(eigenvalues.count) * .ulpOfOne * largestEigenvalue
    if let last = eigenvalues.last, last < -1e-9 * max(largestEigenvalue, -last) {
      throw ObjectiveError.indefiniteCovariance(eigenvalue: last)
    }
    let rank = eigenvalues.count { $0 > 4 * rounding }
    let basis = decomposition.eigenvectors.firstColumns(rank)
    let projected = cross * basis
    let best =
      projected
      .scalingColumns(by: eigenvalues.prefix(rank).map { 1 / $0 }).timesTransposed(basis)
    // Without a minimum: Σyx reaches outside the range of Σx, possible for covariances alone.
    let outside = (cross - projected.timesTransposed(basis)).frobeniusNorm
    guard outside <= 1e-7 * cross.frobeniusNorm else {
      optimum = nil
      return
    }
    if let samples {
      let residual =
        (samples.inputs.timesTransposed(best) - samples.targets).frobeniusNorm
      optimum = ObjectiveMinimum(
        value: residual * residual / (2 * Double(samples.count)), endToEnd: best)
    } else {
      optimum = ObjectiveMinimum(value: -cross.inner(best) / 2, endToEnd: best)
    }
  }

  public var outputCount: Int { crossCovariance.rowCount }
  public var inputCount: Int { crossCovariance.columnCount }
  public var isConvex: Bool { true }
  public var smoothness: Double? { largestEigenvalue }
  public var strongConvexity: Double? { smallestEigenvalue }
  public var minimum: ObjectiveMinimum? { optimum }

  public func value(at endToEnd: Matrix) -> Double {
    var gradient = Matrix(rowCount: inputCount, columnCount: outputCount)
    return value(at: endToEnd, transposedGradient: &gradient)
  }

  /// - Complexity: O(*outputs* · *inputs*²); no allocation.
  public func value(at endToEnd: Matrix, transposedGradient: inout Matrix) -> Double {
    requireShape(endToEnd)
    requireTransposedShape(transposedGradient)
    transposedGradient.setToProduct(inputCovariance, endToEnd, transposingRight: true)
    let (rowCount, columnCount) = (outputCount, inputCount)
    var sum = 0.0
    let base = optimum?.endToEnd ?? crossCovariance
    endToEnd.withUnsafeElements { w in
      base.withUnsafeElements { base in
        crossCovariance.withUnsafeElements { cross in
          transposedGradient.withUnsafeMutableElements { gradient in
            for i in 0..<rowCount {
              for j in 0..<columnCount {
                let place = i * columnCount + j
                let product = gradient[j * rowCount + i]
                gradient[j * rowCount + i] = product - cross[place]
                sum +=
                  optimum == nil
                  ? w[place] * (product - 2 * cross[place])
                  : (w[place] - base[place]) * (product - cross[place])
              }
            }
          }
        }
      }
    }
    return (optimum?.value ?? 0) + sum / 2
  }

  public func curvature(
    at endToEnd: Matrix, along direction: Matrix, transposed result: inout Matrix
  ) {
    requireShape(direction)
    result.setToProduct(inputCovariance, direction, transposingRight: true)
  }
}
