import LinearAlgebra
import RealModule

// 1. A generic product of sums of the given matrices has no more coincident singular values than are unavoidable,
//    so its singular vectors are the bases.  2. Two of its values may still come close by accident, and the
//    vectors then mix by rounding over their distance, although another matrix tells them apart. One step of
//    Gauss and Newton uses all matrices: with R → R(1 + B), L → L(1 + A), A and B antisymmetric and small,
//
//        D_kl + m_k B_kl − m_l A_kl = 0,   D_lk − m_l B_kl + m_k A_kl = 0    for every d_N × d₀ matrix, D = LᵀMR,
//        S_kl + (s_k − s_l) B_kl = 0   and   T_kl + (t_k − t_l) A_kl = 0     for symmetric ones on either side,
//
//    are solved by least squares for every pair k < l.

/// Orthonormal bases of the outputs and inputs in which several matrices are diagonal, if there are such.
struct CommonSingularVectors {
  /// d_N × d_N.
  private(set) var left: Matrix
  /// d₀ × d₀.
  private(set) var right: Matrix
  /// How many pairs of vectors the matrices that map inputs to outputs determine.
  let count: Int

  /// - Parameters:
  ///   - crossing: matrices from inputs to outputs, of size about 1.
  ///   - outputs: symmetric matrices on the outputs, positive semidefinite, of size about 1.
  ///   - inputs: the same on the inputs.
  /// - Complexity: O(*n*³) for each of the matrices.
  init(
    crossing: [Matrix], outputs: [Matrix], inputs: [Matrix]
  ) throws(DecompositionError) {
    var sum = Matrix.zeros(crossing[0].rowCount, crossing[0].columnCount)
    for (k, matrix) in crossing.enumerated() { sum.add(matrix, scaledBy: Self.weight(k)) }
    var before = Matrix.identity(sum.columnCount)
    for (k, matrix) in inputs.enumerated() { before.add(matrix, scaledBy: Self.weight(k + 3)) }
    var after = Matrix.identity(sum.rowCount)
    for (k, matrix) in outputs.enumerated() { after.add(matrix, scaledBy: Self.weight(k + 8)) }
    let decomposition = try SingularValueDecomposition(of: after * sum * before, vectors: .full)
    left = decomposition.leftVectors
    right = decomposition.rightVectorsTransposed.transposed()
    let largest = decomposition.singularValues.first ?? 0
    count = largest == 0 ? 0 : decomposition.singularValues.count
    refine(crossing: crossing, outputs: outputs, inputs: inputs)
  }

  /// Numbers between 0.3 and 1 without simple relations: 0.3 + 0.7 frac(kφ).
  private static func weight(_ index: Int) -> Double {
    let multiple = 0.618033988749895 * Double(index + 1)
    return 0.3 + 0.7 * (multiple - multiple.rounded(.down))
  }

  private mutating func refine(crossing: [Matrix], outputs: [Matrix], inputs: [Matrix]) {
    let d = crossing.map { left.transposedTimes($0 * right) }
    let s = inputs.map { right.transposedTimes($0 * right) }
    let t = outputs.map { left.transposedTimes($0 * left) }
    var turnLeft = Matrix.zeros(left.rowCount, left.rowCount)
    var turnRight = Matrix.zeros(right.rowCount, right.rowCount)
    for k in 0..<count {
      for l in (k + 1)..<max(left.rowCount, right.rowCount, k + 1) {
        var pair = PairTurn()
        if l < right.rowCount {
          for matrix in s { pair.add(0, matrix[k, k] - matrix[l, l], matrix[k, l]) }
        }
        if l < left.rowCount {
          for matrix in t { pair.add(matrix[k, k] - matrix[l, l], 0, matrix[k, l]) }
        }
        for matrix in d {
          let (hasRow, hasColumn) = (l < left.rowCount, l < right.rowCount)
          let (own, other) = (matrix[k, k], hasRow && hasColumn ? matrix[l, l] : 0)
          if hasColumn { pair.add(-other, own, matrix[k, l]) }
          if hasRow { pair.add(own, -other, matrix[l, k]) }
        }
        let (a, b) = pair.solution
        if l < left.rowCount { (turnLeft[k, l], turnLeft[l, k]) = (a, -a) }
        if l < right.rowCount { (turnRight[k, l], turnRight[l, k]) = (b, -b) }
      }
    }
    left += left * turnLeft
    right += right * turnRight
  }
}

/// Least squares for the two small angles of one pair of vectors.
private struct PairTurn {
  private var aa = 0.0
  private var ab = 0.0
  private var bb = 0.0
  private var ar = 0.0
  private var br = 0.0

  /// Adds the equation `left` A + `right` B + `rest` = 0.
  mutating func add(_ left: Double, _ right: Double, _ rest: Double) {
    aa += left * left
    ab += left * right
    bb += right * right
    ar += left * rest
    br += right * rest
  }

  /// A and B; zero along directions that the equations do not determine, and both zero when they are not small:
  /// then the matrices have no common bases, or these vectors are free.
  var solution: (Double, Double) {
    // Eigenvectors (c, s) and (−s, c) of the normal matrix.
    let angle = 0.5 * Double.atan2(y: 2 * ab, x: aa - bb)
    let (c, s) = (Double.cos(angle), Double.sin(angle))
    let first = aa * c * c + 2 * ab * c * s + bb * s * s
    let second = aa * s * s - 2 * ab * c * s + bb * c * c
    let floor = 1e-14 * (aa + bb)
    let along = first > floor ? -(c * ar + s * br) / first : 0
    let across = second > floor ? -(c * br - s * ar) / second : 0
    let (a, b) = (c * along - s * across, s * along + c * across)
    return max(abs(a), abs(b)) < 1e-8 ? (a, b) : (0, 0)
  }
}
