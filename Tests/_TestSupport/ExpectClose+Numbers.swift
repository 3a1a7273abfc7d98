public import LinearAlgebra
public import Testing

/// Expects two lists of numbers to agree, in units in the last place of the largest magnitude in either.
@discardableResult
public func expectClose(
  _ actual: [Double], _ expected: [Double], ulps: Double,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Double {
  expectClose(
    Matrix(rowCount: 1, columnCount: actual.count, elements: actual),
    Matrix(rowCount: 1, columnCount: expected.count, elements: expected), ulps: ulps,
    sourceLocation: sourceLocation)
}

/// Expects two numbers to agree, in units in the last place of the larger one.
@discardableResult
public func expectClose(
  _ actual: Double, _ expected: Double, ulps: Double,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Double {
  expectClose([actual], [expected], ulps: ulps, sourceLocation: sourceLocation)
}

/// Expects the columns of a matrix to be orthonormal. Returns the largest error of an inner product, in ulps of
/// one.
@discardableResult
public func expectOrthonormalColumns(
  _ matrix: Matrix, ulps: Double, sourceLocation: SourceLocation = #_sourceLocation
) -> Double {
  let error = (matrix.transposedTimes(matrix) - .identity(matrix.columnCount)).maxAbsolute
  let measured = error / .ulpOfOne
  #expect(
    measured <= ulps, "orthonormal but for \(measured) ulps, \(ulps) allowed",
    sourceLocation: sourceLocation)
  return measured
}

/// The error a backward stable decomposition of a matrix of this shape may make, in ulps of its largest
/// element: a small multiple of the longer side, which bounds the growth of rounding in the sums.
public func backwardErrorUlps(_ rowCount: Int, _ columnCount: Int) -> Double {
  8 * Double(max(rowCount, columnCount, 1))
}
