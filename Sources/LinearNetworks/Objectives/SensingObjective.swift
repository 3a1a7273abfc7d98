public import LinearAlgebra

/// Fit to linear measurements of a matrix,
///
///     ℓ(W) = 1/(2m) Σ_i (⟨A_i, W⟩ − b_i)².
public struct SensingObjective: Objective, Equatable {
  public let outputCount: Int
  public let inputCount: Int
  /// One measurement matrix per row, its own rows one after the other: m × (d_N · d₀).
  public let measurements: Matrix
  /// b.
  public let values: [Double]
  public let smoothness: Double?
  public let strongConvexity: Double?
  public let minimum: ObjectiveMinimum?

  /// - Parameters:
  ///   - measurements: m × (outputCount · inputCount), one measurement matrix per row.
  ///   - values: the measured values b.
  ///   - outputCount: d_N.
  ///   - inputCount: d₀.
  /// - Throws: ``ObjectiveError`` when the shapes do not fit, or `DecompositionError` for data that are not
  ///   finite.
  /// - Complexity: one singular value decomposition of the measurements.
  public init(measurements: Matrix, values: [Double], outputCount: Int, inputCount: Int) throws {
    guard !values.isEmpty, outputCount > 0, inputCount > 0 else { throw ObjectiveError.noSamples }
    guard measurements.rowCount == values.count,
      measurements.columnCount == outputCount * inputCount
    else {
      throw ObjectiveError.measurementShapes(
        measurements: measurements.rowCount, elementsEach: measurements.columnCount,
        rowCount: outputCount, columnCount: inputCount, values: values.count)
    }
    self.outputCount = outputCount
    self.inputCount = inputCount
    self.measurements = measurements
    self.values = values
    let decomposition = try SingularValueDecomposition(of: measurements)
    let σ = decomposition.singularValues
    let count = Double(values.count)
    smoothness = (σ.first ?? 0) * (σ.first ?? 0) / count
    let rank = decomposition.spectrum.rank(
      tolerance: Double(max(measurements.rowCount, measurements.columnCount)) * .ulpOfOne)
    // Many measurements need not be independent: a singular value of rounding is zero.
    let least = rank < outputCount * inputCount ? 0 : σ.last ?? 0
    strongConvexity = least * least / count
    let coordinates = decomposition.leftVectors.firstColumns(rank).transposedTimes(values)
    let best = decomposition.rightVectorsTransposed.firstRows(rank)
      .transposedTimes(zip(coordinates, σ).map { $0 / $1 })
    let residual = zip(measurements * best, values).reduce(0) {
      $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
    }
    minimum = ObjectiveMinimum(
      value: residual / (2 * count),
      endToEnd: Matrix(rowCount: outputCount, columnCount: inputCount, elements: best))
  }

  public var isConvex: Bool { true }

  public func value(at endToEnd: Matrix) -> Double {
    residuals(at: endToEnd).reduce(0) { $0 + $1 * $1 } / (2 * Double(values.count))
  }

  /// - Complexity: O(*m* · *rows* · *columns*).
  public func value(at endToEnd: Matrix, transposedGradient: inout Matrix) -> Double {
    let residuals = residuals(at: endToEnd)
    setTransposed(combination: residuals, into: &transposedGradient)
    return residuals.reduce(0) { $0 + $1 * $1 } / (2 * Double(values.count))
  }

  public func curvature(
    at endToEnd: Matrix, along direction: Matrix, transposed result: inout Matrix
  ) {
    requireShape(direction)
    setTransposed(combination: measurements * direction.elements, into: &result)
  }

  private func residuals(at endToEnd: Matrix) -> [Double] {
    requireShape(endToEnd)
    var residuals = measurements * endToEnd.elements
    for k in residuals.indices { residuals[k] -= values[k] }
    return residuals
  }

  /// 1/m Σ_i r_i A_iᵀ.
  private func setTransposed(combination: [Double], into result: inout Matrix) {
    let sum = measurements.transposedTimes(combination).map { $0 / Double(values.count) }
    Matrix(rowCount: outputCount, columnCount: inputCount, elements: sum).transpose(into: &result)
  }
}
