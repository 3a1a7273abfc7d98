import LinearAlgebra
import RealModule

// With n rows f, their mean f̄ and scatter S = Σ (f − f̄)(f − f̄)ᵀ, the posterior of the precision is
//
//     Λ ~ Wishart(W, k + 1 + n),   W⁻¹ = floor·I + S + n β/(n + β) f̄ f̄ᵀ,   μ ~ N(n f̄/(n + β), ((n + β) Λ)⁻¹).
//
// With W⁻¹ = L Lᵀ and a lower triangular A of normal numbers below a diagonal of roots of χ² numbers (Bartlett),
// Λ = B Bᵀ for B = L⁻ᵀ A.

/// The distribution of the mean and precision of a factor's rows, given the rows.
struct GaussianWishart {
  /// What the prior of the precision adds to the scatter of the rows, on the diagonal.
  let floor: Double

  struct Draw {
    var mean: [Double]
    var precision: Matrix
  }

  /// How many rows at zero the prior of the mean counts for.
  private static let meanStrength = 1.0

  func draw(
    for factor: Matrix, using generator: inout SeededGenerator
  ) throws(DecompositionError) -> Draw {
    let rank = factor.columnCount
    let count = Double(factor.rowCount)
    let strength = Self.meanStrength
    let ones = [Double](repeating: 1, count: factor.rowCount)
    let centre = factor.transposedTimes(ones).map { $0 / max(count, 1) }
    var inverseScale = factor.transposedTimes(factor)
    // Σ f fᵀ − n f̄ f̄ᵀ + n β/(n + β) f̄ f̄ᵀ
    let share = count - count * strength / (count + strength)
    for a in 0..<rank {
      for b in 0..<rank { inverseScale[a, b] -= share * centre[a] * centre[b] }
    }
    let trace = inverseScale.diagonal.reduce(0, +)
    for a in 0..<rank { inverseScale[a, a] += max(floor, 1e-12 * trace) }
    let root = try CholeskyDecomposition(of: inverseScale.symmetrized()).lowerFactor
    let triangle = bartlett(rank, freedom: Double(rank) + 1 + count, using: &generator)
    // B = L⁻ᵀ A, column by column; then Λ = B Bᵀ.
    let inverse = Self.inverseOfLower(root)
    let b = inverse.transposedTimes(triangle)
    // Λ^(−½) z = B⁻ᵀ z = L A⁻ᵀ z.
    let z = (0..<rank).map { _ in generator.nextGaussian() }
    let solved = Self.inverseOfLower(triangle).transposedTimes(z)
    let shift = root * solved
    let scale = 1 / (count + strength).squareRoot()
    let mean = (0..<rank).map { count * centre[$0] / (count + strength) + scale * shift[$0] }
    return Draw(mean: mean, precision: b.timesTransposed(b))
  }

  private func bartlett(
    _ rank: Int, freedom: Double, using generator: inout SeededGenerator
  ) -> Matrix {
    var result = Matrix(rowCount: rank, columnCount: rank)
    for i in 0..<rank {
      for j in 0..<i { result[i, j] = generator.nextGaussian() }
      result[i, i] =
        (2 * generator.nextGamma(shape: (freedom - Double(i)) / 2)).squareRoot()
    }
    return result
  }

  private static func inverseOfLower(_ lower: Matrix) -> Matrix {
    let n = lower.rowCount
    var result = Matrix(rowCount: n, columnCount: n)
    for j in 0..<n {
      result[j, j] = 1 / lower[j, j]
      for i in j + 1..<max(n, j + 1) {
        var sum = 0.0
        for k in j..<i { sum += lower[i, k] * result[k, j] }
        result[i, j] = -sum / lower[i, i]
      }
    }
    return result
  }
}
