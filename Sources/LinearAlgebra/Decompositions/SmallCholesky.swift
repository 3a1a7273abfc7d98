// Goals: 1. No allocation, no call into a library: alternating least squares solves millions of k×k systems with
// k ≤ 32.  2. Inner loops along rows, which the compiler turns into vector instructions.

/// Cholesky factorization of small systems in the caller's memory.
package enum SmallCholesky {
  /// Replaces the upper triangle of a row-major symmetric matrix by `U` with `A = UᵀU`.
  ///
  /// The lower triangle is neither read nor written.
  ///
  /// - Returns: The first pivot that is not positive, counted from zero; nil if all are.
  package static func factorInPlace(_ a: UnsafeMutablePointer<Double>, size: Int) -> Int? {
    var k = 0
    while k < size {
      let row = a + k * size
      let pivot = row[k]
      guard pivot > 0, pivot.isFinite else { return k }
      let root = pivot.squareRoot()
      let scale = 1 / root
      row[k] = root
      var j = k + 1
      while j < size {
        row[j] *= scale
        j += 1
      }
      var i = k + 1
      while i < size {
        subtract(row[i], times: row + i, from: a + i * size + i, count: size - i)
        i += 1
      }
      k += 1
    }
    return nil
  }

  /// Replaces `b` by the solution of `A x = b`, from the factor left by ``factorInPlace(_:size:)``.
  package static func solveInPlace(
    _ factor: UnsafePointer<Double>, _ b: UnsafeMutablePointer<Double>, size: Int
  ) {
    // Uᵀ y = b: each unknown leaves the later equations along a row of U.
    var k = 0
    while k < size {
      let row = factor + k * size
      b[k] /= row[k]
      subtract(b[k], times: row + k + 1, from: b + k + 1, count: size - k - 1)
      k += 1
    }
    // U x = y, from below.
    k = size - 1
    while k >= 0 {
      let row = factor + k * size
      var sum = b[k]
      var j = k + 1
      while j < size {
        sum -= row[j] * b[j]
        j += 1
      }
      b[k] = sum / row[k]
      k -= 1
    }
  }

  /// `y ← y − factor x`
  @inline(__always)
  private static func subtract(
    _ factor: Double, times x: UnsafePointer<Double>, from y: UnsafeMutablePointer<Double>,
    count: Int
  ) {
    var j = 0
    while j < count {
      y[j] -= factor * x[j]
      j += 1
    }
  }
}
