public import LinearAlgebra

/// How far neighbouring layers agree on a direction.
public enum LayerAlignment {
  /// |⟨u, v⟩| for the first left singular vector of each layer and the first right one of the layer above: 1 where they agree, as
  /// they come to do in flows from small starts.
  ///
  /// - SeeAlso: [ji2019].
  public static func ofFirstVectors(_ layers: [Matrix]) throws(DecompositionError) -> [Double] {
    var decompositions: [SingularValueDecomposition] = []
    for layer in layers { decompositions.append(try SingularValueDecomposition(of: layer)) }
    return zip(decompositions, decompositions.dropFirst()).map { below, above in
      let (u, v) = (below.leftVectors.column(0), above.rightVectorsTransposed.row(0))
      return abs(zip(u, v).reduce(0) { $0 + $1.0 * $1.1 })
    }
  }
}
