import LinearAlgebra

// Powers of two change no digit of anything that is computed: data of any size give the fit of data of size one.

extension Matrix {
  /// The power of two just below the largest element; one for zeros.
  var unit: Double {
    let largest = maxAbsolute
    return largest > 0 && largest.isFinite
      ? Double(sign: .plus, exponent: largest.exponent, significand: 1) : 1
  }

  /// The matrix in units of a power of two, which may be below the smallest whose inverse is a number.
  func divided(by unit: Double) -> Matrix { map { $0 / unit } }
}

extension ReducedRankRegressor.Fit {
  /// The fit of data in units of one, for those in units of powers of two.
  ///
  /// - Parameter isLossOfUnits: whether losses are in the squares of the targets' units.
  func rescaled(inputs: Double, targets: Double, isLossOfUnits: Bool) throws -> Self {
    if inputs == 1, targets == 1 { return self }
    var fit = self
    // The quotient of the units may leave the range where the result does not.
    let exponent = targets.exponent - inputs.exponent
    func slope(_ value: Double) -> Double {
      Double(sign: .plus, exponent: exponent, significand: value)
    }
    fit.coefficients = coefficients.map(slope)
    let vanished = zip(fit.coefficients.elements, coefficients.elements).contains {
      !$0.isFinite || (abs($0) < .leastNormalMagnitude && abs($1) > 1e-12)
    }
    if vanished { throw ReducedRankRegressor.Failure.outOfRange }
    let square = isLossOfUnits ? targets : 1
    fit.intercept = intercept.map { $0 * targets }
    fit.trainingError *= targets
    fit.validationError = validationError.map { $0 * targets }
    for k in fit.ranks.indices {
      fit.ranks[k].loss = fit.ranks[k].loss * square * square
      fit.ranks[k].validationLoss = fit.ranks[k].validationLoss.map { $0 * square * square }
      fit.ranks[k].standardError = fit.ranks[k].standardError.map { $0 * square * square }
    }
    for k in fit.path.indices {
      fit.path[k].loss = fit.path[k].loss * square * square
      fit.path[k].singularValues = fit.path[k].singularValues.map(slope)
    }
    return fit
  }
}
