public import LinearAlgebra
import RealModule

/// The positive semidefinite map through which balanced layers move their product.
///
///     P(W)[G] = Σ_{j=1}^N (W Wᵀ)^{(N−j)/N} G (WᵀW)^{(j−1)/N},   dW/dt = −P(W)[∇ℓ(W)]
///
/// Its eigenvectors are u_r v_sᵀ for all left and right singular vectors, and the eigenvalues
/// Σ_j σ_r^{2(N−j)/N} σ_s^{2(j−1)/N} with 0⁰ = 1. Applied through one singular value decomposition; the matrix
/// is formed only when asked for. Powers come from the singular values of W, never from W Wᵀ.
///
/// - SeeAlso: Theorem 1 and Corollary 1 of [cohenRazin], whose n is ``depth``; in the corollary the left side
///   is printed without its time derivative.
public struct EndToEndPreconditioner: Sendable {
  /// The number of layers.
  public let depth: Int
  private let leftVectors: Matrix
  private let rightVectors: Matrix
  /// Singular values of the left and of the right vectors, zero where there is none.
  private let leftValues: [Double]
  private let rightValues: [Double]

  /// - Precondition: depth at least 1.
  public init(at endToEnd: Matrix, depth: Int) throws(DecompositionError) {
    precondition(depth >= 1, "a network has at least one layer, not \(depth)")
    let decomposition = try SingularValueDecomposition(of: endToEnd, vectors: .full)
    self.depth = depth
    leftVectors = decomposition.leftVectors
    rightVectors = decomposition.rightVectors
    func padded(_ count: Int) -> [Double] {
      decomposition.singularValues
        + [Double](repeating: 0, count: count - decomposition.singularValues.count)
    }
    leftValues = padded(endToEnd.rowCount)
    rightValues = padded(endToEnd.columnCount)
  }

  /// P(W)[G].
  ///
  /// - Complexity: four matrix products.
  public func apply(to gradient: Matrix) -> Matrix {
    var core = leftVectors.transposedTimes(gradient * rightVectors)
    for r in 0..<core.rowCount {
      for s in 0..<core.columnCount { core[r, s] *= eigenvalue(left: r, right: s) }
    }
    return leftVectors * core.timesTransposed(rightVectors)
  }

  /// The eigenvalue that belongs to u_r v_sᵀ.
  public func eigenvalue(left r: Int, right s: Int) -> Double {
    let n = Double(depth)
    var sum = 0.0
    for j in 1...depth {
      sum +=
        Self.power(leftValues[r], 2 * Double(depth - j) / n)
        * Self.power(rightValues[s], 2 * Double(j - 1) / n)
    }
    return sum
  }

  /// All eigenvalues in descending order.
  public var eigenvalues: [Double] {
    leftValues.indices.flatMap { r in
      rightValues.indices.map { eigenvalue(left: r, right: $0) }
    }.sorted(by: >)
  }

  /// The smallest eigenvalue; N σ_min^{2−2/N} for square W, σ_min^{2−2/N} otherwise.
  public var smallestEigenvalue: Double {
    eigenvalue(left: leftValues.count - 1, right: rightValues.count - 1)
  }

  /// The eigenvector u_r v_sᵀ as a matrix.
  public func eigenvector(left r: Int, right s: Int) -> Matrix {
    Matrix(rowCount: leftValues.count, columnCount: 1, elements: leftVectors.column(r))
      * Matrix(rowCount: 1, columnCount: rightValues.count, elements: rightVectors.column(s))
  }

  /// P(W) as a matrix that acts on the columns of G put under one another.
  ///
  /// - Complexity: (d_N d₀)² numbers.
  public func matrix() -> Matrix {
    let (m, n) = (leftValues.count, rightValues.count)
    var result = Matrix(rowCount: m * n, columnCount: m * n)
    for column in 0..<n {
      for row in 0..<m {
        var unit = Matrix(rowCount: m, columnCount: n)
        unit[row, column] = 1
        let image = apply(to: unit)
        for i in 0..<m {
          for j in 0..<n { result[j * m + i, column * m + row] = image[i, j] }
        }
      }
    }
    return result
  }

  private static func power(_ base: Double, _ exponent: Double) -> Double {
    exponent == 0 ? 1 : .pow(base, exponent)
  }
}
