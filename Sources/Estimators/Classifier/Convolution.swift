package import LinearAlgebra

// The patches of the images, one per row, times the kernels, one per column, are the outputs, pixel by pixel:
//
//     Z = P K + 1 bᵀ,   ∂ℓ/∂K = Pᵀ ∂ℓ/∂Z,   ∂ℓ/∂P = ∂ℓ/∂Z Kᵀ.
//
// Patches are written for few images at a time, so that they stay in the second-level cache, and written again on
// the way back rather than kept.

/// A convolution with square kernels, without padding.
package struct Convolution: Equatable, Sendable {
  package let input: ImageShape
  package let kernelSize: Int
  package let outputChannels: Int

  package init(input: ImageShape, kernelSize: Int, outputChannels: Int) {
    precondition(
      kernelSize >= 1 && kernelSize <= min(input.height, input.width),
      "a kernel of \(kernelSize) does not fit into \(input.height)×\(input.width) pixels")
    self.input = input
    self.kernelSize = kernelSize
    self.outputChannels = outputChannels
  }

  package var output: ImageShape {
    ImageShape(
      height: input.height - kernelSize + 1, width: input.width - kernelSize + 1,
      channelCount: outputChannels)
  }

  /// The numbers under the kernel.
  package var patchCount: Int { kernelSize * kernelSize * input.channelCount }
  package var weightCount: Int { patchCount * outputChannels }
  /// The kernels as columns, patchCount × outputChannels, then one bias for each.
  package var parameterCount: Int { weightCount + outputChannels }

  private var positionCount: Int { output.height * output.width }
  /// How many images' patches are written at once.
  private var chunkCount: Int { max(1, 65536 / (positionCount * patchCount)) }
  package var scratchCount: Int { chunkCount * positionCount * patchCount }

  package func forward<Scalar: ProductScalar>(
    _ images: UnsafePointer<Scalar>, count: Int, _ parameters: UnsafePointer<Scalar>,
    into result: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>
  ) {
    let bias = parameters + weightCount
    for row in 0..<count * positionCount {
      (result + row * outputChannels).update(from: bias, count: outputChannels)
    }
    forEachChunk(of: count) { first, chunk in
      writePatches(images + first * input.count, chunk, scratch)
      Scalar.setProduct(
        result + first * output.count, scratch, transposingLeft: false, parameters,
        transposingRight: false, shape: (chunk * positionCount, outputChannels, patchCount),
        adding: 1)
    }
  }

  /// Adds to the derivatives by the parameters; sets those by the images where they are asked for.
  package func backward<Scalar: ProductScalar>(
    _ images: UnsafePointer<Scalar>, count: Int, _ parameters: UnsafePointer<Scalar>,
    by outputs: UnsafePointer<Scalar>, parameterGradient: UnsafeMutablePointer<Scalar>,
    imageGradient: UnsafeMutablePointer<Scalar>?, scratch: UnsafeMutablePointer<Scalar>
  ) {
    let biasGradient = parameterGradient + weightCount
    for row in 0..<count * positionCount {
      let source = outputs + row * outputChannels
      for channel in 0..<outputChannels { biasGradient[channel] += source[channel] }
    }
    imageGradient?.update(repeating: 0, count: count * input.count)
    forEachChunk(of: count) { first, chunk in
      let rows = chunk * positionCount
      let derivative = outputs + first * output.count
      writePatches(images + first * input.count, chunk, scratch)
      Scalar.setProduct(
        parameterGradient, scratch, transposingLeft: true, derivative, transposingRight: false,
        shape: (patchCount, outputChannels, rows), adding: 1)
      guard let imageGradient else { return }
      Scalar.setProduct(
        scratch, derivative, transposingLeft: false, parameters, transposingRight: true,
        shape: (rows, patchCount, outputChannels), adding: 0)
      addPatches(scratch, chunk, to: imageGradient + first * input.count)
    }
  }

  private func forEachChunk(of count: Int, _ body: (_ first: Int, _ chunk: Int) -> Void) {
    for first in stride(from: 0, to: count, by: chunkCount) {
      body(first, min(chunkCount, count - first))
    }
  }

  private func writePatches<Scalar: ProductScalar>(
    _ images: UnsafePointer<Scalar>, _ count: Int, _ patches: UnsafeMutablePointer<Scalar>
  ) {
    let strip = kernelSize * input.channelCount
    forEachStrip(of: count) { pixel, place in
      let (source, target) = (images + pixel, patches + place)
      for k in 0..<strip { target[k] = source[k] }
    }
  }

  private func addPatches<Scalar: ProductScalar>(
    _ patches: UnsafePointer<Scalar>, _ count: Int, to images: UnsafeMutablePointer<Scalar>
  ) {
    let strip = kernelSize * input.channelCount
    forEachStrip(of: count) { pixel, place in
      let (source, target) = (patches + place, images + pixel)
      for k in 0..<strip { target[k] += source[k] }
    }
  }

  /// A patch is kernelSize strips of pixels that are neighbours in memory: where each begins in the images, and in
  /// the patches.
  @inline(__always)
  private func forEachStrip(of count: Int, _ body: (_ pixel: Int, _ place: Int) -> Void) {
    let strip = kernelSize * input.channelCount
    let row = input.width * input.channelCount
    let output = output
    var place = 0
    for image in 0..<count {
      for y in 0..<output.height {
        for x in 0..<output.width {
          let corner = image * input.count + y * row + x * input.channelCount
          for line in 0..<kernelSize {
            body(corner + line * row, place)
            place += strip
          }
        }
      }
    }
  }
}
