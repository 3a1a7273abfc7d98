package import LinearAlgebra

/// The largest of each 2×2 pixels where it is positive, else zero: rectification after a convolution and maximum
/// pooling in one, as the two commute. A last odd row or column is left out.
package struct RectifiedPooling: Equatable, Sendable {
  package let input: ImageShape

  package init(input: ImageShape) {
    precondition(
      input.height >= 2 && input.width >= 2,
      "\(input.height)×\(input.width) pixels cannot be pooled in twos")
    self.input = input
  }

  package var output: ImageShape {
    ImageShape(
      height: input.height / 2, width: input.width / 2, channelCount: input.channelCount)
  }

  package func forward<Scalar: ProductScalar>(
    _ images: UnsafePointer<Scalar>, count: Int, into result: UnsafeMutablePointer<Scalar>
  ) {
    let channels = input.channelCount
    let row = input.width * channels
    forEachWindow(of: count) { corner, place in
      let (upper, lower, target) = (images + corner, images + corner + row, result + place)
      for c in 0..<channels {
        let top = max(upper[c], upper[c + channels])
        let bottom = max(lower[c], lower[c + channels])
        target[c] = max(max(top, bottom), 0)
      }
    }
  }

  /// The derivative goes to the pixel that was the largest, of equal ones to the first.
  package func backward<Scalar: ProductScalar>(
    _ images: UnsafePointer<Scalar>, count: Int, _ result: UnsafePointer<Scalar>,
    by outputs: UnsafePointer<Scalar>, imageGradient: UnsafeMutablePointer<Scalar>
  ) {
    let channels = input.channelCount
    let row = input.width * channels
    if input.height % 2 + input.width % 2 > 0 {
      imageGradient.update(repeating: 0, count: count * input.count)
    }
    forEachWindow(of: count) { corner, place in
      let (upper, lower) = (images + corner, images + corner + row)
      let (upperGradient, lowerGradient) = (imageGradient + corner, imageGradient + corner + row)
      let (largest, derivative) = (result + place, outputs + place)
      for c in 0..<channels {
        let value = largest[c]
        var rest: Scalar = value > 0 ? derivative[c] : 0
        upperGradient[c] = upper[c] == value ? rest : 0
        rest = upper[c] == value ? 0 : rest
        upperGradient[c + channels] = upper[c + channels] == value ? rest : 0
        rest = upper[c + channels] == value ? 0 : rest
        lowerGradient[c] = lower[c] == value ? rest : 0
        rest = lower[c] == value ? 0 : rest
        lowerGradient[c + channels] = rest
      }
    }
  }

  /// Where each window begins in the images, and where its result stands.
  @inline(__always)
  private func forEachWindow(of count: Int, _ body: (_ corner: Int, _ place: Int) -> Void) {
    let channels = input.channelCount
    let output = output
    var place = 0
    for image in 0..<count {
      for y in 0..<output.height {
        for x in 0..<output.width {
          body(image * input.count + (2 * y * input.width + 2 * x) * channels, place)
          place += channels
        }
      }
    }
  }
}
