import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@Suite struct ConvolutionalClassifierTests {
  /// Images of 8×8 pixels with a bar in noise: lying, standing, or on the diagonal.
  static func bars(_ count: Int, seed: UInt64) -> (images: Matrix, labels: [Int]) {
    var generator = SeededGenerator(seed: seed)
    var images = Matrix.gaussian(
      rowCount: count, columnCount: 64, standardDeviation: 0.1, using: &generator)
    let labels = (0..<count).map { $0 % 3 }
    for (image, label) in labels.enumerated() {
      let place = generator.nextIndex(below: 6) + 1
      for k in 1..<7 {
        let (y, x) = [(place, k), (k, place), (k, k)][label]
        images[image, 8 * y + x] += 1
      }
    }
    return (images, labels)
  }

  static let small = ConvolutionalClassifier(
    imageShape: ImageShape(height: 8, width: 8), channelCounts: [4, 6], kernelSize: 2,
    hiddenWidths: [10], stepSize: 0.1, batchSize: 20)

  /// Layers of every kind in double precision, at a start drawn at random, and samples for them.
  static func problem(
    _ classifier: ConvolutionalClassifier
  ) throws -> (
    network: ClassifierNetwork<Double>, workspace: ClassifierWorkspace<Double>, labels: [Int]
  ) {
    var generator = SeededGenerator(seed: 5)
    let network: ClassifierNetwork<Double> = try classifier.initialNetwork(
      classCount: 3, using: &generator)
    let workspace = ClassifierWorkspace<Double>(network.layers, capacity: 4)
    let (images, labels) = bars(4, seed: 6)
    workspace.inputs.update(from: images.elements, count: images.count)
    return (network, workspace, labels)
  }

  @Test func gradientOfTheWholeIsItsDerivative() throws {
    var classifier = Self.small
    (classifier.denseDepths, classifier.factorInitialization) = ([3, 2], .independent)
    let (network, workspace, labels) = try Self.problem(classifier)
    var gradient = network.parameters
    _ = labels.withUnsafeBufferPointer {
      network.differentiate(workspace, labels: $0, gradient: &gradient)
    }
    var ignored = gradient
    let expected = ClassifierLayerTests.differences(at: network.parameters) { parameters in
      labels.withUnsafeBufferPointer {
        ClassifierNetwork(network.layers, parameters: parameters)
          .differentiate(workspace, labels: $0, gradient: &ignored)
      }
    }
    expectClose(gradient, expected, relative: 1e-8)
  }

  @Test(arguments: ConvolutionalClassifier.FactorInitialization.allCases)
  func collapsesToTheSameFunction(
    _ initialization: ConvolutionalClassifier.FactorInitialization
  ) throws {
    var classifier = Self.small
    (classifier.denseDepths, classifier.factorInitialization) = ([3, 2], initialization)
    let (network, workspace, labels) = try Self.problem(classifier)
    network.forward(workspace, count: 4)
    let before = (0..<12).map { workspace.outputs[$0] }
    let collapsed = network.collapsed()
    #expect(collapsed.denseLayers.map(\.count) == [1, 1])
    let other = ClassifierWorkspace<Double>(collapsed.layers, capacity: 4)
    other.inputs.update(from: workspace.inputs, count: 4 * 64)
    collapsed.forward(other, count: 4)
    expectClose((0..<12).map { other.outputs[$0] }, before, relative: 1e-13)
    guard initialization != .independent else { return }
    // Plain layers begin as the products of the factors.
    let (plain, plainWorkspace, _) = try Self.problem(Self.small)
    plain.forward(plainWorkspace, count: labels.count)
    expectClose((0..<12).map { plainWorkspace.outputs[$0] }, before, relative: 1e-13)
  }

  /// V ← μ V − η ∇ℓ, W ← W + V with all samples in each step, done here in double precision.
  @Test func trainsByTheHeavyBall() throws {
    var classifier = Self.small
    (classifier.batchSize, classifier.epochCount, classifier.denseDepths) = (30, 3, [2, 1])
    let (images, labels) = Self.bars(30, seed: 7)
    let fit = try classifier.fit(images, labels: labels)
    var generator = SeededGenerator(seed: classifier.seed)
    var network: ClassifierNetwork<Double> = try classifier.initialNetwork(
      classCount: 3, using: &generator)
    let workspace = ClassifierWorkspace<Double>(network.layers, capacity: 30)
    let mean = images.elements.reduce(0, +) / Double(images.count)
    let deviation =
      (images.elements.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(images.count))
      .squareRoot()
    workspace.inputs.update(
      from: images.elements.map { ($0 - mean) / deviation }, count: images.count)
    var gradient = network.parameters
    var change = [Double](repeating: 0, count: gradient.count)
    for loss in fit.losses {
      let expected = labels.withUnsafeBufferPointer {
        network.differentiate(workspace, labels: $0, gradient: &gradient)
      }
      // Single precision: 2⁻²⁴ of each of some hundred operations in a row.
      expectClose(loss, expected, relative: 100 * 0x1p-24)
      for k in change.indices {
        change[k] = 0.9 * change[k] - 0.1 * gradient[k]
        network.parameters[k] += change[k]
      }
    }
    #expect(fit.losses.count == 3 && fit.parameterCount == network.parameters.count)
    expectClose(
      fit.network.parameters.map { Double($0) }, network.parameters, relative: 100 * 0x1p-24)
  }

  @Test(arguments: [[1, 1], [2, 2]])
  func learnsToTellBarsApart(depths: [Int]) throws {
    var classifier = Self.small
    (classifier.denseDepths, classifier.epochCount, classifier.stepSize) = (depths, 6, 0.03)
    let (images, labels) = Self.bars(290, seed: 1)
    let fit = try classifier.fit(images, labels: labels)
    #expect(fit.outcome == .converged)
    // 15 steps for each epoch, the last of 10 samples.
    #expect(fit.losses.count == 90)
    let new = Self.bars(60, seed: 2)
    #expect(fit.accuracy(new.images, labels: new.labels) >= 0.95)
    let probabilities = fit.probabilities(new.images)
    for (image, label) in fit.predict(new.images).enumerated() {
      let row = probabilities.row(image)
      #expect(row.max() == row[label])
      #expect(abs(row.reduce(0, +) - 1) <= 3 * 0x1p-23)
    }
    // The product of factors once more, rounded to single precision.
    let collapsed = fit.collapsed()
    expectClose(collapsed.probabilities(new.images), probabilities, relative: 100 * 0x1p-24)
    #expect(collapsed.denseFactors.map(\.count) == [1, 1])
    for (factors, whole) in zip(fit.denseFactors, collapsed.denseFactors) {
      let product = factors.dropFirst().reduce(factors[0]) { $1 * $0 }
      expectClose(whole[0], product, relative: 0x1p-24)
    }
    #expect(collapsed.denseBiases == fit.denseBiases && collapsed.kernels == fit.kernels)
  }

  @Test func divergenceIsAnOutcome() throws {
    var classifier = Self.small
    (classifier.stepSize, classifier.epochCount) = (1e30, 3)
    let (images, labels) = Self.bars(60, seed: 1)
    let fit = try classifier.fit(images, labels: labels)
    #expect(fit.outcome.kind == "diverged" && fit.outcome.step == fit.losses.count)
  }

  @Test func imagesWithoutContrastAreNoError() throws {
    let fit = try Self.small.fit(Matrix(rowCount: 6, columnCount: 64), labels: [0, 1, 0, 1, 0, 1])
    #expect(fit.losses.allSatisfy { $0.isFinite })
  }

  @Test func refusesWhatDoesNotFit() throws {
    typealias Failure = ConvolutionalClassifier.Failure
    let (images, labels) = Self.bars(6, seed: 1)
    func expect(
      _ failure: Failure, images: Matrix = images, labels: [Int] = labels,
      _ change: (inout ConvolutionalClassifier) -> Void = { _ in },
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      var classifier = Self.small
      change(&classifier)
      #expect(throws: failure, sourceLocation: sourceLocation) {
        try classifier.fit(images, labels: labels, classCount: 3)
      }
    }
    expect(.differentCounts(images: 6, labels: 2), labels: [0, 1])
    expect(.noImages, images: .zeros(0, 64), labels: [])
    expect(.differentImageSize(columns: 60, shape: Self.small.imageShape), images: .zeros(6, 60))
    expect(.labelOutOfRange(image: 1, label: 3, classCount: 3), labels: [0, 3, 1, 1, 1, 1])
    expect(.notPositive(.batchSize, 0)) { $0.batchSize = 0 }
    expect(.notPositive(.denseDepth, -1)) { $0.denseDepths = [1, -1] }
    expect(.noConvolution) { $0.channelCounts = [] }
    expect(.differentDepthCount(1, denseLayers: 2)) { $0.denseDepths = [2] }
    expect(.imageTooSmall(Self.small.imageShape, kernelSize: 6, convolutionCount: 2)) {
      $0.kernelSize = 6
    }
    expect(.stepSizeNotPositive(0)) { $0.stepSize = 0 }
    expect(.momentumOutOfRange(1)) { $0.momentum = 1 }
    #expect(throws: Failure.tooFewClasses(1)) {
      try Self.small.fit(images, labels: [0, 0, 0, 0, 0, 0])
    }
  }
}
