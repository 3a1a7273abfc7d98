import LinearAlgebra
import LinearNetworks

/// Judges networks by entries held out.
struct HoldoutJudge {
  private let pattern: ObservedPattern
  /// The values less the offsets, and the unit of the network.
  private let values: [Double]
  private let scale: Double

  init(
    _ validation: ObservedEntries, pattern: ObservedPattern, offsets: AdditiveOffsets?,
    scale: Double
  ) {
    self.pattern = pattern
    values = (offsets.map { $0.subtracted(from: validation) } ?? validation).values
    self.scale = scale
  }

  func meanSquare(of network: LinearNetwork) -> Double {
    let left: Matrix
    let right: Matrix
    if network.depth == 1 {
      left = network.layers[0]
      right = .identity(network.inputCount)
    } else {
      left = network.layers.dropFirst(2).reduce(network.layers[1]) { $1 * $0 }
      right = network.layers[0].transposed()
    }
    var products = [Double](repeating: 0, count: values.count)
    pattern.products(left: left, right: right, into: &products)
    var sum = 0.0
    for k in values.indices {
      let residual = scale * products[k] - values[k]
      sum += residual * residual
    }
    return sum / Double(max(values.count, 1))
  }
}
