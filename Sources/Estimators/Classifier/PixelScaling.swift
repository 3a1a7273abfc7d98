import LinearAlgebra

/// How pixels are centred and scaled, all alike.
struct PixelScaling: Equatable, Sendable {
  let mean: Double
  /// The standard deviation; 1 where all pixels are the same.
  let deviation: Double

  /// Of finite images. Sums are of numbers up to 1, so that nothing overflows.
  init(of images: Matrix) {
    (mean, deviation) = images.withUnsafeElements { pixels in
      var largest = 0.0
      for pixel in pixels { largest = max(largest, abs(pixel)) }
      guard largest > 0 else { return (0, 1) }
      var sum = 0.0
      for pixel in pixels { sum += pixel / largest }
      let mean = sum / Double(pixels.count)
      var squares = 0.0
      for pixel in pixels { squares += (pixel / largest - mean) * (pixel / largest - mean) }
      let deviation = (squares / Double(pixels.count)).squareRoot()
      return (mean * largest, deviation > 0 ? deviation * largest : 1)
    }
  }

  /// Some rows, one after another, centred and scaled.
  func write<Scalar: ProductScalar>(
    _ images: Matrix, rows: some Sequence<Int>, to target: UnsafeMutablePointer<Scalar>
  ) {
    let count = images.columnCount
    images.withUnsafeElements { pixels in
      for (place, row) in rows.enumerated() {
        let (source, target) = (pixels.baseAddress! + row * count, target + place * count)
        for k in 0..<count { target[k] = Scalar((source[k] - mean) / deviation) }
      }
    }
  }
}
