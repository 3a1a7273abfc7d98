public import LinearAlgebra
public import LinearNetworks
import RealModule

/// Points that show what the loss of a deep linear network is not.
public enum Witnesses {
  /// Two networks with the product W whose midpoint has product 0: where ℓ(W) < ℓ(0), φ is larger at the
  /// midpoint than at both ends, so it is not convex.
  ///
  /// The second network is the first with the signs of the first two layers changed.
  ///
  /// - Precondition: two layers or more.
  /// - SeeAlso: Proposition 1 of [cohenRazin], proved there from the gradient at the origin.
  public static func nonConvexity(
    endToEnd: Matrix, hiddenWidths: [Int]
  ) throws -> (first: LinearNetwork, second: LinearNetwork) {
    precondition(!hiddenWidths.isEmpty, "a single layer has a convex loss")
    let first = try LinearNetwork.balanced(endToEnd: endToEnd, hiddenWidths: hiddenWidths)
    var second = first
    second.layers[0] = -first.layers[0]
    second.layers[1] = -first.layers[1]
    return (first, second)
  }

  /// A network with a given product close to the origin, which is therefore not a local minimum if ℓ(W) < ℓ(0),
  /// though for three layers or more gradient and Hessian vanish there.
  ///
  /// ‖W‖^{1/N−1} W in one layer and ‖W‖^{1/N} times the identity in the others. All layers together have the
  /// norm
  ///
  ///     ‖W‖_F^{1/N} √(1 + (N − 1) min(d₀, d_N))
  ///
  /// - Precondition: hidden widths of at least min(d₀, d_N).
  /// - SeeAlso: Proposition 3 of [cohenRazin], which prints √n ε^{1/n} for that norm; corrected.
  public static func besideTheOrigin(
    endToEnd: Matrix, hiddenWidths: [Int]
  ) throws(LinearNetworkError) -> LinearNetwork {
    let (outputs, inputs) = (endToEnd.rowCount, endToEnd.columnCount)
    let rank = min(inputs, outputs)
    for width in hiddenWidths where width < rank {
      throw .hiddenWidthBelowRank(width: width, rank: rank)
    }
    let widths = [inputs] + hiddenWidths + [outputs]
    let depth = widths.count - 1
    let norm = endToEnd.frobeniusNorm
    let root = Double.root(norm, depth)
    // The layer that carries W stands at the wider end.
    let carrier = inputs >= outputs ? 0 : depth - 1
    let layers = (0..<depth).map { j in
      var layer = Matrix(rowCount: widths[j + 1], columnCount: widths[j])
      if j == carrier {
        for row in 0..<outputs {
          for column in 0..<inputs where norm > 0 {
            layer[row, column] = endToEnd[row, column] / norm * root
          }
        }
      } else {
        for k in 0..<rank { layer[k, k] = root }
      }
      return layer
    }
    return try LinearNetwork(layers: layers)
  }
}
