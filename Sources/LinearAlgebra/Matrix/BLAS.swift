import COpenBLAS

/// The few BLAS kernels that matrices are built on, with our types and without the empty cases.
///
/// The library's integers have 32 bits; a side longer than that stops in the conversion.
enum BLAS {
  /// `y ← y + factor x`
  static func add(
    _ factor: Double, _ x: UnsafeBufferPointer<Double>, to y: UnsafeMutableBufferPointer<Double>
  ) {
    BLASConfiguration.prepare()
    guard let x = x.baseAddress, let target = y.baseAddress, y.count > 0 else { return }
    cblas_daxpy(Int32(y.count), factor, x, 1, target, 1)
  }

  /// `x ← factor x`
  static func scale(_ x: UnsafeMutableBufferPointer<Double>, by factor: Double) {
    BLASConfiguration.prepare()
    guard let address = x.baseAddress, x.count > 0 else { return }
    cblas_dscal(Int32(x.count), factor, address, 1)
  }

  /// `Σ xᵢ yᵢ`
  static func dot(_ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>) -> Double {
    BLASConfiguration.prepare()
    guard let left = x.baseAddress, let right = y.baseAddress, x.count > 0 else { return 0 }
    return cblas_ddot(Int32(x.count), left, 1, right, 1)
  }

  /// `C ← scale op(A) op(B) + adding C`, all row-major; `op` transposes or not.
  ///
  /// - Parameter shape: the rows of `C`, its columns, and the length of the sums.
  static func product(
    _ a: UnsafeBufferPointer<Double>, transposed aTransposed: Bool,
    _ b: UnsafeBufferPointer<Double>, transposed bTransposed: Bool,
    shape: (rows: Int, columns: Int, inner: Int),
    scale: Double, adding: Double, into c: UnsafeMutableBufferPointer<Double>
  ) {
    BLASConfiguration.prepare()
    let (m, n, k) = shape
    guard m > 0, n > 0, let target = c.baseAddress else { return }
    guard k > 0, let left = a.baseAddress, let right = b.baseAddress else {
      // An empty sum is zero. A factor of zero overwrites, whatever was there.
      if adding == 0 { c.update(repeating: 0) } else { Self.scale(c, by: adding) }
      return
    }
    multiply(
      Product(
        left: left, leftStride: aTransposed ? m : k, isLeftTransposed: aTransposed, right: right,
        rightStride: bTransposed ? k : n, isRightTransposed: bTransposed, target: target, rows: m,
        columns: n, inner: k), scale: scale, adding: adding)
  }

  /// `y ← op(A) x` for a row-major `A` of the given shape.
  static func product(
    _ a: UnsafeBufferPointer<Double>, rowCount: Int, columnCount: Int, transposed: Bool,
    _ x: UnsafeBufferPointer<Double>, into y: UnsafeMutableBufferPointer<Double>
  ) {
    BLASConfiguration.prepare()
    guard let target = y.baseAddress, y.count > 0 else { return }
    guard let matrix = a.baseAddress, let vector = x.baseAddress, a.count > 0 else {
      y.update(repeating: 0)
      return
    }
    cblas_dgemv(
      CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, Int32(rowCount), Int32(columnCount), 1,
      matrix, Int32(columnCount), vector, 1, 0, target, 1)
  }
}
