import Estimators
import LinearAlgebra
import Testing
import _TestSupport

/// Images, channel after channel.
struct Planes {
  var channels: Int
  var height: Int
  var width: Int
  var values: [Double]

  init(_ channels: Int, _ height: Int, _ width: Int) {
    (self.channels, self.height, self.width) = (channels, height, width)
    values = [Double](repeating: 0, count: channels * height * width)
  }

  subscript(channel: Int, row: Int, column: Int) -> Double {
    get { values[(channel * height + row) * width + column] }
    set { values[(channel * height + row) * width + column] = newValue }
  }

  static func random(_ channels: Int, _ height: Int, _ width: Int, seed: UInt64) -> Planes {
    var generator = SeededGenerator(seed: seed)
    var planes = Planes(channels, height, width)
    for index in planes.values.indices { planes.values[index] = generator.nextGaussian() }
    return planes
  }
}

/// Layers by the definitions in PyTorch's documentation, element after element.
enum Definition {
  /// Stride 1, no padding; the weight is outputs × inputs/groups × height × width.
  static func convolution(_ x: Planes, _ shape: [Int], _ weight: [Double], groups: Int) -> Planes {
    let (outputs, inputs, a, b) = (shape[0], shape[1], shape[2], shape[3])
    var y = Planes(outputs, x.height - a + 1, x.width - b + 1)
    for o in 0..<outputs {
      let group = o / (outputs / groups)
      for r in 0..<y.height {
        for c in 0..<y.width {
          for i in 0..<inputs {
            for p in 0..<a {
              for q in 0..<b {
                y[o, r, c] +=
                  weight[((o * inputs + i) * a + p) * b + q] * x[group * inputs + i, r + p, c + q]
              }
            }
          }
        }
      }
    }
    return y
  }

  /// No padding; the weight is inputs × outputs/groups × height × width.
  static func transposed(
    _ x: Planes, _ shape: [Int], _ weight: [Double], groups: Int, stride: Int
  ) -> Planes {
    let (inputs, outputs, a, b) = (shape[0], shape[1], shape[2], shape[3])
    var y = Planes(
      outputs * groups, (x.height - 1) * stride + a, (x.width - 1) * stride + b)
    for i in 0..<inputs {
      let group = i / (inputs / groups)
      for r in 0..<x.height {
        for c in 0..<x.width {
          for o in 0..<outputs {
            for p in 0..<a {
              for q in 0..<b {
                y[group * outputs + o, r * stride + p, c * stride + q] +=
                  weight[((i * outputs + o) * a + p) * b + q] * x[i, r, c]
              }
            }
          }
        }
      }
    }
    return y
  }
}

@Suite struct LayerFormTests {
  static func elements(_ shape: [Int], seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<shape.reduce(1, *)).map { _ in generator.nextGaussian() }
  }

  @Test(arguments: [
    (LayerForm.linear, [5, 3], 1), (.inputMajor, [5, 3], 1), (.convolution, [6, 2, 3, 2], 1),
    (.convolution, [6, 2, 3, 2], 3), (.convolution, [4, 1, 3], 4),
    (.transposedConvolution, [6, 2, 3, 2], 1), (.transposedConvolution, [6, 2, 3, 2], 2),
    (.convolution, [2, 3, 2, 2, 2], 1),
  ])
  func kernelsAndBlocksGoBackToTheTensor(form: LayerForm, shape: [Int], groups: Int) {
    let elements = Self.elements(shape, seed: 1)
    let kernels = form.kernels(shape: shape, elements: elements, groups: groups)
    #expect(kernels.count == groups)
    #expect(
      kernels[0].outputCount * groups == form.outputCount(shape: shape, groups: groups))
    let back = form.tensor(of: kernels)
    #expect(back.shape == shape && back.elements == elements)
    for kernel in kernels {
      let single = form.kernels(ofFactors: [form.block(of: kernel)], extents: kernel.extents)
      #expect(single == [kernel])
    }
  }

  /// The factors of a layer act, one after another, as the layer: with groups, kernels and strides.
  @Test(arguments: [1, 2], [2, 3])
  func factorsOfConvolutionsActAsTheConvolution(groups: Int, depth: Int) throws {
    let shape = [6, 2, 3, 2]
    let weight = Self.elements(shape, seed: 2)
    let factors = try Self.factors(of: .convolution, shape, weight, groups: groups, depth: depth)
    #expect(factors.map { $0.shape[2] } == [3] + [Int](repeating: 1, count: depth - 1))
    let x = Planes.random(2 * groups, 5, 6, seed: 3)
    let expected = Definition.convolution(x, shape, weight, groups: groups)
    let actual = factors.reduce(x) {
      Definition.convolution($0, $1.shape, $1.elements, groups: groups)
    }
    expectAlike(actual, expected)
  }

  @Test(arguments: [1, 2], [1, 2])
  func factorsOfTransposedConvolutionsActAsTheConvolution(groups: Int, stride: Int) throws {
    let shape = [4, 3, 3, 2]
    let weight = Self.elements(shape, seed: 4)
    let factors = try Self.factors(
      of: .transposedConvolution, shape, weight, groups: groups, depth: 3)
    let x = Planes.random(4, 3, 4, seed: 5)
    let expected = Definition.transposed(x, shape, weight, groups: groups, stride: stride)
    var actual = x
    for (number, factor) in factors.enumerated() {
      actual = Definition.transposed(
        actual, factor.shape, factor.elements, groups: groups, stride: number == 2 ? stride : 1)
    }
    expectAlike(actual, expected)
  }

  /// GPT-2 multiplies rows from the left: y = x W.
  @Test func factorsStoredInputByOutputMultiplyFromTheLeft() throws {
    let weight = Self.elements([5, 5], seed: 6)
    let factors = try Self.factors(of: .inputMajor, [5, 5], weight, groups: 1, depth: 2)
    let product = factors.map {
      Matrix(rowCount: $0.shape[0], columnCount: $0.shape[1], elements: $0.elements)
    }
    expectClose(
      product[0] * product[1], Matrix(rowCount: 5, columnCount: 5, elements: weight), ulps: 128)
  }

  /// 1×1 – 3×2 – 1×1 and two wide kernels, by the definition, biases carried along.
  @Test(arguments: [[[1, 1], [3, 2], [1, 1]], [[2, 3], [3, 2]]])
  func chainsOfConvolutionsAreOne(extents: [[Int]]) {
    let channels = [2, 4, 3, 5]
    var kernels: [LayerKernel] = []
    let x = Planes.random(2, 7, 8, seed: 7)
    var expected = x
    var carried = [Double](repeating: 0, count: 2)
    for (number, extent) in extents.enumerated() {
      let shape = [channels[number + 1], channels[number]] + extent
      let weight = Self.elements(shape, seed: UInt64(8 + number))
      let bias = Self.elements([channels[number + 1]], seed: UInt64(20 + number))
      let kernel = LayerForm.convolution.kernels(shape: shape, elements: weight, groups: 1)[0]
      kernels.append(kernel)
      carried = zip(kernel.applied(toConstant: carried), bias).map(+)
      expected = Definition.convolution(expected, shape, weight, groups: 1)
      for o in 0..<expected.channels {
        for r in 0..<expected.height {
          for c in 0..<expected.width { expected[o, r, c] += bias[o] }
        }
      }
    }
    let joined = kernels.dropFirst().reduce(kernels[0]) { $1.after($0) }
    let tensor = LayerForm.convolution.tensor(of: [joined])
    var actual = Definition.convolution(x, tensor.shape, tensor.elements, groups: 1)
    for o in 0..<actual.channels {
      for r in 0..<actual.height {
        for c in 0..<actual.width { actual[o, r, c] += carried[o] }
      }
    }
    expectAlike(actual, expected)
  }

  @Test func shapesThatAreNoLayerAreNamed() {
    #expect(
      LayerForm.linear.misfit(shape: [3], groups: 1) == "has 1 dimension; a linear layer has 2")
    #expect(
      LayerForm.convolution.misfit(shape: [3, 2], groups: 1)
        == "has 2 dimensions; a convolution has 3 to 5")
    #expect(
      LayerForm.convolution.misfit(shape: [4, 2, 3], groups: 3)
        == "has 4 outputs, which do not make 3 groups of equal size")
    #expect(
      LayerForm.linear.misfit(shape: [0, 5], groups: 1)
        == "has no entries, so there is nothing to factorize")
    #expect(LayerForm.inputMajor.misfit(shape: [2, 5], groups: 1) == nil)
  }

  /// Patches under the kernel: the layer is its block times them.
  @Test func patchesTimesTheBlockAreTheConvolution() throws {
    let shape = [6, 2, 3, 2]
    let weight = Self.elements(shape, seed: 9)
    let x = Planes.random(4, 5, 4, seed: 10)
    let kernels = LayerForm.convolution.kernels(shape: shape, elements: weight, groups: 2)
    let inputs = try #require(
      LayerForm.convolution.inputs(shape: [1, 4, 5, 4], elements: x.values, of: kernels))
    let expected = Definition.convolution(x, shape, weight, groups: 2)
    for (group, (patches, kernel)) in zip(inputs, kernels).enumerated() {
      let outputs = patches.timesTransposed(LayerForm.convolution.block(of: kernel))
      for place in 0..<9 {
        for output in 0..<3 {
          let (row, column) = (place / 3, place % 3)
          #expect(
            abs(outputs[place, output] - expected[group * 3 + output, row, column]) <= 1e-13)
        }
      }
    }
    #expect(
      LayerForm.convolution.inputs(shape: [1, 3, 5, 4], elements: x.values, of: kernels) == nil)
  }

  static func factors(
    of form: LayerForm, _ shape: [Int], _ weight: [Double], groups: Int, depth: Int
  ) throws -> [(shape: [Int], elements: [Double])] {
    let kernels = form.kernels(shape: shape, elements: weight, groups: groups)
    let decomposition = try LayerDecomposition(of: kernels.map { form.block(of: $0) })
    let factorizer = LayerFactorizer(depth: depth)
    let groups = try factorizer.factors(of: decomposition, rank: decomposition.largestRank)
      .map { form.kernels(ofFactors: $0, extents: kernels[0].extents) }
    return (0..<depth).map { number in form.tensor(of: groups.map { $0[number] }) }
  }

  /// Sums of at most 36 products of normal numbers, through at most three factors.
  private func expectAlike(
    _ actual: Planes, _ expected: Planes, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(actual.values.count == expected.values.count, sourceLocation: sourceLocation)
    let size = expected.values.map(abs).max() ?? 0
    for (a, b) in zip(actual.values, expected.values) {
      #expect(abs(a - b) <= 1e-13 * size, sourceLocation: sourceLocation)
    }
  }
}
