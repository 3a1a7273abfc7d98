public import LinearAlgebra
public import Testing

/// Expects two matrices to agree within a share of the largest element of the expected one, and returns the
/// share measured.
@discardableResult
public func expectClose(
  _ actual: Matrix, _ expected: Matrix, relative tolerance: Double,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Double {
  guard actual.rowCount == expected.rowCount, actual.columnCount == expected.columnCount else {
    Issue.record("\(actual.shape) against \(expected.shape)", sourceLocation: sourceLocation)
    return .infinity
  }
  let measured = relativeError(actual.elements, expected.elements)
  #expect(
    measured <= tolerance, "off by \(measured), \(tolerance) allowed",
    sourceLocation: sourceLocation)
  return measured
}

/// Expects two numbers to agree within a share of the expected one, and returns the share measured.
@discardableResult
public func expectClose(
  _ actual: Double, _ expected: Double, relative tolerance: Double,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Double {
  expectClose([actual], [expected], relative: tolerance, sourceLocation: sourceLocation)
}

/// Expects two lists to agree within a share of the largest expected number, and returns the share measured.
@discardableResult
public func expectClose(
  _ actual: [Double], _ expected: [Double], relative tolerance: Double,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Double {
  guard actual.count == expected.count, !actual.isEmpty else {
    Issue.record(
      "\(actual.count) against \(expected.count) numbers", sourceLocation: sourceLocation)
    return .infinity
  }
  let measured = relativeError(actual, expected)
  #expect(
    measured <= tolerance, "off by \(measured), \(tolerance) allowed",
    sourceLocation: sourceLocation)
  return measured
}

/// The largest difference relative to the largest expected magnitude; infinite when something is not finite.
public func relativeError(_ actual: [Double], _ expected: [Double]) -> Double {
  var error = 0.0
  var scale = 0.0
  for (a, b) in zip(actual, expected) {
    guard a.isFinite, b.isFinite else { return .infinity }
    error = max(error, abs(a - b))
    scale = max(scale, abs(b))
  }
  return error == 0 ? 0 : error / scale
}
