public import LinearAlgebra
import RealModule

// Σyx = U S Vᵀ, with V diagonalising Σx as far as any such V can, VᵀΣxV = D + B. If B = 0 each mode is learned by itself:
// u_iᵀ W v_i tends to σ_i/λ_i, and the loss falls by σ_i²/(2λ_i).
//
// At a minimum W* of balanced layers the second derivative is that of the loss along dW = Σ_j W_{N:j+1} dW_j W_{j−1:1}:
// its largest eigenvalue is that of P^{1/2} (1 ⊗ Σx) P^{1/2}, with P diagonal in the singular vectors of W* = Σ a_r u_r v_rᵀ,
// p_rq = Σ_j a_r^{2(N−j)/N} a_q^{2(j−1)/N}.

/// What decides how a regression is learned: its singular modes, what is not diagonal in them, and the order in which they are
/// learned.
///
/// - SeeAlso: Assumption 1, Theorem 2 and Corollary 2 of [gidel2019]; the order of learning is that of the σ_i, the
///   order of the reduced-rank optima that of the σ_i²/λ_i.
public struct ProblemModes: Sendable {
  /// One singular mode of Σyx.
  public struct Mode: Equatable, Sendable {
    /// σ, the correlation of inputs and outputs along the mode.
    public var target: Double
    /// λ, the variance of the inputs along the mode.
    public var curvature: Double

    /// σ/λ, what the mode is learned to be; infinite without variance.
    public var limit: Double { target / curvature }
    /// σ²/λ, twice what learning the mode lowers the loss by.
    public var gain: Double { target * target / curvature }
  }

  /// U, one column for each mode.
  public let outputVectors: Matrix
  /// V, d₀ × d₀: the modes' input vectors, then those without a correlation.
  public let inputVectors: Matrix
  /// The modes with a correlation, σ descending.
  public let modes: [Mode]
  /// The variances along the inputs vectors that have no correlation, descending.
  public let otherVariances: [Double]
  /// B = VᵀΣxV without its diagonal.
  public let offDiagonal: Matrix
  /// ‖Σx‖_F.
  public let inputCovarianceNorm: Double
  /// ‖[ΣyxᵀΣyx, Σx]‖_F/(√2 ‖ΣyxᵀΣyx‖_F ‖Σx‖_F), 0 if they commute and at most 1; see
  /// ``JointDecomposition/commutatorShare``.
  public let commutatorShare: Double
  /// The distance of Σx from the nearest multiple of the identity over ‖Σx‖_F.
  public let distanceFromWhite: Double
  /// Twice what each further rank lowers the least loss by, of the problem as it is, B included.
  public let optimumGains: [Double]
  /// Σyx Σx⁺.
  public let minimizer: Matrix
  private let inputCovariance: Matrix

  /// ‖B‖_F/‖Σx‖_F.
  public var offDiagonalShare: Double { offDiagonal.frobeniusNorm / inputCovarianceNorm }

  /// The modes of a problem.
  ///
  /// - Parameters:
  ///   - x: Σx, symmetric, d₀ × d₀, not zero.
  ///   - yx: Σyx, d_N × d₀.
  ///   - tolerance: singular values that differ by at most this share of the largest count as one, and values
  ///     below it as none.
  /// - Complexity: O(d₀³).
  public init(
    inputCovariance x: Matrix, crossCovariance yx: Matrix, tolerance: Double = 1e-10
  ) throws(DecompositionError) {
    precondition(
      x.rowCount == x.columnCount && x.rowCount == yx.columnCount,
      "a \(yx.shape) cross-covariance does not fit a \(x.shape) input covariance")
    let joint = try SingularValueDecomposition(of: yx, vectors: .full)
      .diagonalizing(x, tolerance: tolerance)
    let v = joint.rightVectors
    let rotated = v.transposedTimes(x * v)
    let variances = rotated.diagonal
    let σ = joint.singularValues
    let count = σ.count { $0 > tolerance * (σ.first ?? 0) }
    inputCovariance = x
    inputVectors = v
    outputVectors = joint.leftVectors.firstColumns(count)
    modes = (0..<count).map { Mode(target: σ[$0], curvature: max(0, variances[$0])) }
    otherVariances = Array(variances.dropFirst(count))
    offDiagonal = rotated - .diagonal(variances)
    inputCovarianceNorm = x.frobeniusNorm
    let n = x.rowCount
    distanceFromWhite =
      (x - x.trace / Double(n) * Matrix.identity(n)).frobeniusNorm / inputCovarianceNorm
    // In V the square of Σyx is diagonal: the commutator has the elements (σ_i² − σ_j²) B_ij.
    let squares = σ.map { $0 * $0 } + [Double](repeating: 0, count: n - σ.count)
    var sum = 0.0
    for i in 0..<n {
      for j in 0..<n {
        let element = (squares[i] - squares[j]) * offDiagonal[i, j]
        sum += element * element
      }
    }
    let size = squares.reduce(0) { $0 + $1 * $1 }.squareRoot()
    commutatorShare =
      sum == 0 ? 0 : sum.squareRoot() / (2.0.squareRoot() * size * inputCovarianceNorm)
    let eigen = try SymmetricEigendecomposition(of: x)
    let cutoff = 1e-12 * (eigen.eigenvalues.first ?? 0)
    let inverses = eigen.eigenvalues.map { $0 > cutoff ? 1 / $0 : 0 }
    let inBasis = yx * eigen.eigenvectors
    optimumGains = try inBasis.scalingColumns(by: inverses.map { $0.squareRoot() })
      .singularValues().map { $0 * $0 }
    minimizer = inBasis.scalingColumns(by: inverses).timesTransposed(eigen.eigenvectors)
  }

  // MARK: The order of learning

  /// The modes in the order in which training from a small start learns them, and in the order in which reduced-rank optima
  /// take them.
  public var orders: (learned: [Int], optimal: [Int]) {
    ReducedRankOptima.orders(targets: modes.map(\.target), curvatures: modes.map(\.curvature))
  }

  /// The first place at which the two orders differ, from 0; nil where they agree.
  public var firstDisagreement: Int? {
    let (learned, optimal) = orders
    return learned.indices.first { learned[$0] != optimal[$0] }
  }

  /// What each plateau of training lowers the loss by, from none learned to all: Σ σ_i²/(2λ_i) over the modes learned.
  public var plateauReductions: [Double] {
    modes.reduce(into: [0.0]) { $0.append($0.last! + 0.5 * $1.gain) }
  }

  /// What the optimum of each rank lowers the loss by, from rank 0 to full.
  public var optimumReductions: [Double] {
    optimumGains.reduce(into: [0.0]) { $0.append($0.last! + 0.5 * $1) }
  }

  // MARK: Steps

  /// The largest eigenvalue of the second derivative of the loss by all layers, where balanced layers have W*.
  ///
  /// - Parameter depth: the number of layers.
  /// - Complexity: O(d_N d₀²) for each of at most 2,000 products with the second derivative.
  public func sharpness(depth: Int) throws(DecompositionError) -> Double {
    let decomposition = try SingularValueDecomposition(of: minimizer, vectors: .full)
    let v = decomposition.rightVectors
    let rotated = v.transposedTimes(inputCovariance * v).symmetrized()
    let a = decomposition.singularValues
    let n = Double(depth)
    func power(_ index: Int, _ exponent: Double) -> Double {
      let value = index < a.count ? a[index] : 0
      return exponent == 0 ? 1 : value == 0 ? 0 : .pow(value, exponent)
    }
    var roots = Matrix(rowCount: minimizer.rowCount, columnCount: minimizer.columnCount)
    for r in 0..<roots.rowCount {
      for q in 0..<roots.columnCount {
        roots[r, q] = (1...depth).reduce(0) { sum, j in
          sum + power(r, 2 * (n - Double(j)) / n) * power(q, 2 * Double(j - 1) / n)
        }.squareRoot()
      }
    }
    func scaled(_ m: Matrix) -> Matrix {
      Matrix(
        rowCount: m.rowCount, columnCount: m.columnCount,
        elements: zip(m.elements, roots.elements).map { $0 * $1 })
    }
    var generator = SeededGenerator(seed: 0)
    var direction = Matrix.gaussian(
      rowCount: roots.rowCount, columnCount: roots.columnCount, using: &generator)
    direction = direction / direction.frobeniusNorm
    var largest = 0.0
    for _ in 0..<2000 {
      let image = scaled(scaled(direction) * rotated)
      let size = image.frobeniusNorm
      guard size > 0 else { return 0 }
      let grown = size - largest
      largest = size
      direction = image / size
      if abs(grown) <= 1e-12 * size { break }
    }
    return largest
  }

  /// 2 over the ``sharpness(depth:)``: descent with a longer step leaves the minimum.
  public func largestStableStep(depth: Int) throws(DecompositionError) -> Double {
    2 / (try sharpness(depth: depth))
  }
}
