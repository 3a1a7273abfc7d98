import DataFormats
package import DeepLinear

/// Train a small convolutional network to classify images, with dense layers of any depth.
public struct ImageClassification: Job {
  public static let name = "classify"

  /// The images, one after the other.
  public var images: DataSource
  /// The class of each image, from 0.
  public var labels: DataSource
  /// Images that training does not see.
  public var testImages: DataSource?
  /// Their classes.
  public var testLabels: DataSource?

  /// Height and width of an image, and how many channels a pixel has, where rows of numbers do not show it.
  public var imageShape: [Int]?
  /// The channels of each convolution.
  public var channels: [Int]?
  /// The side of every kernel.
  public var kernel: Int?
  /// The units of each dense layer but the last.
  public var hidden: [Int]?
  /// The number of factors of each dense layer.
  public var depths: [Int]?
  /// The step η.
  public var step: Double?
  /// The momentum μ.
  public var momentum: Double?
  /// The samples of one step.
  public var batch: Int?
  /// How often every image is seen.
  public var epochs: Int?

  /// Where the classes found for the test images are written, or for the images themselves where there are none.
  public var output: String?
  /// The folder of a report.
  public var report: String?
  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// The seed of everything random; 0 where nil.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(images: DataSource, labels: DataSource) {
    self.images = images
    self.labels = labels
  }

  /// What is taken where nothing is said.
  package static let usual = ConvolutionalClassifier()

  public func validate() throws {
    guard (testImages == nil) == (testLabels == nil) else {
      throw BadInput("--test-images and --test-labels go together; give both.")
    }
    if let imageShape {
      guard imageShape.count == 2 || imageShape.count == 3, imageShape.allSatisfy({ $0 >= 1 })
      else {
        throw BadInput(
          "--image-shape must be height and width, and channels if more than one, like 32,32,3.")
      }
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> ClassificationResult {
    let clock = ContinuousClock()
    let began = clock.now
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    for source in [images, labels, testImages, testLabels] { try outputs.input(source) }
    try outputs.file(output, option: "--output", among: [.csv, .npy])
    try outputs.report(report)
    let (pixels, shape) = try read(images, context)
    let classes = try readLabels(labels, of: pixels.rowCount, images, context)
    var test: (images: Matrix, labels: [Int])?
    if let testImages, let testLabels {
      let (pixels, other) = try read(testImages, context)
      guard other == shape else {
        throw BadInput(
          "\(testImages.name): its images are \(other.height)×\(other.width) where those of \(images.name) are \(shape.height)×\(shape.width); give images of one kind."
        )
      }
      test = (pixels, try readLabels(testLabels, of: pixels.rowCount, testImages, context))
    }
    let usual = Self.usual
    let hidden = self.hidden ?? usual.hiddenWidths
    let classifier = ConvolutionalClassifier(
      imageShape: shape, channelCounts: channels ?? usual.channelCounts,
      kernelSize: kernel ?? usual.kernelSize, hiddenWidths: hidden,
      denseDepths: depths ?? [Int](repeating: 1, count: hidden.count + 1),
      stepSize: step ?? usual.stepSize, momentum: momentum ?? usual.momentum,
      batchSize: batch ?? usual.batchSize, epochCount: epochs ?? usual.epochCount, seed: seed ?? 0)
    let classCount = max(classes.max() ?? 0, test?.labels.max() ?? 0) + 1
    try checkMemory(classifier, samples: pixels.rowCount, classes: classCount)
    observer.show("training")
    let fit: ConvolutionalClassifier.Fit
    do {
      fit = try classifier.fit(pixels, labels: classes, classCount: classCount) {
        observer.show("training", $0.fraction)
      }
    } catch let failure as ConvolutionalClassifier.Failure {
      throw BadInput("\(images.name): \(failure).")
    }
    let shown = test ?? (pixels, classes)
    let found = fit.predict(shown.images)
    return ClassificationResult(
      request: self, context: context, fit: fit, labels: shown.labels, found: found,
      isTest: test != nil,
      summary: ClassificationSummary(
        fit, classifier: classifier, samples: pixels.rowCount,
        trainingAccuracy: test == nil ? nil : fit.accuracy(pixels, labels: classes),
        labels: shown.labels, found: found, isTest: test != nil, request: self,
        seconds: (clock.now - began).seconds))
  }

  /// Weights with what moves them, and what passes between the layers for one batch; where nothing is left of an image
  /// the classifier says so itself.
  private func checkMemory(
    _ classifier: ConvolutionalClassifier, samples: Int, classes: Int
  ) throws {
    let batch = Double(min(max(classifier.batchSize, 1), samples))
    let kernel = Double(classifier.kernelSize)
    var (height, width) = (
      Double(classifier.imageShape.height), Double(classifier.imageShape.width)
    )
    var channels = Double(classifier.imageShape.channelCount)
    var need = MemoryNeed()
    for count in classifier.channelCounts.map(Double.init) {
      (height, width) = (height - kernel + 1, width - kernel + 1)
      guard height >= 2, width >= 2 else { return }
      need.add(numbers: kernel * kernel, channels, count, copies: 3)
      // Patches of one image beside the maps of all.
      need.add(numbers: height * width, kernel * kernel, channels)
      need.add(numbers: height * width, count, batch, copies: 1.5)
      (height, width) = ((height / 2).rounded(.down), (width / 2).rounded(.down))
      channels = count
    }
    let widths =
      [height * width * channels] + classifier.hiddenWidths.map(Double.init) + [Double(classes)]
    for (ends, depth) in zip(zip(widths, widths.dropFirst()), classifier.denseDepths) {
      let inner = min(ends.0, ends.1)
      need.add(numbers: inner, max(ends.0, ends.1) + Double(max(depth - 2, 0)) * inner, copies: 4)
      need.add(numbers: batch, ends.1 + Double(max(depth, 1)) * inner)
    }
    let epochs = Double(max(classifier.epochCount, 1))
    need.add(numbers: epochs, (Double(samples) / batch).rounded(.up))
    try need.check(
      "training this network",
      "give fewer channels, units or epochs, or a smaller --batch")
  }

  /// Images as rows of numbers, and their shape.
  private func read(_ source: DataSource, _ context: JobContext) throws -> (Matrix, ImageShape) {
    let array = try source.array(in: context)
    let given = imageShape.map {
      ImageShape(height: $0[0], width: $0[1], channelCount: $0.count > 2 ? $0[2] : 1)
    }
    guard array.shape.count >= 2, array.shape.count <= 4, array.shape[0] >= 1 else {
      throw BadInput(
        "\(source.name): the array has \(array.shape.count) dimensions; give images × height × width, or rows of numbers with --image-shape."
      )
    }
    let count = array.shape.dropFirst().reduce(1, *)
    let pixels = Matrix(rowCount: array.shape[0], columnCount: count, elements: array.elements)
    let shown =
      array.shape.count > 2
      ? ImageShape(
        height: array.shape[1], width: array.shape[2],
        channelCount: array.shape.count > 3 ? array.shape[3] : 1) : nil
    guard let shape = given ?? shown else {
      throw BadInput(
        "\(source.name): rows of \(count) numbers do not show the shape of an image; give --image-shape."
      )
    }
    guard shape.count == count else {
      throw BadInput(
        "\(source.name): an image has \(count) numbers and --image-shape makes \(shape.count); correct it."
      )
    }
    return (pixels, shape)
  }

  private func readLabels(
    _ source: DataSource, of count: Int, _ images: DataSource, _ context: JobContext
  ) throws -> [Int] {
    let values =
      source.name.hasSuffix(".csv") || source.name.hasSuffix(".csv.gz")
      ? try source.matrix(in: context).elements : try source.array(in: context).elements
    guard values.count == count else {
      throw BadInput(
        "\(source.name): there are \(values.count) labels for the \(count) images of \(images.name); give one each."
      )
    }
    return try values.enumerated().map { place, value in
      guard let label = Int(exactly: value), label >= 0, label < 10_000 else {
        throw BadInput(
          "\(source.name): label \(place) is \(readable(value)), not a class from 0 to 9999; correct it."
        )
      }
      return label
    }
  }
}
