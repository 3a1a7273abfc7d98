/// (Σ v vᵀ + ridge) u = Σ b v for a few unknowns, built one entry after the other.
struct NormalEquations {
  let width: Int
  /// The lower triangle, row by row.
  var matrix: [Double]
  var vector: [Double]
  private var factor: [Double]

  init(width: Int) {
    self.width = width
    matrix = [Double](repeating: 0, count: width * (width + 1) / 2)
    factor = matrix
    vector = [Double](repeating: 0, count: width)
  }

  mutating func clear() {
    for k in matrix.indices { matrix[k] = 0 }
    for k in vector.indices { vector[k] = 0 }
  }

  @inline(__always)
  mutating func add(_ v: UnsafePointer<Double>, _ value: Double) {
    matrix.withUnsafeMutableBufferPointer { matrix in
      var place = 0
      for i in 0..<width {
        let x = v[i]
        for j in 0...i { matrix[place + j] += x * v[j] }
        place += i + 1
      }
    }
    vector.withUnsafeMutableBufferPointer { vector in
      for i in 0..<width { vector[i] += value * v[i] }
    }
  }

  /// Writes the solution; directions that nothing determines are left out.
  ///
  /// By Cholesky's decomposition, a pivot below rounding of its diagonal taken as none: fewer entries than unknowns have
  /// a solution with zeros.
  mutating func solve(ridge: Double, into result: inout [Double], at begin: Int) {
    var row = 0
    for i in 0..<width {
      var column = 0
      for j in 0...i {
        var sum = matrix[row + j] + (i == j ? ridge : 0)
        for k in 0..<j { sum -= factor[row + k] * factor[column + k] }
        if i == j {
          let whole = matrix[row + i] + ridge
          factor[row + i] = sum > 1e-13 * whole ? sum.squareRoot() : 0
        } else {
          factor[row + j] = factor[column + j] > 0 ? sum / factor[column + j] : 0
        }
        column += j + 1
      }
      row += i + 1
    }
    row = 0
    for i in 0..<width {
      var sum = vector[i]
      for k in 0..<i { sum -= factor[row + k] * result[begin + k] }
      result[begin + i] = factor[row + i] > 0 ? sum / factor[row + i] : 0
      row += i + 1
    }
    for i in stride(from: width - 1, through: 0, by: -1) {
      let diagonal = i * (i + 1) / 2 + i
      guard factor[diagonal] > 0 else {
        result[begin + i] = 0
        continue
      }
      var sum = result[begin + i]
      for k in i + 1..<max(width, i + 1) {
        sum -= factor[k * (k + 1) / 2 + i] * result[begin + k]
      }
      result[begin + i] = sum / factor[diagonal]
    }
  }
}
