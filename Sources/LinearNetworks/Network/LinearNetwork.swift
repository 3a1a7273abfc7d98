public import LinearAlgebra

/// A layered linear network, W = W_N ⋯ W_1.
///
/// Layer j maps width d_{j−1} to width d_j, so `layers[j − 1]` is d_j × d_{j−1}, as a PyTorch linear layer
/// stores its weight. The network maps `inputCount` = d₀ numbers to `outputCount` = d_N.
public struct LinearNetwork: Equatable, Sendable {
  /// The weights, first layer first. Replace elements freely; the shapes must stay.
  public var layers: [Matrix]

  /// A network of given layers, first layer first.
  ///
  /// - Throws: ``LinearNetworkError`` when there is no layer, a width is zero, or neighbours do not fit.
  public init(layers: [Matrix]) throws(LinearNetworkError) {
    guard !layers.isEmpty else { throw .noLayers }
    for (index, layer) in layers.enumerated() {
      guard layer.rowCount > 0, layer.columnCount > 0 else {
        throw .emptyLayer(
          number: index + 1, rowCount: layer.rowCount, columnCount: layer.columnCount)
      }
      if index > 0, layer.columnCount != layers[index - 1].rowCount {
        throw .incompatibleLayers(
          below: index, outputCount: layers[index - 1].rowCount, inputCount: layer.columnCount)
      }
    }
    self.layers = layers
  }

  /// Takes layers that are known to fit.
  package init(fitting layers: [Matrix]) {
    self.layers = layers
  }

  /// A network of zeros.
  ///
  /// - Parameter widths: d₀, …, d_N; at least two, all positive.
  public init(zerosOfWidths widths: [Int]) {
    Self.requireWidths(widths)
    layers = zip(widths, widths.dropFirst()).map { Matrix(rowCount: $1, columnCount: $0) }
  }

  /// The number of layers N.
  public var depth: Int { layers.count }

  /// The widths d₀, …, d_N.
  public var widths: [Int] { [layers[0].columnCount] + layers.map(\.rowCount) }

  /// The number of inputs d₀.
  public var inputCount: Int { layers[0].columnCount }

  /// The number of outputs d_N.
  public var outputCount: Int { layers[layers.count - 1].rowCount }

  /// The number of weights.
  public var parameterCount: Int { layers.reduce(0) { $0 + $1.count } }

  static func requireWidths(_ widths: [Int]) {
    precondition(
      widths.count >= 2 && widths.allSatisfy { $0 > 0 },
      "widths \(widths) do not describe a network: at least two, all positive")
  }
}

/// Why matrices do not make a network.
public enum LinearNetworkError: Error, Equatable, Sendable {
  case noLayers
  case emptyLayer(number: Int, rowCount: Int, columnCount: Int)
  /// Layer `below` gives `outputCount` numbers, and the layer above takes `inputCount`.
  case incompatibleLayers(below: Int, outputCount: Int, inputCount: Int)
  /// A hidden layer of `width` cannot carry a matrix of rank `rank`.
  case hiddenWidthBelowRank(width: Int, rank: Int)
}

extension LinearNetworkError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noLayers: "there is no layer"
    case .emptyLayer(let number, let rows, let columns):
      "layer \(number) is \(rows)×\(columns) and empty"
    case .incompatibleLayers(let below, let output, let input):
      "layer \(below) gives \(output) numbers but layer \(below + 1) takes \(input)"
    case .hiddenWidthBelowRank(let width, let rank):
      "a layer of width \(width) cannot carry rank \(rank)"
    }
  }
}
