public import LinearAlgebra

/// The end-to-end matrices that a kind of network can have.
public enum EndToEndClass: Equatable, Sendable {
  /// W = W_N ⋯ W_1 with this smallest width: every matrix of at most that rank.
  case layered(narrowestWidth: Int)
  /// W = U Uᵀ, U with this many columns: every positive semidefinite matrix of at most that rank.
  case symmetric(width: Int)

  /// The matrices of a layered network.
  ///
  /// - Parameter widths: d₀, …, d_N.
  public static func layered(widths: [Int]) -> EndToEndClass {
    .layered(narrowestWidth: widths.min() ?? 0)
  }

  /// Whether a matrix is one of them, up to rounding of its largest singular value.
  public func contains(_ matrix: Matrix) throws(DecompositionError) -> Bool {
    let size = Double(max(matrix.rowCount, matrix.columnCount))
    switch self {
    case .layered(let width):
      guard width < min(matrix.rowCount, matrix.columnCount) else { return true }
      let values = try matrix.singularValues()
      return values[width] <= 4 * size * .ulpOfOne * values[0]
    case .symmetric(let width):
      guard matrix.rowCount == matrix.columnCount else { return false }
      let rounding = 4 * size * .ulpOfOne * matrix.maxAbsolute
      guard (matrix - matrix.transposed()).maxAbsolute <= rounding else { return false }
      let values = try matrix.symmetrized().symmetricEigenvalues()
      return values.enumerated().allSatisfy { $0 < width ? $1 >= -rounding : abs($1) <= rounding }
    }
  }
}

extension Objective {
  /// The minimum over all matrices, where it is one of the class; nil otherwise.
  public func minimum(
    over class: EndToEndClass
  ) throws(DecompositionError) -> ObjectiveMinimum? {
    guard let minimum, try `class`.contains(minimum.endToEnd) else { return nil }
    return minimum
  }
}

extension Matrix {
  /// The nearest matrix of a class in the Frobenius norm, and half the square of its distance.
  ///
  ///     rank at most r:      Σ_{k≤r} s_k u_k v_kᵀ,   ½ Σ_{k>r} s_k²
  ///     U Uᵀ of width r:     the r largest positive eigenvalues of the symmetric part; ½ the squares of the
  ///                          others, and ½ ‖antisymmetric part‖²
  func nearest(
    in class: EndToEndClass
  ) throws(DecompositionError) -> (matrix: Matrix, halfSquare: Double) {
    func halfSquare(_ values: some Sequence<Double>) -> Double {
      values.reduce(0) { $0 + $1 * $1 } / 2
    }
    switch `class` {
    case .layered(let width):
      if width >= min(rowCount, columnCount) { return (self, 0) }
      let decomposition = try SingularValueDecomposition(of: self)
      return (
        decomposition.reconstruct(rank: width),
        halfSquare(decomposition.singularValues.dropFirst(width))
      )
    case .symmetric(let width):
      precondition(rowCount == columnCount, "no symmetric matrix is near a \(shape) matrix")
      let symmetric = symmetrized()
      let decomposition = try SymmetricEigendecomposition(of: symmetric)
      let values = decomposition.eigenvalues
      let kept = values.prefix(width).prefix { $0 > 0 }.count
      let vectors = decomposition.eigenvectors.firstColumns(kept)
      let antisymmetric = self - symmetric
      return (
        vectors.scalingColumns(by: Array(values.prefix(kept))).timesTransposed(vectors),
        halfSquare(values.dropFirst(kept)) + halfSquare(antisymmetric.elements)
      )
    }
  }
}
