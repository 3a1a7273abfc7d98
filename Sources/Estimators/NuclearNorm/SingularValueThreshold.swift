import LinearAlgebra

// With Z = Σ s_j u_j v_jᵀ the proximal map of τ‖·‖_* is X = Σ x_j u_j v_jᵀ, x_j = max(s_j − τ, 0). Its derivative
// along H, with C = UᵀHV and k = rank X, is
//
//     U (P ∘ C + M ∘ Cᵀ) Vᵀ + U₁ diag(t) U₁ᵀH + H V₁ diag(t) V₁ᵀ,   t_i = x_i/s_i,   i ≤ k.
//
// The last two terms carry the parts of H outside the thin vectors, whatever the shape; P and M vanish unless i ≤ k
// or j ≤ k, so that with a sparse H only k columns of each product are needed. For i, j ≤ k
//
//     M_ij = τ/(s_i + s_j),   P_ij = 1 − M_ij − t_i − t_j,
//
// and for i ≤ k < j, where s_j ≤ τ < s_i,
//
//     M_ij = x_i s_j/(s_i² − s_j²),   P_ij = M_ij s_j/s_i.

/// Singular values lowered by a threshold, and how the result moves with the matrix.
struct SingularValueThreshold {
  /// The nuclear norm, the squared Frobenius norm and the rank of the result.
  let nuclearNorm: Double
  let squaredNorm: Double
  let rank: Int

  private let decomposition: SingularValueDecomposition
  private let kept: [Double]
  private let threshold: Double

  init(_ threshold: Double, of matrix: Matrix) throws(DecompositionError) {
    self.threshold = threshold
    decomposition = try SingularValueDecomposition(of: matrix)
    kept = decomposition.singularValues.prefix { $0 > threshold }.map { $0 - threshold }
    rank = kept.count
    nuclearNorm = kept.reduce(0, +)
    squaredNorm = kept.reduce(0) { $0 + $1 * $1 }
  }

  /// X.
  func result() -> Matrix {
    decomposition.leftVectors.firstColumns(rank).scalingColumns(by: kept)
      * decomposition.rightVectorsTransposed.firstRows(rank)
  }

  /// The derivative as a map from values at known positions to values there.
  func derivative(at pattern: ObservedPattern) -> Derivative {
    Derivative(decomposition, kept: kept, threshold: threshold, pattern: pattern)
  }

  struct Derivative {
    private let pattern: ObservedPattern
    /// U and Vᵀ, thin; U₁ and V₁, with columns of zeros up to a multiple of eight, which the kernels take at once.
    private let u, vᵀ, u1, v1: Matrix
    /// k.
    private let rank: Int
    /// t, then zeros.
    private let shrinkage: [Double]
    /// P and M, one row for every singular vector and one column for every one kept, then zeros.
    private let direct, crossed: Matrix
    private var left, right, leftCore, rightCore: Matrix
    /// U₁ beside what multiplies V₁ᵀ, and what U₁ is multiplied by beside V₁: both sums in one product.
    private var leftPair, rightPair: Matrix
    private var values: [Double]

    fileprivate init(
      _ decomposition: SingularValueDecomposition, kept: [Double], threshold: Double,
      pattern: ObservedPattern
    ) {
      self.pattern = pattern
      u = decomposition.leftVectors
      vᵀ = decomposition.rightVectorsTransposed
      let s = decomposition.singularValues
      let k = kept.count
      rank = k
      let width = (k + 7) / 8 * 8
      u1 = .horizontallyStacked([u.firstColumns(k), .zeros(u.rowCount, width - k)])
      v1 = Matrix.verticallyStacked([
        vᵀ.firstRows(k), .zeros(width - k, vᵀ.columnCount),
      ]).transposed()
      shrinkage = zip(kept, s).map { $0 / $1 } + [Double](repeating: 0, count: width - k)
      var p = Matrix(rowCount: s.count, columnCount: width)
      var m = p
      for j in s.indices {
        for i in 0..<k {
          if j < k {
            m[j, i] = threshold / (s[i] + s[j])
            p[j, i] = 1 - m[j, i] - shrinkage[i] - shrinkage[j]
          } else {
            m[j, i] = kept[i] * s[j] / ((s[i] - s[j]) * (s[i] + s[j]))
            p[j, i] = m[j, i] * s[j] / s[i]
          }
        }
      }
      (direct, crossed) = (p, m)
      left = Matrix(rowCount: pattern.rowCount, columnCount: width)
      right = Matrix(rowCount: pattern.columnCount, columnCount: width)
      (leftCore, rightCore) = (p, p)
      leftPair = .horizontallyStacked([u1, left])
      rightPair = .horizontallyStacked([right, v1])
      values = [Double](repeating: 0, count: pattern.count)
    }

    /// The derivative along the sparse matrix H of some values, at the positions of the pattern.
    ///
    /// - Complexity: O(|Ω| k + (rows + columns) min(rows, columns) k).
    mutating func applied(to direction: [Double]) -> [Double] {
      guard rank > 0 else { return [Double](repeating: 0, count: direction.count) }
      // The rows of the block i, j ≤ k.
      let block = rank * shrinkage.count
      pattern.times(direction, v1, into: &left)  // H V₁
      pattern.transposedTimes(direction, u1, into: &right)  // Hᵀ U₁
      leftCore.setToProduct(u, left, transposingLeft: true)
      rightCore.setToProduct(vᵀ, right)
      direct.withUnsafeElements { p in
        crossed.withUnsafeElements { m in
          leftCore.withUnsafeMutableElements { a in
            rightCore.withUnsafeMutableElements { b in
              // Both products hold the block i, j ≤ k; it counts once.
              for n in 0..<block { (a[n], b[n]) = (0, p[n] * b[n] + m[n] * a[n]) }
              for n in block..<p.count {
                (a[n], b[n]) = (p[n] * a[n] + m[n] * b[n], p[n] * b[n] + m[n] * a[n])
              }
            }
          }
        }
      }
      scaleColumns(&left)
      scaleColumns(&right)
      left.setToProduct(u, leftCore, adding: 1)
      right.setToProduct(vᵀ, rightCore, transposingLeft: true, adding: 1)
      copyColumns(of: left, to: &leftPair, at: shrinkage.count)
      copyColumns(of: right, to: &rightPair, at: 0)
      pattern.products(left: leftPair, right: rightPair, into: &values)
      return values
    }

    /// The diagonal of the derivative at the positions of the pattern, less the part of the crossed term M, which has
    /// either sign. It is positive, and close enough to precondition with.
    ///
    ///     Σ_pq (weight of C_pq)_pq u_ip² v_jq²
    func approximateDiagonal() -> [Double] {
      let k = rank
      guard k > 0 else { return [Double](repeating: 0, count: pattern.count) }
      let (uu, vv) = (u.hadamard(u), vᵀ.hadamard(vᵀ))
      let upper = direct.firstColumns(k)
      var lower = upper
      lower.withUnsafeMutableElements { p in for n in 0..<k * k { p[n] = 0 } }
      var result = [Double](repeating: 0, count: pattern.count)
      var rest = result
      pattern.products(left: uu.firstColumns(k), right: vv.transposedTimes(upper), into: &result)
      pattern.products(left: uu * lower, right: vv.firstRows(k).transposed(), into: &rest)
      let rows = uu.firstColumns(k) * Array(shrinkage.prefix(k))
      let columns = vv.firstRows(k).transposedTimes(Array(shrinkage.prefix(k)))
      for n in result.indices {
        result[n] += rest[n] + rows[Int(pattern.rows[n])] + columns[Int(pattern.columns[n])]
      }
      return result
    }

    private func copyColumns(of source: Matrix, to target: inout Matrix, at column: Int) {
      let (width, stride) = (source.columnCount, target.columnCount)
      source.withUnsafeElements { source in
        target.withUnsafeMutableElements { target in
          for row in 0..<source.count / width {
            (target.baseAddress! + row * stride + column).update(
              from: source.baseAddress! + row * width, count: width)
          }
        }
      }
    }

    private func scaleColumns(_ matrix: inout Matrix) {
      let k = shrinkage.count
      matrix.withUnsafeMutableElements { elements in
        shrinkage.withUnsafeBufferPointer { factors in
          for start in stride(from: 0, to: elements.count, by: k) {
            for i in 0..<k { elements[start + i] *= factors[i] }
          }
        }
      }
    }
  }
}
