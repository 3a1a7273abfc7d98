import Estimators
import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

/// The layers in double precision, against their definitions and against differences.
@Suite struct ClassifierLayerTests {
  static func numbers(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in generator.nextGaussian() }
  }

  static let layers: [ClassifierLayer] = [
    .convolution(
      Convolution(
        input: ImageShape(height: 5, width: 6, channelCount: 2), kernelSize: 3, outputChannels: 4)),
    .convolution(
      Convolution(
        input: ImageShape(height: 4, width: 3, channelCount: 3), kernelSize: 1, outputChannels: 2)),
    .pooling(RectifiedPooling(input: ImageShape(height: 4, width: 6, channelCount: 3))),
    .pooling(RectifiedPooling(input: ImageShape(height: 5, width: 7, channelCount: 2))),
    .dense(DenseFactor(inputCount: 7, outputCount: 5, hasBias: true, isRectified: true)),
    .dense(DenseFactor(inputCount: 4, outputCount: 6, hasBias: false, isRectified: false)),
  ]

  /// Σ r z for the outputs z of three samples.
  static func functional(
    _ layer: ClassifierLayer, _ parameters: [Double], _ inputs: [Double], _ weights: [Double]
  ) -> Double {
    let workspace = ClassifierWorkspace<Double>([layer], capacity: 3)
    workspace.inputs.update(from: inputs, count: inputs.count)
    ClassifierNetwork([layer], parameters: parameters).forward(workspace, count: 3)
    return weights.indices.reduce(0) { $0 + weights[$1] * workspace.outputs[$1] }
  }

  /// Central differences of a function that is smooth within h have an error of h² times its third derivatives, and
  /// ε/h times its value: with h = 10⁻⁵ both are some 10⁻¹⁰ of the value.
  static func differences(at point: [Double], _ function: ([Double]) -> Double) -> [Double] {
    let h = 0x1p-17
    return point.indices.map { k in
      var (above, below) = (point, point)
      above[k] += h
      below[k] -= h
      return (function(above) - function(below)) / (2 * h)
    }
  }

  @Test(arguments: layers)
  func gradientsAreDerivatives(_ layer: ClassifierLayer) {
    let parameters = Self.numbers(layer.parameterCount, seed: 1)
    let inputs = Self.numbers(3 * layer.inputCount, seed: 2)
    let weights = Self.numbers(3 * layer.outputCount, seed: 3)
    let workspace = ClassifierWorkspace<Double>([layer], capacity: 3)
    let network = ClassifierNetwork([layer], parameters: parameters)
    workspace.inputs.update(from: inputs, count: inputs.count)
    network.forward(workspace, count: 3)
    workspace.outputDerivatives.update(from: weights, count: weights.count)
    // Whatever was there before is overwritten.
    workspace.inputDerivatives.update(repeating: .nan, count: inputs.count)
    var gradient = [Double](repeating: .nan, count: parameters.count)
    network.backward(workspace, count: 3, gradient: &gradient, byInputsToo: true)
    if !parameters.isEmpty {
      let expected = Self.differences(at: parameters) {
        Self.functional(layer, $0, inputs, weights)
      }
      expectClose(gradient, expected, relative: 1e-9)
    }
    let expected = Self.differences(at: inputs) {
      Self.functional(layer, parameters, $0, weights)
    }
    expectClose(
      inputs.indices.map { workspace.inputDerivatives[$0] }, expected, relative: 1e-9)
  }

  /// z(y, x, o) = b_o + Σ k(o; dy, dx, c) image(y + dy, x + dx, c), with images for more than one chunk of patches.
  @Test func convolutionIsItsDefinition() {
    let input = ImageShape(height: 28, width: 26, channelCount: 1)
    let layer = Convolution(input: input, kernelSize: 5, outputChannels: 2)
    let count = layer.scratchCount / (24 * 22 * 25) + 1
    let images = Self.numbers(count * input.count, seed: 1)
    let parameters = Self.numbers(layer.parameterCount, seed: 2)
    let network = ClassifierNetwork([.convolution(layer)], parameters: parameters)
    let workspace = ClassifierWorkspace<Double>(network.layers, capacity: count)
    workspace.inputs.update(from: images, count: images.count)
    network.forward(workspace, count: count)
    let kernels = network.kernels(at: 0)
    var largest = 0.0
    for (image, y, x, o) in [
      (0, 0, 0, 0), (1, 3, 21, 1), (count - 1, 23, 0, 0), (count - 1, 7, 9, 1),
    ] {
      var expected = parameters[layer.weightCount + o]
      for dy in 0..<5 {
        for dx in 0..<5 {
          expected +=
            kernels[o, dy * 5 + dx] * images[image * input.count + (y + dy) * 26 + x + dx]
        }
      }
      let found = workspace.outputs[((image * 24 + y) * 22 + x) * 2 + o]
      largest = max(largest, abs(found - expected))
    }
    // Sums of 26 products of about one.
    #expect(largest <= 26 * 8 * Double.ulpOfOne)
  }

  @Test func poolingTakesTheLargestPositive() {
    // Two channels of 3×3 pixels, of which the last row and column are left out.
    let layer = RectifiedPooling(input: ImageShape(height: 3, width: 3, channelCount: 2))
    let network = ClassifierNetwork<Double>([.pooling(layer)], parameters: [])
    let workspace = ClassifierWorkspace<Double>(network.layers, capacity: 1)
    let image: [Double] = [1, -1, 4, -2, 9, 9, 3, -3, 2, -4, 9, 9, 9, 9, 9, 9, 9, 9]
    workspace.inputs.update(from: image, count: 18)
    network.forward(workspace, count: 1)
    #expect(workspace.outputs[0] == 4 && workspace.outputs[1] == 0)
  }

  @Test func lossIsThatOfLogisticRegression() throws {
    let logits = Matrix(rowCount: 5, columnCount: 4, elements: Self.numbers(20, seed: 4))
      .map { 300 * $0 }
    let labels = [0, 3, 1, 1, 2]
    let objective = try LogisticObjective(
      inputs: .zeros(5, 1).map { _ in 1 }, labels: labels, classCount: 4)
    var expected = logits
    let loss = objective.differentiate(&expected)
    var derivatives = logits
    let own = derivatives.withUnsafeMutableElements { z in
      labels.withUnsafeBufferPointer {
        SoftmaxCrossEntropy.differentiate(z.baseAddress!, classCount: 4, labels: $0)
      }
    }
    expectClose(own, loss, ulps: 8)
    expectClose(derivatives, expected, ulps: 8)
  }
}
