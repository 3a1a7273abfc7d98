import LinearAlgebra
import RealModule

/// A small network of one hidden layer of rectified units whose first weights are a product of layers.
///
/// Trained by descent with momentum on the cross-entropy, all samples at each step.
struct RectifiedNetwork {
  /// W_1, …, W_N, whose product is the first layer's weights.
  private(set) var factors: [Matrix]
  private var output: Matrix
  private var biases: [Double]

  /// Balanced factors whose product is Gaussian and small.
  init(
    inputs: Int, hidden: Int, depth: Int, classes: Int, using generator: inout SeededGenerator
  ) {
    // Each factor scales lengths so that the product does by about 0.1.
    let scale = Double.root(0.1, depth)
    factors = (0..<depth).map { place in
      let columns = place == 0 ? inputs : hidden
      return .gaussian(
        rowCount: hidden, columnCount: columns,
        standardDeviation: scale / Double(max(hidden, place == 0 ? hidden : columns)).squareRoot(),
        using: &generator)
    }
    output = .gaussian(
      rowCount: classes, columnCount: hidden, standardDeviation: 0.3, using: &generator)
    biases = [Double](repeating: 0, count: hidden)
  }

  /// W_N ⋯ W_1.
  var firstLayer: Matrix { factors.dropFirst().reduce(factors[0]) { $1 * $0 } }

  private func activations(_ inputs: Matrix, _ first: Matrix) -> Matrix {
    var hidden = inputs.timesTransposed(first)
    for row in 0..<hidden.rowCount {
      for unit in 0..<hidden.columnCount {
        hidden[row, unit] = max(0, hidden[row, unit] + biases[unit])
      }
    }
    return hidden
  }

  /// The share of images that are told right, with another first layer in place of its own.
  func accuracy(on samples: LabelledSamples, firstLayer: Matrix) -> Double {
    let scores = activations(samples.inputs, firstLayer).timesTransposed(output)
    let right = samples.labels.enumerated().count { row, label in
      scores.row(row).enumerated().max { $0.element < $1.element }!.offset == label
    }
    return Double(right) / Double(samples.labels.count)
  }

  mutating func train(_ samples: LabelledSamples, steps: Int) {
    let (η, momentum) = (0.05, 0.9)
    let count = Double(samples.labels.count)
    var speeds = factors.map { Matrix.zeros($0.rowCount, $0.columnCount) }
    var outputSpeed = Matrix.zeros(output.rowCount, output.columnCount)
    for _ in 0..<steps {
      let first = firstLayer
      let hidden = activations(samples.inputs, first)
      var errors = hidden.timesTransposed(output)
      for (row, label) in samples.labels.enumerated() {
        let scores = errors.row(row)
        let largest = scores.max()!
        let sum = scores.reduce(0) { $0 + .exp($1 - largest) }
        for k in scores.indices {
          errors[row, k] = (.exp(scores[k] - largest) / sum - (k == label ? 1 : 0)) / count
        }
      }
      var back = errors * output
      for row in 0..<back.rowCount {
        for unit in 0..<back.columnCount where hidden[row, unit] <= 0 { back[row, unit] = 0 }
      }
      outputSpeed = momentum * outputSpeed + errors.transposedTimes(hidden)
      let gradient = back.transposedTimes(samples.inputs)
      for unit in biases.indices { biases[unit] -= η * back.column(unit).reduce(0, +) }
      for j in factors.indices {
        // (W_N ⋯ W_{j+1})ᵀ G (W_{j−1} ⋯ W_1)ᵀ
        var change = gradient
        for above in factors[(j + 1)...].reversed() { change = above.transposedTimes(change) }
        for below in factors[..<j] { change = change.timesTransposed(below) }
        speeds[j] = momentum * speeds[j] + change
      }
      for j in factors.indices { factors[j] -= η * speeds[j] }
      output -= η * outputSpeed
    }
  }
}
