import LinearAlgebra
import RealModule

/// The solution of X′ = 2YX + 2XY − 4X² as the paper writes it, letter by letter: for comparison only.
struct PrintedForms {
  let eigen: SymmetricEigendecomposition
  let start: Matrix
  /// Ỹ, the positive part of Y.
  let positive: Matrix

  init(target: Matrix, start: Matrix) throws {
    eigen = try SymmetricEigendecomposition(of: target)
    self.start = start
    positive = eigen.map { max($0, 0) }
  }

  private var identity: Matrix { .identity(start.rowCount) }

  /// Y⁻¹(e^{4tY} − 1), with 4t on the kernel.
  func weight(at time: Double) -> Matrix {
    eigen.map { $0 == 0 ? 4 * time : .expMinusOne(4 * time * $0) / $0 }
  }

  /// X = e^{2tY} X₀ (1 + Y⁻¹(e^{4tY} − 1) X₀)⁻¹ e^{2tY}
  func equation6(at time: Double) throws -> Matrix {
    let outer = eigen.map { .exp(2 * time * $0) }
    return try outer * start * LUDecomposition(of: identity + weight(at: time) * start).inverse()
      * outer
  }

  /// H = (X₀ − Ỹ)[1 + Ŷ⁻¹(1 − e^{−4tŶ})(X₀ − Ỹ)]⁻¹; infinite times are allowed.
  func core(at time: Double) throws -> Matrix {
    let weight = eigen.map { -Double.expMinusOne(-4 * time * abs($0)) / abs($0) }
    let difference = start - positive
    return try difference * LUDecomposition(of: identity + weight * difference).inverse()
  }

  /// X = Ỹ + e^{−2tŶ} H(t) e^{−2tŶ}
  func equation41(at time: Double) throws -> Matrix {
    let outer = eigen.map { .exp(-2 * time * abs($0)) }
    return try positive + outer * core(at: time) * outer
  }

  /// X₁ = e^{±2tŶ}[1 + Ŷ⁻¹(1 − e^{−4tŶ})(X₀ − Ỹ)], X₂ = ỸX₁ + e^{∓2tŶ}(X₀ − Ỹ).
  ///
  /// - Parameter sign: 1 for the upper signs, which are right; −1 for the lower ones, which (40) has.
  func equation40(at time: Double, sign: Double) -> (Matrix, Matrix) {
    let weight = eigen.map { -Double.expMinusOne(-4 * time * abs($0)) / abs($0) }
    let difference = start - positive
    let first = eigen.map { .exp(sign * 2 * time * abs($0)) } * (identity + weight * difference)
    return (first, positive * first + eigen.map { .exp(-sign * 2 * time * abs($0)) } * difference)
  }

  /// The limit of H, as (44) prints it: with Ŷ for Ŷ⁻¹.
  func printedLimit() throws -> Matrix {
    let difference = start - positive
    return try difference
      * LUDecomposition(of: identity + eigen.map { abs($0) } * difference).inverse()
  }
}
