extension SingularValueDecomposition {
  /// The one among the decompositions of the same matrix whose right vectors diagonalise a symmetric matrix as far
  /// as any can.
  ///
  /// Inside the space of a repeated singular value, zero included, the vectors are free, and there the symmetric
  /// matrix is diagonalised, its values descending; the left vectors follow. Vectors of single values stay as they
  /// are.
  ///
  /// - Parameters:
  ///   - symmetric: as many rows as the matrix has columns.
  ///   - tolerance: singular values that differ by at most this share of the largest count as one.
  /// - Precondition: a full decomposition, with all right vectors.
  public func diagonalizing(
    _ symmetric: Matrix, tolerance: Double = 1e-10
  ) throws(DecompositionError) -> SingularValueDecomposition {
    let n = rightVectorsTransposed.columnCount
    precondition(
      rightVectorsTransposed.rowCount == n && symmetric.rowCount == n && symmetric.columnCount == n,
      "a \(symmetric.shape) matrix and \(rightVectorsTransposed.rowCount) vectors of \(n) elements")
    let count = singularValues.count
    let values = singularValues + [Double](repeating: 0, count: n - count)
    var left = leftVectors
    var rightParts: [Matrix] = []
    var start = 0
    while start < n {
      var end = start + 1
      while end < n, values[end - 1] - values[end] <= tolerance * values[0] { end += 1 }
      let cluster = Array(start..<end)
      let basis = rightVectorsTransposed.selecting(rows: cluster).transposed()
      if cluster.count > 1 {
        let inside = basis.transposedTimes(symmetric * basis).symmetrized()
        let rotation = try SymmetricEigendecomposition(of: inside).eigenvectors
        rightParts.append(basis * rotation)
        // Where the values are zero, left and right vectors have nothing to do with each other.
        if values[end - 1] > tolerance * values[0] {
          let rotated = left.selecting(columns: cluster) * rotation
          for (place, column) in cluster.enumerated() {
            for row in 0..<left.rowCount { left[row, column] = rotated[row, place] }
          }
        }
      } else {
        rightParts.append(basis)
      }
      start = end
    }
    return SingularValueDecomposition(
      leftVectors: left, singularValues: singularValues,
      rightVectorsTransposed: Matrix.horizontallyStacked(rightParts).transposed())
  }
}
