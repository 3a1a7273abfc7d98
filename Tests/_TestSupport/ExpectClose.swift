public import LinearAlgebra
public import Testing

/// Expects two matrices to agree to a number of units in the last place of the larger one's largest element.
/// Returns the error measured, in the same units.
@discardableResult
public func expectClose(
  _ actual: Matrix, _ expected: Matrix, ulps: Double,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Double {
  guard actual.rowCount == expected.rowCount, actual.columnCount == expected.columnCount else {
    Issue.record("\(actual.shape) against \(expected.shape)", sourceLocation: sourceLocation)
    return .infinity
  }
  var scale = 0.0
  var error = 0.0
  for (a, b) in zip(actual.elements, expected.elements) {
    scale = max(scale, abs(a), abs(b))
    error = a.isFinite && b.isFinite ? max(error, abs(a - b)) : .infinity
  }
  // Divided twice: the product of a tiny scale and ε would vanish.
  let measured = error == 0 ? 0 : error / scale / .ulpOfOne
  #expect(
    measured <= ulps, "off by \(measured) ulps, \(ulps) allowed", sourceLocation: sourceLocation)
  return measured
}
