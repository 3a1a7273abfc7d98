import RealModule

extension Matrix {
  /// The exponential of a symmetric matrix, from its eigenvalues; reads the lower triangle.
  ///
  /// - Precondition: the matrix is square.
  public func symmetricExponential() throws(DecompositionError) -> Matrix {
    try SymmetricEigendecomposition(of: self).map { .exp($0) }
  }

  /// The exponential of a square matrix, by a Padé approximant of the matrix divided by 2ˢ, squared *s* times.
  ///
  /// Its backward error is at most rounding; squaring can lose accuracy for matrices far from normal. A result
  /// beyond the range of numbers has elements that are not finite.
  ///
  /// - Precondition: the matrix is square.
  /// - Throws: ``DecompositionError`` for elements that are not finite.
  /// - Complexity: O(*n*³ (10 + log₂ ‖A‖)).
  /// - SeeAlso: Higham, *The scaling and squaring method for the matrix exponential revisited*, 2005.
  public func exponential() throws(DecompositionError) -> Matrix {
    precondition(rowCount == columnCount, "a \(shape) matrix has no exponential")
    try requireFinite()
    let norm = oneNorm
    // Up to these norms the approximants of degrees 3, 5, 7 and 9 are exact to rounding.
    let degrees = [
      (3, 1.495585217958292e-2), (5, 2.539398330063230e-1), (7, 9.504178996162932e-1),
      (9, 2.097847961257068),
    ]
    for (degree, bound) in degrees where norm <= bound { return try padé(degree: degree) }
    // The norm of the scaled matrix is at most 5.37, the bound for degree 13.
    let squarings = max(0, Int((norm / 5.371920351148152).exponent) + 1)
    guard norm.isFinite else {
      // The sum overflowed but no element did; a quarter of the matrix has a norm again.
      return try (0.25 * self).exponential().squared(2)
    }
    let scaled = self * Double(sign: .plus, exponent: -squarings, significand: 1)
    return try scaled.padé(degree: 13).squared(squarings)
  }

  private func squared(_ times: Int) -> Matrix {
    var result = self
    for _ in 0..<times { result = result * result }
    return result
  }

  /// The diagonal approximant `q(A)⁻¹ p(A)`, where `q(A) = p(−A)`.
  private func padé(degree: Int) throws(DecompositionError) -> Matrix {
    // p(A) = Σ cⱼ Aʲ with c₀ = 1 and cⱼ = cⱼ₋₁ (d − j + 1) / (j (2d − j + 1)): even and odd powers are summed apart.
    var coefficients = [1.0]
    for j in 1...degree {
      coefficients.append(
        coefficients[j - 1] * Double(degree - j + 1) / Double(j * (2 * degree - j + 1)))
    }
    let square = self * self
    var power = Matrix.identity(rowCount)
    var even = Matrix.zeros(rowCount, columnCount)
    var odd = even
    for j in stride(from: 0, to: degree, by: 2) {
      even.add(power, scaledBy: coefficients[j])
      odd.add(power, scaledBy: coefficients[j + 1])
      if j + 2 < degree { power = power * square }
    }
    odd = self * odd
    return try LUDecomposition(of: even - odd).solve(even + odd)
  }
}
