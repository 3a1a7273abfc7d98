import LinearAlgebra
import RealModule

// P = R Rᵀ with R = D R̃, D = diag(e^x) and R̃ upper triangular with ones on its diagonal. Row i of R has size e^{x_i}:
// rows may be of any sizes, and as R̃ stays near the identity every singular value of R is as accurate as its row.
// A change P′ = Y P + P Yᵀ in a frame that turns by the antisymmetric S is R′ = (Y − S) R; with S_ij = Y_ij below the
// diagonal Y − S = T is upper triangular,
//
//     x_i′ = Y_ii,   R̃′ = (D⁻¹ T D)_upper R̃,   T_ij = Y_ij + Y_ji for i < j,
//
// and D⁻¹TD shrinks as the sizes part: this is the continuous QR decomposition.

/// The graded triangular factor of a positive definite matrix, in the elements of a state.
///
/// Its state is x_1, …, x_r and then the rows of R̃ above the diagonal.
///
/// - SeeAlso: [dieci1997continuousQR].
struct GradedCore: Sendable {
  /// The number r of modes.
  let count: Int
  /// x.
  private(set) var logarithms: [Double]
  /// R̃, r × r, row after row.
  private(set) var triangle: [Double]
  private var coupling: [Double]
  private var columns: GradedColumns

  init(count: Int) {
    self.count = count
    logarithms = [Double](repeating: 0, count: count)
    triangle = [Double](repeating: 0, count: count * count)
    for i in 0..<count { triangle[i * count + i] = 1 }
    coupling = triangle
    columns = GradedColumns(length: count, count: count)
  }

  /// The number of elements of R̃ above the diagonal.
  var triangleCount: Int { count * (count - 1) / 2 }

  /// Reads x and R̃.
  mutating func read(_ state: UnsafeBufferPointer<Double>) {
    let r = count
    var place = r
    for i in 0..<r {
      logarithms[i] = state[i]
      for j in i + 1..<max(r, i + 1) {
        triangle[i * r + j] = state[place]
        place += 1
      }
    }
  }

  /// Writes x and R̃.
  func write(_ state: UnsafeMutableBufferPointer<Double>) {
    let r = count
    var place = r
    for i in 0..<r {
      state[i] = logarithms[i]
      for j in i + 1..<max(r, i + 1) {
        state[place] = triangle[i * r + j]
        place += 1
      }
    }
  }

  /// Writes x′ and R̃′ for a symmetric Y (r × r, row after row), and replaces Y by S.
  mutating func setVelocity(
    _ y: UnsafeMutableBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) {
    let r = count
    for i in 0..<r {
      velocity[i] = y[i * r + i]
      for j in i + 1..<max(r, i + 1) {
        coupling[i * r + j] =
          2 * y[i * r + j] * .exp(min(logarithms[j] - logarithms[i], 700))
      }
    }
    var place = r
    for i in 0..<r {
      for j in i + 1..<max(r, i + 1) {
        var sum = coupling[i * r + j]
        for l in i + 1..<j { sum += coupling[i * r + l] * triangle[l * r + j] }
        velocity[place] = sum
        place += 1
      }
    }
    for i in 0..<r {
      y[i * r + i] = 0
      for j in i + 1..<max(r, i + 1) { y[i * r + j] = -y[j * r + i] }
    }
  }

  /// Whether R̃ has left the neighbourhood of the identity, or the sizes their order.
  var isWorn: Bool {
    for i in 0..<count {
      for j in i + 1..<max(count, i + 1) where abs(triangle[i * count + j]) > 0.5 { return true }
      if i + 1 < count, logarithms[i + 1] > logarithms[i] + 1 { return true }
    }
    return false
  }

  /// R = X diag(e^y) Yᵀ with orthogonal X and Y, in no order: y, and X and Y column after column.
  mutating func decompose() -> (logarithms: [Double], left: [Double], right: [Double]) {
    let (x, t, r) = (logarithms, triangle, count)
    columns.orthogonalize { directions, logarithms in
      for k in 0..<r * r { directions[k] = t[k] }
      for k in 0..<r { logarithms[k] = x[k] }
    }
    return (columns.logarithms, columns.rotation, columns.directions)
  }

  /// ``decompose()`` with descending y, and X and Y as matrices.
  mutating func sortedDecomposition() -> (logarithms: [Double], left: Matrix, right: Matrix) {
    let (y, left, right) = decompose()
    let order = y.indices.sorted { y[$0] > y[$1] }
    let count = count
    func basis(_ columns: [Double]) -> Matrix {
      Matrix(rows: order.map { Array(columns[$0 * count..<($0 + 1) * count]) }).transposed()
    }
    return (order.map { y[$0] }, basis(left), basis(right))
  }

  /// R itself; below the diagonal the matrix is left as it is.
  func setFactor(_ factor: inout Matrix) {
    let r = count
    factor.withUnsafeMutableElements { factor in
      for i in 0..<r {
        let size = Double.exp(logarithms[i])
        for j in i..<r { factor[i * r + j] = size * triangle[i * r + j] }
      }
    }
  }

  /// Begins anew at R = diag(e^y).
  mutating func reset(_ logarithms: [Double]) {
    self.logarithms = logarithms
    for i in 0..<count {
      for j in 0..<count { triangle[i * count + j] = i == j ? 1 : 0 }
    }
  }
}
