import COpenBLAS

/// A scalar for which the linear algebra library multiplies blocks: an estimator that trains in single precision,
/// and its tests in double, share one source.
package protocol ProductScalar: BinaryFloatingPoint, Sendable {
  /// `C ← op(A) op(B) + adding C`, all row-major without gaps; `op` transposes or not.
  ///
  /// - Parameter shape: the rows of `C`, its columns, and the length of the sums; all positive.
  static func setProduct(
    _ c: UnsafeMutablePointer<Self>, _ a: UnsafePointer<Self>, transposingLeft: Bool,
    _ b: UnsafePointer<Self>, transposingRight: Bool,
    shape: (rows: Int, columns: Int, inner: Int), adding: Self)
}

extension Float: ProductScalar {
  package static func setProduct(
    _ c: UnsafeMutablePointer<Float>, _ a: UnsafePointer<Float>, transposingLeft: Bool,
    _ b: UnsafePointer<Float>, transposingRight: Bool,
    shape: (rows: Int, columns: Int, inner: Int), adding: Float
  ) {
    BLASConfiguration.prepare()
    let (m, n, k) = shape
    cblas_sgemm(
      CblasRowMajor, transposingLeft ? CblasTrans : CblasNoTrans,
      transposingRight ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a,
      Int32(transposingLeft ? m : k), b, Int32(transposingRight ? k : n), adding, c, Int32(n))
  }
}

extension Double: ProductScalar {
  package static func setProduct(
    _ c: UnsafeMutablePointer<Double>, _ a: UnsafePointer<Double>, transposingLeft: Bool,
    _ b: UnsafePointer<Double>, transposingRight: Bool,
    shape: (rows: Int, columns: Int, inner: Int), adding: Double
  ) {
    BLAS.product(
      UnsafeBufferPointer(start: a, count: shape.rows * shape.inner), transposed: transposingLeft,
      UnsafeBufferPointer(start: b, count: shape.inner * shape.columns),
      transposed: transposingRight, shape: shape, scale: 1, adding: adding,
      into: UnsafeMutableBufferPointer(start: c, count: shape.rows * shape.columns))
  }
}
