public import LinearAlgebra
import RealModule

extension LinearNetwork {
  /// A balanced network with a given end-to-end matrix: W_{j+1}ᵀW_{j+1} = W_jW_jᵀ for every j.
  ///
  /// From W = U Σ Vᵀ, the layers are Σ^{1/N}Vᵀ, Σ^{1/N}, …, UΣ^{1/N}, each filled up with zeros.
  ///
  /// - Parameters:
  ///   - endToEnd: the end-to-end matrix W.
  ///   - hiddenWidths: d₁, …, d_{N−1}; none for depth 1.
  /// - Throws: ``LinearNetworkError/hiddenWidthBelowRank(width:rank:)``, also for a width of zero;
  ///   ``LinearNetworkError/emptyLayer(number:rowCount:columnCount:)`` when W has no elements;
  ///   `DecompositionError` when W is not finite.
  /// - SeeAlso: Section 3 of [cohenRazin], whose n is ``depth``.
  public static func balanced(
    endToEnd: Matrix, hiddenWidths: [Int]
  ) throws -> LinearNetwork {
    guard !hiddenWidths.isEmpty, endToEnd.count > 0 else {
      return try LinearNetwork(layers: [endToEnd])
    }
    let decomposition = try SingularValueDecomposition(of: endToEnd)
    let largest = decomposition.singularValues.first ?? 0
    let tolerance = largest * Double(max(endToEnd.rowCount, endToEnd.columnCount)) * .ulpOfOne
    let rank = decomposition.singularValues.prefix { $0 > tolerance }.count
    for width in hiddenWidths where width < max(rank, 1) {
      throw LinearNetworkError.hiddenWidthBelowRank(width: width, rank: rank)
    }
    let depth = hiddenWidths.count + 1
    let roots = decomposition.singularValues.prefix(rank).map { $0.root(depth) }
    let widths = [endToEnd.columnCount] + hiddenWidths + [endToEnd.rowCount]
    var network = LinearNetwork(zerosOfWidths: widths)
    for (k, root) in roots.enumerated() {
      for column in 0..<endToEnd.columnCount {
        network.layers[0][k, column] = root * decomposition.rightVectors[column, k]
      }
      for layer in 1..<(depth - 1) { network.layers[layer][k, k] = root }
      for row in 0..<endToEnd.rowCount {
        network.layers[depth - 1][row, k] = root * decomposition.leftVectors[row, k]
      }
    }
    return network
  }

  /// A balanced network whose end-to-end matrix has random singular vectors and equal singular values.
  ///
  /// With k the smallest width and orthonormal A_j (d_j × k, Haar-distributed), W_j = s A_j A_{j−1}ᵀ: each
  /// layer's k singular values are s = `scale`^{1/N}, and W's are `scale`, so ‖W‖_F = `scale` √k.
  public static func balanced(
    widths: [Int], scale: Double, using generator: inout SeededGenerator
  ) -> LinearNetwork {
    requireWidths(widths)
    precondition(scale >= 0, "a balanced network cannot have singular values of \(scale)")
    let bases = widths.map { width in
      Matrix.orthogonal(rowCount: width, columnCount: widths.min()!, using: &generator)
    }
    let size = scale.root(widths.count - 1)
    return LinearNetwork(
      fitting: zip(bases, bases.dropFirst()).map { lower, upper in
        size * upper.timesTransposed(lower)
      })
  }
}

extension Double {
  /// The root of a number that is not negative.
  func root(_ degree: Int) -> Double { Double.root(self, degree) }
}
