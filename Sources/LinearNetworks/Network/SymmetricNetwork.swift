public import LinearAlgebra

/// A network with one weight matrix used twice, W = U Uᵀ.
public struct SymmetricNetwork: Equatable, Sendable {
  /// U, d × k.
  public var factor: Matrix

  /// - Precondition: the factor has an element.
  public init(factor: Matrix) {
    precondition(factor.count > 0, "a symmetric network cannot have a \(factor.shape) factor")
    self.factor = factor
  }

  /// The end-to-end matrix U Uᵀ.
  public func endToEnd() -> Matrix { factor.timesTransposed(factor) }

  /// The same map as a network of two layers Uᵀ and U; balanced.
  public var layered: LinearNetwork {
    LinearNetwork(fitting: [factor.transposed(), factor])
  }
}

extension SymmetricNetwork {
  /// A network in the eigenvectors of a matrix's symmetric part: U = Q diag(√s) Gᵀ, eigenvalues descending.
  ///
  /// - Parameters:
  ///   - reference: a square matrix; its eigenvectors are used, its eigenvalues are not.
  ///   - scales: s_1, s_2, …, none negative, at most as many as there are columns.
  ///   - columnCount: that of U.
  ///   - rotation: G, orthogonal; none where nil.
  public static func spectral(
    alignedWith reference: Matrix, scales: [Double], columnCount: Int, rotation: Matrix? = nil
  ) throws(DecompositionError) -> SymmetricNetwork {
    precondition(
      scales.allSatisfy { $0 >= 0 } && scales.count <= min(columnCount, reference.rowCount),
      "the sizes \(scales) do not go with \(columnCount) columns of U")
    let vectors = try SymmetricEigendecomposition(of: reference.symmetrized()).eigenvectors
    var factor = Matrix(rowCount: reference.rowCount, columnCount: columnCount)
    for (mode, scale) in scales.enumerated() {
      for row in 0..<reference.rowCount {
        factor[row, mode] = scale.squareRoot() * vectors[row, mode]
      }
    }
    return SymmetricNetwork(factor: rotation.map { factor.timesTransposed($0) } ?? factor)
  }
}
