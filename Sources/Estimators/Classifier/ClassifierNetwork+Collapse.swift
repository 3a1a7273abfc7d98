package import LinearAlgebra

extension ClassifierNetwork {
  /// Dense layers in order, each by the places of its factors among the layers.
  package var denseLayers: [Range<Int>] {
    var result: [Range<Int>] = []
    var first: Int?
    for (place, layer) in layers.enumerated() {
      guard case .dense(let factor) = layer else { continue }
      if first == nil { first = place }
      if factor.hasBias {
        result.append(first!..<place + 1)
        first = nil
      }
    }
    return result
  }

  /// W of a dense factor.
  package func weight(at place: Int) -> Matrix {
    guard case .dense(let factor) = layers[place] else {
      preconditionFailure("layer \(place) is not dense")
    }
    return Matrix(
      rowCount: factor.inputCount, columnCount: factor.outputCount,
      elements: numbers(offsets[place], factor.weightCount)
    ).transposed()
  }

  /// The bias of a dense layer, which its last factor holds.
  package func bias(at place: Int) -> [Double] {
    guard case .dense(let factor) = layers[place], factor.hasBias else {
      preconditionFailure("layer \(place) has no bias")
    }
    return numbers(offsets[place] + factor.weightCount, factor.outputCount)
  }

  /// The kernels of a convolution, one per row: outputChannels × (rows, columns, channels of the kernel).
  package func kernels(at place: Int) -> Matrix {
    guard case .convolution(let layer) = layers[place] else {
      preconditionFailure("layer \(place) is not a convolution")
    }
    return Matrix(
      rowCount: layer.patchCount, columnCount: layer.outputChannels,
      elements: numbers(offsets[place], layer.weightCount)
    ).transposed()
  }

  private func numbers(_ offset: Int, _ count: Int) -> [Double] {
    parameters[offset..<offset + count].map { Double($0) }
  }

  /// The network with each dense layer as the product W_N ⋯ W_1 of its factors, formed in double precision.
  package func collapsed() -> ClassifierNetwork {
    var newLayers: [ClassifierLayer] = []
    var newParameters: [Scalar] = []
    let dense = denseLayers
    var place = 0
    while place < layers.count {
      if let range = dense.first(where: { $0.lowerBound == place && $0.count > 1 }),
        case .dense(let last) = layers[range.upperBound - 1]
      {
        let product = range.dropFirst().reduce(weight(at: place)) { weight(at: $1) * $0 }
        let factor = DenseFactor(
          inputCount: product.columnCount, outputCount: product.rowCount, hasBias: true,
          isRectified: last.isRectified)
        newLayers.append(.dense(factor))
        newParameters += product.transposed().elements.map { Scalar($0) }
        newParameters += bias(at: range.upperBound - 1).map { Scalar($0) }
        place = range.upperBound
      } else {
        newLayers.append(layers[place])
        newParameters +=
          parameters[offsets[place]..<offsets[place] + layers[place].parameterCount]
        place += 1
      }
    }
    return ClassifierNetwork(newLayers, parameters: newParameters)
  }
}
