package import LinearAlgebra

extension ConvolutionalClassifier {
  /// How the factors W_1, …, W_N of a dense layer begin.
  public enum FactorInitialization: Equatable, Sendable, CaseIterable {
    /// As balanced factors of the matrix that one layer would begin with: the same function at the start, and
    /// W_{j+1}ᵀW_{j+1} = W_jW_jᵀ.
    case balanced
    /// That matrix in one factor, ones on the diagonals of the others: the same function at the start.
    case identity
    /// Each drawn by itself, with the variance that keeps the size of what passes through.
    case independent
  }

  /// The layers for a number of classes.
  package func layers(classCount: Int) -> [ClassifierLayer] {
    var result: [ClassifierLayer] = []
    var image = imageShape
    for count in channelCounts {
      let convolution = Convolution(input: image, kernelSize: kernelSize, outputChannels: count)
      let pooling = RectifiedPooling(input: convolution.output)
      result += [.convolution(convolution), .pooling(pooling)]
      image = pooling.output
    }
    let widths = [image.count] + hiddenWidths + [classCount]
    for (number, depth) in denseDepths.enumerated() {
      let (inputs, outputs) = (widths[number], widths[number + 1])
      let factors = [inputs] + [Int](repeating: min(inputs, outputs), count: depth - 1) + [outputs]
      for j in 1...depth {
        result.append(
          .dense(
            DenseFactor(
              inputCount: factors[j - 1], outputCount: factors[j], hasBias: j == depth,
              isRectified: j == depth && number + 1 < denseDepths.count)))
      }
    }
    return result
  }

  /// A network to begin with: normal weights of variance 2/inputs before a rectification and 1/inputs before none,
  /// biases of zero.
  ///
  /// Networks that differ in the depth of dense layers alone draw the same matrices, unless their factors are drawn
  /// by themselves.
  /// - Throws: `DecompositionError`, of which finite matrices know none.
  package func initialNetwork<Scalar: ProductScalar>(
    classCount: Int, using generator: inout SeededGenerator
  ) throws -> ClassifierNetwork<Scalar> {
    let layers = layers(classCount: classCount)
    var result = ClassifierNetwork<Scalar>(
      layers,
      parameters: [Scalar](repeating: 0, count: layers.reduce(0) { $0 + $1.parameterCount }))
    func draw(_ rows: Int, _ columns: Int, gain: Double) -> Matrix {
      .gaussian(
        rowCount: rows, columnCount: columns,
        standardDeviation: (gain / Double(columns)).squareRoot(), using: &generator)
    }
    func set(_ weight: Matrix, at place: Int) {
      for (k, value) in weight.transposed().elements.enumerated() {
        result.parameters[result.offsets[place] + k] = Scalar(value)
      }
    }
    for (place, layer) in layers.enumerated() {
      if case .convolution(let layer) = layer {
        set(draw(layer.outputChannels, layer.patchCount, gain: 2), at: place)
      }
    }
    for range in result.denseLayers {
      let shapes = range.map { (layers[$0].outputCount, layers[$0].inputCount) }
      let (rows, columns) = (shapes[shapes.count - 1].0, shapes[0].1)
      let gain: Double = range.upperBound < layers.count ? 2 : 1
      let factors: [Matrix]
      switch factorInitialization {
      case .balanced:
        factors = try LayerFactorizer(depth: range.count).fit(draw(rows, columns, gain: gain))
          .factors
      case .identity:
        let weight = draw(rows, columns, gain: gain)
        let units = [Matrix](repeating: .identity(min(rows, columns)), count: range.count - 1)
        factors = rows <= columns ? [weight] + units : units + [weight]
      case .independent:
        factors = shapes.enumerated().map { draw($1.0, $1.1, gain: $0 == 0 ? gain : 1) }
      }
      for (place, factor) in zip(range, factors) { set(factor, at: place) }
    }
    return result
  }
}
