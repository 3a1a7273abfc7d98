extension Matrix {
  /// A matrix of independent normal numbers with mean zero, drawn row by row.
  public static func gaussian(
    rowCount: Int, columnCount: Int, standardDeviation: Double = 1,
    using generator: inout SeededGenerator
  ) -> Matrix {
    var result = Matrix(rowCount: rowCount, columnCount: columnCount)
    result.withUnsafeMutableElements { elements in
      for k in elements.indices { elements[k] = standardDeviation * generator.nextGaussian() }
    }
    return result
  }

  /// A matrix of independent numbers, uniform in a range without its upper end, drawn row by row.
  public static func uniform(
    rowCount: Int, columnCount: Int, in range: Range<Double> = 0..<1,
    using generator: inout SeededGenerator
  ) -> Matrix {
    let width = range.upperBound - range.lowerBound
    var result = Matrix(rowCount: rowCount, columnCount: columnCount)
    result.withUnsafeMutableElements { elements in
      for k in elements.indices {
        // Rounding can reach the upper end; the largest number below it stands for that.
        elements[k] = min(
          range.lowerBound + width * generator.nextUniform(), range.upperBound.nextDown)
      }
    }
    return result
  }

  /// A matrix with orthonormal columns, or rows where there are more columns than rows, from the uniform (Haar)
  /// distribution.
  ///
  /// The orthogonal factor of a Gaussian matrix; it has that distribution only with the signs that make the
  /// diagonal of the triangular factor positive.
  public static func orthogonal(
    rowCount: Int, columnCount: Int, using generator: inout SeededGenerator
  ) -> Matrix {
    let (long, short) = (max(rowCount, columnCount), min(rowCount, columnCount))
    let gaussian = Matrix.gaussian(rowCount: long, columnCount: short, using: &generator)
    let factor = QRDecomposition(ofFinite: gaussian).orthogonalFactor
    return rowCount >= columnCount ? factor : factor.transposed()
  }

  /// A matrix with given singular values and uniformly distributed singular vectors.
  ///
  /// - Precondition: no more values than rows or columns.
  public static func random(
    singularValues: [Double], rowCount: Int, columnCount: Int,
    using generator: inout SeededGenerator
  ) -> Matrix {
    let rank = singularValues.count
    precondition(
      rank <= min(rowCount, columnCount),
      "a \(rowCount)×\(columnCount) matrix does not have \(rank) singular values")
    let left = orthogonal(rowCount: rowCount, columnCount: rank, using: &generator)
    let right = orthogonal(rowCount: rank, columnCount: columnCount, using: &generator)
    return left.scalingColumns(by: singularValues) * right
  }

  /// A symmetric matrix with given eigenvalues and uniformly distributed eigenvectors.
  public static func randomSymmetric(
    eigenvalues: [Double], using generator: inout SeededGenerator
  ) -> Matrix {
    let n = eigenvalues.count
    let vectors = orthogonal(rowCount: n, columnCount: n, using: &generator)
    return vectors.scalingColumns(by: eigenvalues).timesTransposed(vectors).symmetrized()
  }

  /// A product of two Gaussian factors, `rowCount×rank` and `rank×columnCount`, with standard normal elements.
  public static func lowRank(
    rowCount: Int, columnCount: Int, rank: Int, using generator: inout SeededGenerator
  ) -> Matrix {
    let left = gaussian(rowCount: rowCount, columnCount: rank, using: &generator)
    return left * gaussian(rowCount: rank, columnCount: columnCount, using: &generator)
  }
}
