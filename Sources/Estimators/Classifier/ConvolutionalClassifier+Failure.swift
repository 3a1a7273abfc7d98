import LinearAlgebra

extension ConvolutionalClassifier {
  /// Why nothing can be fitted. Images are counted from zero.
  public enum Failure: Error, Equatable, Sendable {
    case differentCounts(images: Int, labels: Int)
    case noImages
    case differentImageSize(columns: Int, shape: ImageShape)
    case notFinite(image: Int, pixel: Int, value: Double)
    case labelOutOfRange(image: Int, label: Int, classCount: Int)
    case tooFewClasses(Int)
    /// A setting that counts something and must be positive.
    case notPositive(Setting, Int)
    case noConvolution
    case differentDepthCount(Int, denseLayers: Int)
    case imageTooSmall(ImageShape, kernelSize: Int, convolutionCount: Int)
    case stepSizeNotPositive(Double)
    case momentumOutOfRange(Double)

    /// The settings that count.
    public enum Setting: String, Equatable, Sendable {
      case imageSide = "side or channel count of an image"
      case channelCount = "channel count"
      case kernelSize = "kernel size"
      case hiddenWidth = "hidden width"
      case denseDepth = "depth of a dense layer"
      case batchSize = "batch size"
      case epochCount = "number of epochs"
    }
  }

  func validate(_ images: Matrix, _ labels: [Int], classCount: Int) throws(Failure) {
    try validateSettings()
    guard images.rowCount == labels.count else {
      throw .differentCounts(images: images.rowCount, labels: labels.count)
    }
    guard !labels.isEmpty else { throw .noImages }
    guard images.columnCount == imageShape.count else {
      throw .differentImageSize(columns: images.columnCount, shape: imageShape)
    }
    guard classCount >= 2 else { throw .tooFewClasses(classCount) }
    for (image, label) in labels.enumerated() where label < 0 || label >= classCount {
      throw .labelOutOfRange(image: image, label: label, classCount: classCount)
    }
    let odd = images.withUnsafeElements { $0.firstIndex { !$0.isFinite } }
    if let odd {
      let (image, pixel) = odd.quotientAndRemainder(dividingBy: images.columnCount)
      throw .notFinite(image: image, pixel: pixel, value: images[image, pixel])
    }
  }

  private func validateSettings() throws(Failure) {
    let sides = [imageShape.height, imageShape.width, imageShape.channelCount]
    let counts: [(Failure.Setting, [Int])] = [
      (.imageSide, sides), (.channelCount, channelCounts), (.kernelSize, [kernelSize]),
      (.hiddenWidth, hiddenWidths), (.denseDepth, denseDepths), (.batchSize, [batchSize]),
      (.epochCount, [epochCount]),
    ]
    for (setting, values) in counts {
      if let value = values.first(where: { $0 < 1 }) { throw .notPositive(setting, value) }
    }
    guard !channelCounts.isEmpty else { throw .noConvolution }
    guard denseDepths.count == hiddenWidths.count + 1 else {
      throw .differentDepthCount(denseDepths.count, denseLayers: hiddenWidths.count + 1)
    }
    var side = min(imageShape.height, imageShape.width)
    for _ in channelCounts {
      side = (side - kernelSize + 1) / 2
      guard side >= 1 else {
        throw .imageTooSmall(
          imageShape, kernelSize: kernelSize, convolutionCount: channelCounts.count)
      }
    }
    guard stepSize > 0, stepSize.isFinite else { throw .stepSizeNotPositive(stepSize) }
    guard momentum >= 0, momentum < 1 else { throw .momentumOutOfRange(momentum) }
  }
}

extension ConvolutionalClassifier.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .differentCounts(let images, let labels):
      "there are \(images) images but \(labels) labels: each image needs one"
    case .noImages: "there are no images to learn from"
    case .differentImageSize(let columns, let shape):
      """
      a row of \(columns) numbers is no image of \(shape.height)×\(shape.width) pixels and \
      \(shape.channelCount) channels: set the shape of the images
      """
    case .notFinite(let image, let pixel, let value):
      "number \(pixel) of image \(image) is \(value): remove or fill in the image"
    case .labelOutOfRange(let image, let label, let classCount):
      "image \(image) has label \(label): labels go from 0 to \(classCount - 1)"
    case .tooFewClasses(let count): "\(count) classes leave nothing to tell apart: give two or more"
    case .notPositive(let setting, let value):
      "a \(setting.rawValue) must be positive, not \(value)"
    case .noConvolution: "a convolutional classifier needs a convolution: give a channel count"
    case .differentDepthCount(let count, let denseLayers):
      "\(count) depths do not go with \(denseLayers) dense layers: give one for each"
    case .imageTooSmall(let shape, let kernelSize, let count):
      """
      nothing is left of \(shape.height)×\(shape.width) pixels after \(count) convolutions with kernels \
      of \(kernelSize): make the kernels smaller, or fewer convolutions
      """
    case .stepSizeNotPositive(let size): "the step size must be positive and finite, not \(size)"
    case .momentumOutOfRange(let momentum):
      "the momentum must be at least 0 and below 1, not \(momentum)"
    }
  }
}
