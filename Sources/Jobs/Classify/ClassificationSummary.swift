import DeepLinear

/// What `classify` says, as JSON and as text.
public struct ClassificationSummary: Encodable {
  package var images: Int
  /// Height, width, channels.
  package var imageShape: [Int]
  package var classes: Int
  package var channels: [Int]
  package var hidden: [Int]
  package var depths: [Int]
  package var parameters: Int
  /// Those of the network with every dense layer collapsed.
  package var collapsedParameters: Int
  package var outcome: String
  package var steps: Int
  /// The mean cross-entropy of the last tenth of the steps.
  package var finalLoss: Nullable<Double>
  /// The share of the training images that are classified as labelled.
  package var trainingAccuracy: Double
  /// The same of the test images.
  package var testAccuracy: Nullable<Double>
  package var testImages: Nullable<Int>
  package var seed: UInt64
  package var seconds: Double
  package var output: String?
  package var report: String?

  init(
    _ fit: ConvolutionalClassifier.Fit, classifier: ConvolutionalClassifier, samples: Int,
    trainingAccuracy: Double?, labels: [Int], found: [Int], isTest: Bool,
    request: ImageClassification, seconds: Double
  ) {
    images = samples
    let shape = fit.imageShape
    imageShape = [shape.height, shape.width, shape.channelCount]
    classes = fit.classCount
    channels = classifier.channelCounts
    hidden = classifier.hiddenWidths
    depths = classifier.denseDepths
    parameters = fit.parameterCount
    collapsedParameters = fit.collapsed().parameterCount
    outcome = fit.outcome.kind
    steps = fit.losses.count
    let late = fit.losses.suffix(max(1, fit.losses.count / 10))
    finalLoss = Nullable((late.reduce(0, +) / Double(max(late.count, 1))).finite)
    let share =
      Double(zip(labels, found).count { $0 == $1 }) / Double(max(labels.count, 1))
    self.trainingAccuracy = trainingAccuracy ?? share
    testAccuracy = Nullable(isTest ? share : nil)
    testImages = Nullable(isTest ? labels.count : nil)
    seed = request.seed ?? 0
    self.seconds = seconds
    output = request.output
    report = request.report
  }
}
