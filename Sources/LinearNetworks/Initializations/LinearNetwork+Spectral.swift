public import LinearAlgebra
import RealModule

extension LinearNetwork {
  /// A network aligned with given singular vectors, each mode with its own size and imbalance.
  ///
  /// With U, V the singular vectors of `reference`, mode r of layer j has weight s_r^{1/N} e^{κ_r θ_j},
  /// where θ_j runs evenly from −½ at the first layer to ½ at the last: the end-to-end matrix is
  /// U diag(s) Vᵀ whatever the imbalances. At depth 2 and small κ, mode r's unbalancedness is
  /// s_r (e^{κ_r} − e^{−κ_r}). The sign of s_r is that of the last layer's weight.
  ///
  /// Under the flow of an objective that shares these vectors (factorization of `reference`; regression
  /// whose covariances are diagonal in them) the modes never mix. Where singular values repeat, zero included, the
  /// vectors are free, and an arbitrary choice does not diagonalise Σx: then give it, and those that do are taken.
  ///
  /// - Parameters:
  ///   - reference: d_N × d₀; its singular vectors are used, its values are not.
  ///   - inputCovariance: Σx, d₀ × d₀; nothing is asked of the vectors without it.
  ///   - scales: s_1, s_2, …, zero and below too, at most as many as the narrowest width.
  ///   - imbalances: κ_1, κ_2, …; zeros where left out.
  ///   - differences: for two layers λ_1, λ_2, … with u_r² − v_r² = λ_r for the sizes u_r, v_r of the upper and lower
  ///     layer's mode, instead of imbalances; zeros where left out.
  ///   - hiddenWidths: d_1, …, d_{N−1}.
  /// - SeeAlso: Appendix B.2 of [gidel2019], whose proof takes any singular vectors; corrected.
  /// - Throws: ``LinearNetworkError/hiddenWidthBelowRank(width:rank:)`` when a layer is too narrow for so many
  ///   modes; `DecompositionError` for a reference that is not finite.
  public static func spectral(
    alignedWith reference: Matrix, inputCovariance: Matrix? = nil, scales: [Double],
    imbalances: [Double] = [], differences: [Double] = [], hiddenWidths: [Int]
  ) throws -> LinearNetwork {
    precondition(
      imbalances.count <= scales.count && differences.count <= scales.count,
      "\(imbalances.count) imbalances and \(differences.count) differences for the sizes \(scales)")
    precondition(
      differences.isEmpty || (hiddenWidths.count == 1 && imbalances.isEmpty),
      "differences are of two layers, and stand for imbalances")
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
        var weight = Double.root(abs(scale), depth) * .exp(imbalance * θ)
        if mode < differences.count {
          // u² = (√(λ² + 4s²) + λ)/2 and v² with −λ; the smaller one is |s| over the larger.
          let λ = differences[mode]
          let larger = (0.5 * (.hypot(λ, 2 * scale) + abs(λ))).squareRoot()
          let smaller = larger > 0 ? abs(scale) / larger : 0
          weight = (layer == 1) == (λ >= 0) ? larger : smaller
        }
        if layer == depth - 1, scale < 0 { weight = -weight }
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
