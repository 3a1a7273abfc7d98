public import LinearAlgebra
import RealModule

/// A single layer trained on a regression given by its covariances, which is linear and has closed forms.
///
///     flow     W′ = Σyx − W Σx:            W(t) = W₀ e^{−tΣx} + Σyx (1 − e^{−tΣx}) Σx⁻¹
///     descent  W ← W + η (Σyx − W Σx):     W_t = W₀ (1 − ηΣx)^t + Σyx (1 − (1 − ηΣx)^t) Σx⁻¹
///
/// evaluated per eigenvalue of Σx, so that Σx may be singular: the last factor is t, or ηt, on its kernel. An
/// eigenvalue within rounding of zero, and what Σyx has along the kernel within rounding, are zero: late times would
/// make them as large as anything.
/// `W` is outputs × inputs. With Σx = 1 this is the one-layer factorization of a target Σyx,
/// W(t) = Y + (W₀ − Y) e^{−t}.
///
/// - SeeAlso: Equations 17 and 33 of [gidel2019], the second printed with a sum that does not give it; Equation
///   4 of [tarmoun2021].
public struct LinearModel: Equatable, Sendable {
  /// Σyx.
  public let crossCovariance: Matrix
  private let eigenvalues: [Double]
  private let eigenvectors: Matrix
  /// Σyx in the eigenvectors.
  private let rotatedCross: Matrix

  /// - Parameters:
  ///   - inputCovariance: Σx, d₀ × d₀, symmetric.
  ///   - crossCovariance: Σyx, d_N × d₀.
  public init(inputCovariance: Matrix, crossCovariance: Matrix) throws(DecompositionError) {
    precondition(
      inputCovariance.rowCount == crossCovariance.columnCount,
      "a \(crossCovariance.shape) cross-covariance does not fit \(inputCovariance.shape) inputs")
    let decomposition = try SymmetricEigendecomposition(of: inputCovariance)
    self.crossCovariance = crossCovariance
    eigenvectors = decomposition.eigenvectors
    let largest = decomposition.eigenvalues.map(abs).max() ?? 0
    let rounding = 4 * Double(inputCovariance.rowCount) * .ulpOfOne * largest
    eigenvalues = decomposition.eigenvalues.map { abs($0) <= rounding ? 0 : $0 }
    // The kernel is known up to rounding over the distance to the next eigenvalue.
    var rotated = crossCovariance * eigenvectors
    let next = eigenvalues.map(abs).filter { $0 > 0 }.min() ?? largest
    let negligible = next > 0 ? rounding / next * crossCovariance.frobeniusNorm : 0
    for (k, λ) in eigenvalues.enumerated() where λ == 0 {
      let column = rotated.column(k)
      let norm = column.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard norm <= negligible else { continue }
      for row in column.indices { rotated[row, k] = 0 }
    }
    rotatedCross = rotated
  }

  /// The weights of gradient flow at a time.
  public func flow(from initial: Matrix, at time: Double) -> Matrix {
    combine(initial) { λ in
      (.exp(-time * λ), λ == 0 ? time : -.expMinusOne(-time * λ) / λ)
    }
  }

  /// The weights after a number of steps of gradient descent; converges when η < 2/λmax.
  public func descent(from initial: Matrix, stepSize: Double, after steps: Int) -> Matrix {
    combine(initial) { λ in
      let x = stepSize * λ
      if x < 0.5 {
        let exponent = Double(steps) * .log(onePlus: -x)
        return (.exp(exponent), λ == 0 ? stepSize * Double(steps) : -.expMinusOne(exponent) / λ)
      }
      let factor = Double.pow(1 - x, steps)
      return (factor, (1 - factor) / λ)
    }
  }

  private func combine(
    _ initial: Matrix, _ factors: (Double) -> (kept: Double, learned: Double)
  ) -> Matrix {
    let values = eigenvalues.map(factors)
    let kept = (initial * eigenvectors).scalingColumns(by: values.map(\.kept))
    let learned = rotatedCross.scalingColumns(by: values.map(\.learned))
    return (kept + learned).timesTransposed(eigenvectors)
  }
}
