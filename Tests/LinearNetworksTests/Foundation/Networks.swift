import LinearAlgebra
import LinearNetworks

/// A network with standard Gaussian weights.
func randomNetwork(_ widths: [Int], seed: UInt64 = 1) -> LinearNetwork {
  var generator = SeededGenerator(seed: seed)
  return .gaussian(widths: widths, standardDeviation: 1, using: &generator)
}

/// (f(w + h) − f(w − h))/2h for every weight w of a network.
func centralDifferences(
  at network: LinearNetwork, step: Double, of function: (LinearNetwork) -> Double
) -> [Matrix] {
  var moved = network
  return network.layers.indices.map { layer in
    var result = network.layers[layer]
    for row in 0..<result.rowCount {
      for column in 0..<result.columnCount {
        let weight = network.layers[layer][row, column]
        moved.layers[layer][row, column] = weight + step
        let above = function(moved)
        moved.layers[layer][row, column] = weight - step
        let below = function(moved)
        moved.layers[layer][row, column] = weight
        result[row, column] = (above - below) / (2 * step)
      }
    }
    return result
  }
}
