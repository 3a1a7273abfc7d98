import COpenBLAS

// For processors with AVX-512, OpenBLAS multiplies matrices up to 100×100×100 without copying them first, at nine
// tenths of the peak rate; above that its rate falls to seven tenths. So products a little larger are made of
// such tiles. Measured at 150×150: 57 µs instead of 82; at 200×200: 135 instead of 172.

extension BLAS {
  /// A product of two matrices in memory; op(A) is rows × inner, op(B) inner × columns.
  struct Product {
    var left: UnsafePointer<Double>
    var leftStride: Int
    var isLeftTransposed: Bool
    var right: UnsafePointer<Double>
    var rightStride: Int
    var isRightTransposed: Bool
    var target: UnsafeMutablePointer<Double>
    var rows: Int
    var columns: Int
    var inner: Int
  }

  /// `C ← scale op(A) op(B) + adding C` in whichever way is fastest.
  static func multiply(_ product: Product, scale: Double, adding: Double) {
    let p = product
    if p.isLeftTransposed, p.isRightTransposed, p.rows == p.columns, adding == 0,
      p.rows > largestTiled
    {
      // The library takes up to twice as long for AᵀBᵀ as for BA, whose transpose it is.
      let reversed = Product(
        left: p.right, leftStride: p.rightStride, isLeftTransposed: false, right: p.left,
        rightStride: p.leftStride, isRightTransposed: false, target: p.target, rows: p.rows,
        columns: p.columns, inner: p.inner)
      gemm(reversed, scale: scale, adding: 0)
      transposeInPlace(p.target, side: p.rows)
    } else if hasSmallKernels, p.isLeftTransposed || !p.isRightTransposed,
      p.rows * p.columns * p.inner > smallKernelLimit,
      max(p.rows, p.columns, p.inner) <= largestTiled
    {
      multiplyTiles(p, scale: scale, adding: adding)
    } else {
      gemm(p, scale: scale, adding: adding)
    }
  }

  /// The largest product of three sides that the library's kernels for small matrices take.
  private static let smallKernelLimit = 1_000_000
  private static let tileSide = 100
  private static let largestTiled = 256

  private static let hasSmallKernels = ["SkylakeX", "Cooperlake", "SapphireRapids"].contains(
    BLASConfiguration.coreName)

  private static func multiplyTiles(_ p: Product, scale: Double, adding: Double) {
    let (rows, columns, inner) = (even(p.rows), even(p.columns), even(p.inner))
    var top = 0
    while top < p.rows {
      var middle = 0
      while middle < p.inner {
        var first = 0
        while first < p.columns {
          var tile = p
          tile.left +=
            p.isLeftTransposed ? middle * p.leftStride + top : top * p.leftStride + middle
          tile.right +=
            p.isRightTransposed ? first * p.rightStride + middle : middle * p.rightStride + first
          tile.target += top * p.columns + first
          tile.rows = min(rows, p.rows - top)
          tile.columns = min(columns, p.columns - first)
          tile.inner = min(inner, p.inner - middle)
          gemm(
            tile, targetStride: p.columns, scale: scale, adding: middle == 0 ? adding : 1)
          first += columns
        }
        middle += inner
      }
      top += rows
    }
  }

  /// The side of tiles of about equal size.
  private static func even(_ side: Int) -> Int {
    let count = (side + tileSide - 1) / tileSide
    return (side + count - 1) / count
  }

  private static func gemm(
    _ p: Product, targetStride: Int? = nil, scale: Double, adding: Double
  ) {
    cblas_dgemm(
      CblasRowMajor, p.isLeftTransposed ? CblasTrans : CblasNoTrans,
      p.isRightTransposed ? CblasTrans : CblasNoTrans, Int32(p.rows), Int32(p.columns),
      Int32(p.inner), scale, p.left, Int32(p.leftStride), p.right, Int32(p.rightStride), adding,
      p.target, Int32(targetStride ?? p.columns))
  }

  /// In blocks of 8×8, a cache line wide.
  private static func transposeInPlace(_ elements: UnsafeMutablePointer<Double>, side: Int) {
    let block = 8
    var top = 0
    while top < side {
      var left = 0
      while left <= top {
        for i in top..<min(top + block, side) {
          for j in left..<min(left + block, i) {
            let element = elements[i * side + j]
            elements[i * side + j] = elements[j * side + i]
            elements[j * side + i] = element
          }
        }
        left += block
      }
      top += block
    }
  }
}
