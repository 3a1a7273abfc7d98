// Goals: 1. No allocation in the methods that change a matrix in place.  2. OpenBLAS's fast kernels: its product
// with a transposed right factor takes 1.7 to 2 times as long as the others up to about 100×100.  3. The same
// bits whichever way the same product is asked for, but for that transposition.

extension Matrix {
  /// The product of two matrices.
  ///
  /// - Precondition: the left matrix has as many columns as the right one has rows.
  public static func * (left: Matrix, right: Matrix) -> Matrix {
    product(left, right, transposingLeft: false, transposingRight: false)
  }

  /// The product `AᵀB`, without forming the transpose.
  ///
  /// - Precondition: both matrices have the same number of rows.
  public func transposedTimes(_ right: Matrix) -> Matrix {
    Self.product(self, right, transposingLeft: true, transposingRight: false)
  }

  /// The product `ABᵀ`.
  ///
  /// - Precondition: both matrices have the same number of columns.
  public func timesTransposed(_ right: Matrix) -> Matrix {
    // Transposing costs a fifth of a 100×100 product; the kernel for a transposed right factor costs 70 % more.
    if rowCount * right.rowCount * columnCount <= 1_000_000, rowCount > 2 {
      precondition(
        columnCount == right.columnCount, Self.misfit(self, right, left: false, right: true))
      return self * right.transposed()
    }
    return Self.product(self, right, transposingLeft: false, transposingRight: true)
  }

  /// Sets this matrix to a product, in place: `self ← scale · op(A) op(B) + adding · self`.
  ///
  /// Allocates nothing. Neither factor may be this matrix; when one is, it is copied first. A hot loop that
  /// needs `ABᵀ` for matrices up to about 100×100 gains by keeping `Bᵀ`, see ``transpose(into:)``.
  ///
  /// - Parameters:
  ///   - a: the left factor.
  ///   - b: the right factor.
  ///   - transposingLeft: whether the left factor is transposed.
  ///   - transposingRight: whether the right factor is transposed.
  ///   - scale: what the product is multiplied by.
  ///   - adding: what the old elements are multiplied by; with zero they are overwritten, even NaN.
  /// - Precondition: the factors fit each other and this matrix.
  public mutating func setToProduct(
    _ a: Matrix, _ b: Matrix, transposingLeft: Bool = false, transposingRight: Bool = false,
    scale: Double = 1, adding: Double = 0
  ) {
    let shape = Self.productShape(a, b, transposingLeft, transposingRight)
    precondition(
      rowCount == shape.rows && columnCount == shape.columns,
      "a \(shape.rows)×\(shape.columns) product does not fit into a \(self.shape) matrix")
    storage.withUnsafeMutableBufferPointer { c in
      a.storage.withUnsafeBufferPointer { a in
        b.storage.withUnsafeBufferPointer { b in
          BLAS.product(
            a, transposed: transposingLeft, b, transposed: transposingRight, shape: shape,
            scale: scale, adding: adding, into: c)
        }
      }
    }
  }

  /// The product of a matrix and a column vector.
  ///
  /// - Precondition: as many elements as the matrix has columns.
  public static func * (matrix: Matrix, vector: [Double]) -> [Double] {
    precondition(
      vector.count == matrix.columnCount,
      "cannot multiply a \(matrix.shape) matrix by a vector of \(vector.count) elements")
    return matrix.product(vector, transposed: false)
  }

  /// The product `Aᵀx`.
  ///
  /// - Precondition: as many elements as the matrix has rows.
  public func transposedTimes(_ vector: [Double]) -> [Double] {
    precondition(
      vector.count == rowCount,
      "cannot multiply the transpose of a \(shape) matrix by a vector of \(vector.count) elements")
    return product(vector, transposed: true)
  }

  private func product(_ vector: [Double], transposed: Bool) -> [Double] {
    let count = transposed ? columnCount : rowCount
    return [Double](unsafeUninitializedCapacity: count) { y, initializedCount in
      let y = UnsafeMutableBufferPointer(rebasing: y.prefix(count))
      storage.withUnsafeBufferPointer { a in
        vector.withUnsafeBufferPointer { x in
          BLAS.product(
            a, rowCount: rowCount, columnCount: columnCount, transposed: transposed, x, into: y)
        }
      }
      initializedCount = count
    }
  }

  private static func product(
    _ a: Matrix, _ b: Matrix, transposingLeft: Bool, transposingRight: Bool
  ) -> Matrix {
    let shape = productShape(a, b, transposingLeft, transposingRight)
    let count = shape.rows * shape.columns
    let elements = [Double](unsafeUninitializedCapacity: count) { c, initializedCount in
      let c = UnsafeMutableBufferPointer(rebasing: c.prefix(count))
      a.storage.withUnsafeBufferPointer { a in
        b.storage.withUnsafeBufferPointer { b in
          BLAS.product(
            a, transposed: transposingLeft, b, transposed: transposingRight, shape: shape, scale: 1,
            adding: 0, into: c)
        }
      }
      initializedCount = count
    }
    return Matrix(rowCount: shape.rows, columnCount: shape.columns, elements: elements)
  }

  private static func productShape(
    _ a: Matrix, _ b: Matrix, _ transposingLeft: Bool, _ transposingRight: Bool
  ) -> (rows: Int, columns: Int, inner: Int) {
    let (rows, inner) = transposingLeft ? (a.columnCount, a.rowCount) : (a.rowCount, a.columnCount)
    let (innerRight, columns) =
      transposingRight ? (b.columnCount, b.rowCount) : (b.rowCount, b.columnCount)
    precondition(inner == innerRight, misfit(a, b, left: transposingLeft, right: transposingRight))
    return (rows, columns, inner)
  }

  private static func misfit(_ a: Matrix, _ b: Matrix, left: Bool, right: Bool) -> String {
    let (the, of) = (left ? "the transpose of a" : "a", right ? "the transpose of a" : "a")
    return "cannot multiply \(the) \(a.shape) by \(of) \(b.shape) matrix"
  }
}
