import LinearAlgebra
import LinearNetworks

/// Problems that satisfy the hypotheses of a closed form, drawn from a seed.
enum RandomProblems {
  struct Spectral {
    var inputCovariance: Matrix
    var crossCovariance: Matrix
    var network: LinearNetwork
  }

  /// Layers and covariances with common singular vectors; rank-deficient targets, imbalance (two layers) and any signs.
  static func spectral(
    depth: Int, using generator: inout SeededGenerator, zeros: Bool = true
  ) -> Spectral {
    let inputs = 2 + generator.nextIndex(below: 3)
    let outputs = 2 + generator.nextIndex(below: 3)
    let count = min(inputs, outputs)
    let hidden = (1..<max(depth, 1)).map { _ in count + generator.nextIndex(below: 3) }
    let widths = [inputs] + hidden + [outputs]
    let bases = widths.map { Matrix.orthogonal(rowCount: $0, columnCount: $0, using: &generator) }
    let variances = (0..<inputs).map { _ in 0.3 + generator.nextUniform() }
    var targets = (0..<count).map { _ in 2 * generator.nextUniform() }
    if zeros, generator.nextIndex(below: 2) == 0 { targets[0] = 0 }
    let x = bases[0].scalingColumns(by: variances).timesTransposed(bases[0]).symmetrized()
    let yx = middle(bases[depth], targets, bases[0])
    let sizes = (0..<count).map { _ in 0.2 + 0.8 * generator.nextUniform() }
    let layers = (1...depth).map { j in
      let values = sizes.map { size in
        let imbalance = depth == 2 ? 0.5 + generator.nextUniform() : 1
        return (generator.nextIndex(below: 2) == 0 ? -1.0 : 1) * size * imbalance
      }
      return middle(bases[j], values, bases[j - 1])
    }
    var network = LinearNetwork(zerosOfWidths: widths)
    network.layers = layers
    return Spectral(
      inputCovariance: x, crossCovariance: yx, network: network)
  }

  private static func middle(_ left: Matrix, _ values: [Double], _ right: Matrix) -> Matrix {
    left.firstColumns(values.count).scalingColumns(by: values)
      .timesTransposed(right.firstColumns(values.count))
  }
}
