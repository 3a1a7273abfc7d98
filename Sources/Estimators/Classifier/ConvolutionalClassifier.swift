import Dynamics
public import LinearAlgebra

// Goals: 1. The same bits for the same seed.  2. Single precision and products of blocks: an epoch of MNIST in
// seconds on one core.  3. Networks that differ in the depth of dense layers alone see the same batches in the same
// order, so that their losses may be compared step by step.

/// Classifies images by a small convolutional network, trained by stochastic gradient descent with momentum; any
/// dense layer may be a product of several matrices, which often trains faster and collapses to one afterwards.
///
/// The layers: for each channel count a convolution without padding, rectification and maximum pooling in twos; then
/// dense layers, rectified but for the last; softmax cross-entropy. The numbers chosen unless told otherwise are
/// those of a customary network for MNIST: 20 and 50 channels of 5×5 kernels, 500 hidden units.
///
/// All pixels are centred and scaled alike, by their mean and deviation: images times a constant give the same
/// classifier.
///
/// - SeeAlso: Figure 1 (right) of [cohenRazin]; Section 8 of [arora2018optimization].
public struct ConvolutionalClassifier: Equatable, Sendable {
  /// The shape of every image.
  public var imageShape: ImageShape
  /// The channels of each convolution, at least one convolution.
  public var channelCounts: [Int]
  /// The side of every kernel.
  public var kernelSize: Int
  /// The units of each dense layer but the last.
  public var hiddenWidths: [Int]
  /// The number of factors of each dense layer, one more than hidden widths; the factors meet in the smaller of the
  /// layer's two widths.
  public var denseDepths: [Int]
  /// How the factors of a deep layer begin.
  public var factorInitialization: FactorInitialization
  /// η of V ← μ V − η ∇ℓ, W ← W + V.
  public var stepSize: Double
  /// μ.
  public var momentum: Double
  /// The samples of one step; the last step of an epoch takes those that are left.
  public var batchSize: Int
  /// How often every sample is seen.
  public var epochCount: Int
  /// Of the start, and of the order of the samples.
  public var seed: UInt64

  /// An estimator with all else as usual.
  public init(
    imageShape: ImageShape = ImageShape(height: 28, width: 28), channelCounts: [Int] = [20, 50],
    kernelSize: Int = 5, hiddenWidths: [Int] = [500], denseDepths: [Int] = [1, 1],
    factorInitialization: FactorInitialization = .balanced, stepSize: Double = 0.01,
    momentum: Double = 0.9, batchSize: Int = 64, epochCount: Int = 1, seed: UInt64 = 0
  ) {
    self.imageShape = imageShape
    self.channelCounts = channelCounts
    self.kernelSize = kernelSize
    self.hiddenWidths = hiddenWidths
    self.denseDepths = denseDepths
    self.factorInitialization = factorInitialization
    self.stepSize = stepSize
    self.momentum = momentum
    self.batchSize = batchSize
    self.epochCount = epochCount
    self.seed = seed
  }

  /// What an observer is told after each step.
  public struct Progress: Equatable, Sendable {
    /// From 1.
    public let step: Int
    /// Of the whole training.
    public let stepCount: Int
    /// Of the step's batch, before the step.
    public let loss: Double
    /// The share of the training that is done, from 0 to 1.
    public var fraction: Double { Double(step) / Double(stepCount) }
  }

  /// - Parameters:
  ///   - images: one per row, as ``imageShape`` says.
  ///   - labels: the class of each image, from 0.
  ///   - classCount: nil takes one more than the largest label.
  ///   - observe: answering false ends the training, with outcome `interrupted`.
  /// - Throws: ``Failure`` for data and settings that do not fit, `DecompositionError` when LAPACK does not
  ///   converge.
  /// - Complexity: some 13 million operations for an image of 28×28 pixels at the numbers chosen.
  public func fit(
    _ images: Matrix, labels: [Int], classCount: Int? = nil,
    observe: (Progress) -> Bool = { _ in true }
  ) throws -> Fit {
    let classCount = classCount ?? (labels.max() ?? -1) + 1
    try validate(images, labels, classCount: classCount)
    var generator = SeededGenerator(seed: seed)
    var network: ClassifierNetwork<Float> = try initialNetwork(
      classCount: classCount, using: &generator)
    let scaling = PixelScaling(of: images)
    let workspace = ClassifierWorkspace<Float>(
      network.layers, capacity: min(batchSize, labels.count))
    var descent = MomentumDescent<Float>(
      stepSize: stepSize, momentum: momentum, parameterCount: network.parameters.count)
    let (steps, areMany) = epochCount.multipliedReportingOverflow(
      by: (labels.count - 1) / batchSize + 1)
    let stepCount = areMany ? .max : steps
    var losses: [Double] = []
    losses.reserveCapacity(min(stepCount, 1 << 20))
    var outcome = Outcome.converged
    // Its own stream: how many numbers the start took does not change the order of the samples.
    var order = SeededGenerator(seed: seed).jumped()
    training: for _ in 0..<epochCount {
      let samples = order.permutation(labels.count)
      for first in stride(from: 0, to: samples.count, by: min(batchSize, samples.count)) {
        let batch = samples[first..<min(first + min(batchSize, samples.count), samples.count)]
        scaling.write(images, rows: batch, to: workspace.inputs)
        let loss = batch.map { labels[$0] }.withUnsafeBufferPointer {
          network.differentiate(workspace, labels: $0, gradient: &descent.gradient)
        }
        losses.append(loss)
        guard loss.isFinite else {
          outcome = .diverged(atStep: losses.count)
          break training
        }
        descent.advance(&network.parameters)
        guard observe(Progress(step: losses.count, stepCount: stepCount, loss: loss)) else {
          outcome = .interrupted(atStep: losses.count)
          break training
        }
      }
    }
    return Fit(
      network: network, scaling: scaling, imageShape: imageShape, losses: losses, outcome: outcome)
  }
}
