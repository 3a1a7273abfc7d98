import LinearAlgebra

// Squares of numbers beyond 10^±154 overflow or vanish, and losses and covariances are made of squares. Divided by
// powers of two, inputs and targets become numbers about one without a change of a bit; coefficients are then those of
// the data times 2^(b − a), losses times 2^(2b).

/// Powers of two that bring inputs and targets of extreme size to about one.
struct RegressionUnits {
  /// The exponents a of the inputs and b of the targets; zero for sizes that squares can hold.
  let inputExponent: Int
  let targetExponent: Int

  init(inputs: Matrix, targets: Matrix) {
    inputExponent = Self.exponent(of: inputs)
    targetExponent = Self.exponent(of: targets)
  }

  /// Sizes between 2^±300 leave room for squares and sums of them.
  private static let ordinary = 300

  private static func exponent(of matrix: Matrix) -> Int {
    let largest = matrix.maxAbsolute
    guard largest > 0, largest.isFinite, abs(Int(largest.exponent)) > ordinary else { return 0 }
    return Int(largest.exponent)
  }

  var areOne: Bool { inputExponent == 0 && targetExponent == 0 }

  func inputs(_ matrix: Matrix) -> Matrix { Self.scaled(matrix, by: -inputExponent) }
  func targets(_ matrix: Matrix) -> Matrix { Self.scaled(matrix, by: -targetExponent) }

  /// The fit of the data from that of the numbers about one; nil where a coefficient is beyond the range of numbers.
  ///
  /// - Parameter countsVariances: whether outputs are weighed by the inverse of their variance, so that losses have no
  ///   unit.
  func restored(
    _ fit: ReducedRankRegressor.Fit, countsVariances: Bool
  ) -> ReducedRankRegressor.Fit? {
    let own = targetExponent - inputExponent
    var result = fit
    result.coefficients = Self.scaled(fit.coefficients, by: own)
    let largest = fit.coefficients.maxAbsolute
    let restored = result.coefficients.maxAbsolute
    guard restored < .greatestFiniteMagnitude, largest == 0 || restored >= .leastNormalMagnitude
    else { return nil }
    result.intercept = fit.intercept.map { Self.scaled($0, by: targetExponent) }
    guard result.intercept.allSatisfy({ abs($0) < .greatestFiniteMagnitude }) else { return nil }
    result.trainingError = Self.scaled(fit.trainingError, by: targetExponent)
    result.validationError = fit.validationError.map { Self.scaled($0, by: targetExponent) }
    let squared = countsVariances ? 0 : 2 * targetExponent
    for k in result.ranks.indices {
      result.ranks[k].loss = Self.scaled(fit.ranks[k].loss, by: squared)
      result.ranks[k].validationLoss = fit.ranks[k].validationLoss.map {
        Self.scaled($0, by: squared)
      }
      result.ranks[k].standardError = fit.ranks[k].standardError.map {
        Self.scaled($0, by: squared)
      }
    }
    for k in result.path.indices {
      result.path[k].loss = Self.scaled(fit.path[k].loss, by: squared)
      result.path[k].singularValues = fit.path[k].singularValues.map { Self.scaled($0, by: own) }
    }
    return result
  }

  private static func scaled(_ matrix: Matrix, by exponent: Int) -> Matrix {
    exponent == 0
      ? matrix
      : Matrix(
        rowCount: matrix.rowCount, columnCount: matrix.columnCount,
        elements: matrix.elements.map { scaled($0, by: exponent) })
  }

  /// A number times a power of two, in steps that stay within the range of exponents; losses that no number holds are
  /// the largest one.
  private static func scaled(_ value: Double, by exponent: Int) -> Double {
    var result = value
    var rest = exponent
    while rest != 0 {
      let step = min(max(rest, -1000), 1000)
      result *= Double(sign: .plus, exponent: step, significand: 1)
      rest -= step
    }
    return result.isInfinite && value.isFinite ? Double.greatestFiniteMagnitude : result
  }
}
