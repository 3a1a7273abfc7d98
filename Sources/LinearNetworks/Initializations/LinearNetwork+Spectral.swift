public import LinearAlgebra
import RealModule

extension LinearNetwork {
  /// A network aligned with given singular vectors, each mode with its own size and imbalance.
  ///
  /// With U, V the singular vectors of `reference`, mode r of layer j has weight s_r^{1/N} e^{κ_r θ_j},
  /// where θ_j runs evenly from −½ at the first layer to ½ at the last: the end-to-end matrix is
  /// U diag(s) Vᵀ whatever the imbalances. At depth 2 and small κ, mode r's unbalancedness is
  /// s_r (e^{κ_r} − e^{−κ_r}).
  ///
  /// Under the flow of an objective that shares these vectors (factorization of `reference`; regression
  /// whose covariances are diagonal in them) the modes never mix. Where singular values repeat, zero included, the
  /// vectors are free, and an arbitrary choice does not diagonalise Σx: then give it, and those that do are taken.
  ///
  /// - Parameters:
  ///   - reference: d_N × d₀; its singular vectors are used, its values are not.
  ///   - inputCovariance: Σx, d₀ × d₀; nothing is asked of the vectors without it.
  ///   - scales: s_1, s_2, …, none negative, at most as many as the narrowest width.
  ///   - imbalances: κ_1, κ_2, …; zeros where left out.
  ///   - hiddenWidths: d_1, …, d_{N−1}.
  /// - SeeAlso: Appendix B.2 of [gidel2019], whose proof takes any singular vectors; corrected.
  /// - Throws: ``LinearNetworkError/hiddenWidthBelowRank(width:rank:)`` when a layer is too narrow for so many
  ///   modes; `DecompositionError` for a reference that is not finite.
  public static func spectral(
    alignedWith reference: Matrix, inputCovariance: Matrix? = nil, scales: [Double],
    imbalances: [Double] = [], hiddenWidths: [Int]
  ) throws -> LinearNetwork {
    precondition(
      scales.allSatisfy { $0 >= 0 } && imbalances.count <= scales.count,
      "\(imbalances.count) imbalances for the sizes \(scales)")
    let widths = [reference.columnCount] + hiddenWidths + [reference.rowCount]
    for width in widths where width < scales.count {
      throw LinearNetworkError.hiddenWidthBelowRank(width: width, rank: scales.count)
    }
    let decomposition =
      if let inputCovariance {
        try SingularValueDecomposition(of: reference, vectors: .full)
          .diagonalizing(inputCovariance)
      } else {
        try SingularValueDecomposition(of: reference)
      }
    let depth = hiddenWidths.count + 1
    var network = LinearNetwork(zerosOfWidths: widths)
    for (mode, scale) in scales.enumerated() {
      let imbalance = mode < imbalances.count ? imbalances[mode] : 0
      for layer in 0..<depth {
        let θ = depth == 1 ? 0 : Double(layer) / Double(depth - 1) - 0.5
        let weight = scale.root(depth) * .exp(imbalance * θ)
        let left = layer == depth - 1 ? decomposition.leftVectors.column(mode) : nil
        let right = layer == 0 ? decomposition.rightVectorsTransposed.row(mode) : nil
        for row in 0..<(left?.count ?? 1) {
          for column in 0..<(right?.count ?? 1) {
            let factor = (left?[row] ?? 1) * (right?[column] ?? 1)
            network.layers[layer][left == nil ? mode : row, right == nil ? mode : column] +=
              weight * factor
          }
        }
      }
    }
    return network
  }
}
