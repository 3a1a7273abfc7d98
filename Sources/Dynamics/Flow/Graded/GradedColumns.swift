import RealModule

// Column i is e^{x_i} g_i. A rotation of columns i and j, |e^{x_i} g_i| the larger, has with ρ = e^{x_j − x_i},
// a = |g_i|², b = |g_j|², c = g_i·g_j
//
//     tan φ = ρ τ,   τ = 2c / (δ + √(δ² + 4ρ²c²)),   δ = a − ρ²b ≥ 0,
//     g_i ← cos φ (g_i + ρ²τ g_j),   g_j ← cos φ (g_j − τ g_i):
//
// nothing overflows and nothing is lost, however small ρ is; as ρ → 0 it is a step of Gram and Schmidt. Scaled so,
// every singular value has the relative accuracy that the directions g have, not that of the largest one.

/// Columns of very different sizes, and Jacobi's rotations that make them orthogonal.
///
/// - SeeAlso: [demmel1992jacobi]: one-sided Jacobi computes each singular value of B·D to the accuracy that the
///   condition of B allows, whatever D.
struct GradedColumns {
  /// The length p of a column.
  let length: Int
  /// The number k of columns.
  let count: Int
  /// g_1, …, g_k, one after the other.
  private(set) var directions: [Double]
  /// x_1, …, x_k; −∞ for a column of zeros.
  private(set) var logarithms: [Double]
  /// The product J of the rotations, column after column: columns · J are orthogonal.
  private(set) var rotation: [Double]

  private var squares: [Double]

  /// Room for columns; see ``reset(_:)``.
  init(length: Int, count: Int) {
    self.length = length
    self.count = count
    directions = [Double](repeating: 0, count: length * count)
    logarithms = [Double](repeating: 0, count: count)
    rotation = [Double](repeating: 0, count: count * count)
    squares = logarithms
  }

  /// Fills the columns anew and orthogonalises them: afterwards the directions are unit vectors and the
  /// logarithms those of the singular values, in no order.
  ///
  /// - Parameter fill: sets directions and logarithms.
  mutating func orthogonalize(
    _ fill: (UnsafeMutableBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Void
  ) {
    let (p, k) = (length, count)
    directions.withUnsafeMutableBufferPointer { g in
      logarithms.withUnsafeMutableBufferPointer { x in
        rotation.withUnsafeMutableBufferPointer { r in
          squares.withUnsafeMutableBufferPointer { s in
            fill(g, x)
            guard let g = g.baseAddress, let x = x.baseAddress, let r = r.baseAddress,
              let s = s.baseAddress
            else { return }
            Self.orthogonalize(g, x, r, s, length: p, count: k)
          }
        }
      }
    }
  }

  private static func orthogonalize(
    _ g: UnsafeMutablePointer<Double>, _ x: UnsafeMutablePointer<Double>,
    _ r: UnsafeMutablePointer<Double>, _ s: UnsafeMutablePointer<Double>, length p: Int,
    count k: Int
  ) {
    for i in 0..<k {
      for j in 0..<k { r[i * k + j] = i == j ? 1 : 0 }
      normalize(g + i * p, &x[i], length: p)
      s[i] = x[i] == -.infinity ? 0 : 1
    }
    let small = Double(max(p, 4)) * .ulpOfOne
    for _ in 0..<40 {
      var isDone = true
      for first in 0..<k {
        for second in first + 1..<max(k, first + 1) {
          guard s[first] > 0, s[second] > 0 else { continue }
          let c = inner(g + first * p, g + second * p, p)
          if c * c <= small * small * s[first] * s[second] { continue }
          isDone = false
          let quotient = Double.exp(x[second] - x[first])
          let isInOrder = s[first] >= quotient * quotient * s[second]
          let (i, j) = isInOrder ? (first, second) : (second, first)
          let ρ = isInOrder ? quotient : 1 / quotient
          let δ = s[i] - ρ * ρ * s[j]
          let τ = 2 * c / (δ + (δ * δ + 4 * ρ * ρ * c * c).squareRoot())
          let tangent = ρ * τ
          let cosine = 1 / (1 + tangent * tangent).squareRoot()
          rotate(g + i * p, g + j * p, p, cosine, ρ * tangent, τ)
          rotate(r + i * k, r + j * k, k, cosine, tangent, tangent)
          s[i] = inner(g + i * p, g + i * p, p)
          s[j] = inner(g + j * p, g + j * p, p)
          // Unit vectors are needed at the end only, as long as squares can be trusted.
          if !(s[j] > 1e-100) {
            normalize(g + j * p, &x[j], length: p)
            s[j] = x[j] == -.infinity ? 0 : 1
          }
        }
      }
      if isDone { break }
    }
    for i in 0..<k where s[i] > 0 { normalize(g + i * p, &x[i], length: p) }
  }

  /// u ← cos (u + a v),  v ← cos (v − b u).
  private static func rotate(
    _ u: UnsafeMutablePointer<Double>, _ v: UnsafeMutablePointer<Double>, _ n: Int,
    _ cosine: Double, _ a: Double, _ b: Double
  ) {
    for l in 0..<n {
      let (ul, vl) = (u[l], v[l])
      u[l] = cosine * (ul + a * vl)
      v[l] = cosine * (vl - b * ul)
    }
  }

  /// Makes a direction a unit vector and keeps its size in the logarithm.
  private static func normalize(
    _ g: UnsafeMutablePointer<Double>, _ x: inout Double, length p: Int
  ) {
    var largest = 0.0
    for l in 0..<p { largest = max(largest, abs(g[l])) }
    guard largest > 0, largest.isFinite, x.isFinite else {
      if largest == 0 || x == -.infinity { x = -.infinity } else { x = .nan }
      return
    }
    // Scaled first: squares of sizes below 1e-154 would vanish.
    var sum = 0.0
    for l in 0..<p {
      g[l] /= largest
      sum += g[l] * g[l]
    }
    let size = sum.squareRoot()
    for l in 0..<p { g[l] /= size }
    x += .log(largest) + .log(size)
  }

  private static func inner(
    _ u: UnsafePointer<Double>, _ v: UnsafePointer<Double>, _ n: Int
  ) -> Double {
    vectorInner(
      UnsafeBufferPointer(start: u, count: n), UnsafeBufferPointer(start: v, count: n))
  }
}
