import LinearAlgebra

// Goals: 1. An orthonormal basis to rounding, however many vectors: every vector is orthogonalised twice.
// 2. Products of the Jacobian with anything in the space without touching the Jacobian again.
//
// With V the basis of span{b, Jb, …, J^{m−1}b} and H = VᵀJV,
//
//     φ_p(hJ) b ≈ ‖b‖ V φ_p(hH) e₁,    J V = V H + η v_{m+1} e_mᵀ,
//
// and the columns φ_1(hH)e₁, φ_2(hH)e₁, … stand in the exponential of hH bordered by e₁ and a nilpotent block.

/// Functions of a flow's Jacobian applied to one vector, by Arnoldi's method.
struct KrylovBasis {
  /// The longest basis that is tried.
  static let limit = 80

  private let n: Int
  private var vectors: [Double]
  /// H with its additional row: hessenberg[j] holds the coefficients of J v_j.
  private var hessenberg: [[Double]] = []
  private let size: Double

  /// Begins a basis with a vector; nil when it is zero or not finite.
  init?(of vector: [Double]) {
    n = vector.count
    size = vector.withUnsafeBufferPointer(vectorNorm)
    guard size > 0, size.isFinite else { return nil }
    let size = size
    vectors = vector.map { $0 / size }
  }

  /// The dimension m.
  var count: Int { hessenberg.count }

  /// Lengthens the basis until φ₁(hJ)b is accurate, at most to the limit; whether it is.
  ///
  /// - Parameter isAccurate: told the size of the error of φ₁(hJ)b and the normalised vector along it.
  /// - Precondition: the state is the one last given to the equation's velocity.
  mutating func extend(
    step h: Double, at state: [Double], of equation: inout some FlowEquation,
    until isAccurate: (Double, UnsafeBufferPointer<Double>) -> Bool
  ) -> Bool {
    var nextCheck = 4
    while true {
      let remainder = addVector(at: state, of: &equation)
      guard remainder.isFinite else { return false }
      if remainder == 0 || count == n { return true }
      let isLast = count == Self.limit
      if count >= nextCheck || isLast {
        nextCheck = count + max(2, count / 3)
        guard let columns = functions(step: h) else { return false }
        let error = size * abs(h * remainder * columns[1][count - 1])
        let isDone = vectors.withUnsafeBufferPointer {
          isAccurate(error, UnsafeBufferPointer(rebasing: $0[count * n..<(count + 1) * n]))
        }
        if isDone { return true }
      }
      if isLast { return false }
    }
  }

  /// Appends the normalised remainder of J v_m and returns its size.
  private mutating func addVector(
    at state: [Double], of equation: inout some FlowEquation
  ) -> Double {
    let m = count
    vectors.append(contentsOf: repeatElement(0, count: n))
    var column = [Double](repeating: 0, count: m + 2)
    let n = n
    let remainder = vectors.withUnsafeMutableBufferPointer { vectors in
      state.withUnsafeBufferPointer { state in
        let last = UnsafeBufferPointer(rebasing: vectors[m * n..<(m + 1) * n])
        let new = UnsafeMutableBufferPointer(rebasing: vectors[(m + 1) * n..<(m + 2) * n])
        equation.setVelocityChange(at: state, along: last, into: new)
        let whole = vectorNorm(UnsafeBufferPointer(new))
        for _ in 0..<2 {
          for j in 0...m {
            let v = UnsafeBufferPointer(rebasing: vectors[j * n..<(j + 1) * n])
            let part = vectorInner(v, UnsafeBufferPointer(new))
            column[j] += part
            for i in 0..<n { new[i] -= part * v[i] }
          }
        }
        let size = vectorNorm(UnsafeBufferPointer(new))
        // What is left of rounding alone is no direction.
        guard size > 1e-14 * whole else { return 0.0 }
        for i in 0..<n { new[i] /= size }
        return size
      }
    }
    column[m + 1] = remainder
    hessenberg.append(column)
    return remainder
  }

  /// φ_1(hH)e₁, …, φ_4(hH)e₁.
  private func functions(step h: Double) -> [[Double]]? {
    let m = count
    var bordered = Matrix(rowCount: m + 4, columnCount: m + 4)
    for (column, coefficients) in hessenberg.enumerated() {
      for row in 0..<min(coefficients.count, m) { bordered[row, column] = h * coefficients[row] }
    }
    bordered[0, m] = 1
    for k in 0..<3 { bordered[m + k, m + k + 1] = 1 }
    guard let exponential = try? bordered.exponential() else { return nil }
    let columns = (0..<4).map { p in (0..<m).map { exponential[$0, m + p] } }
    return columns.allSatisfy { $0.allSatisfy(\.isFinite) } ? columns : nil
  }

  /// Σ_p c_p φ_p(hJ)b and, if asked for, the Jacobian's product with it.
  ///
  /// - Parameter weights: c_1, c_2, …, at most four.
  func combination(step h: Double, weights: [Double]) -> (value: [Double], image: [Double])? {
    guard let columns = functions(step: h) else { return nil }
    let m = count
    var coordinates = [Double](repeating: 0, count: m)
    for (weight, column) in zip(weights, columns) where weight != 0 {
      for k in 0..<m { coordinates[k] += size * weight * column[k] }
    }
    var images = [Double](repeating: 0, count: m + 1)
    for (column, coefficients) in hessenberg.enumerated() {
      for row in coefficients.indices where row <= m {
        images[row] += coefficients[row] * coordinates[column]
      }
    }
    return (expand(coordinates), expand(images))
  }

  private func expand(_ coordinates: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: n)
    result.withUnsafeMutableBufferPointer { result in
      vectors.withUnsafeBufferPointer { vectors in
        guard let base = vectors.baseAddress else { return }
        setCombination(
          result, base: nil, factor: 1, terms: coordinates.enumerated().map { ($0, $1) }, of: base)
      }
    }
    return result
  }
}
