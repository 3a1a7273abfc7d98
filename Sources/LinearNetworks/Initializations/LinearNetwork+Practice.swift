public import LinearAlgebra

extension LinearNetwork {
  /// The random starts of practice, whose variances depend on the widths of a layer.
  public enum FanScaling: String, CaseIterable, Sendable {
    /// Gaussian of variance 2/(in + out).
    case xavier
    /// Uniform of the same variance.
    case xavierUniform
    /// Gaussian of variance 1/in.
    case lecun
    /// Gaussian of variance 2/in.
    case he
    /// Uniform of the same variance.
    case heUniform
    /// Gaussian of variance 1/in, in the last layer 1/in²: outputs vanish as widths grow, and features move.
    case maximalUpdate

    /// The variance of a weight of gain one.
    ///
    /// - Parameters:
    ///   - inputs: the layer's width below.
    ///   - outputs: the layer's width above.
    ///   - isLast: whether no layer follows.
    public func variance(inputs: Int, outputs: Int, isLast: Bool) -> Double {
      switch self {
      case .xavier, .xavierUniform: 2 / Double(inputs + outputs)
      case .lecun: 1 / Double(inputs)
      case .he, .heUniform: 2 / Double(inputs)
      case .maximalUpdate: isLast ? 1 / Double(inputs * inputs) : 1 / Double(inputs)
      }
    }
  }

  /// A network of independent weights scaled by the widths of their layers.
  ///
  /// - Parameters:
  ///   - scaling: the rule.
  ///   - widths: d₀, …, d_N.
  ///   - gain: a factor of every weight.
  ///   - generator: where random numbers come from.
  /// - SeeAlso: [glorot2010], [he2015], [yang2021].
  public static func random(
    _ scaling: FanScaling, widths: [Int], gain: Double = 1, using generator: inout SeededGenerator
  ) -> LinearNetwork {
    requireWidths(widths)
    var layers: [Matrix] = []
    for (number, (inputs, outputs)) in zip(widths, widths.dropFirst()).enumerated() {
      let deviation =
        gain
        * scaling.variance(
          inputs: inputs, outputs: outputs, isLast: number == widths.count - 2
        ).squareRoot()
      switch scaling {
      case .xavierUniform, .heUniform:
        let bound = deviation * 3.0.squareRoot()
        layers.append(
          Matrix(
            rowCount: outputs, columnCount: inputs,
            elements: (0..<outputs * inputs).map { _ in bound * (2 * generator.nextUniform() - 1) }
          ))
      default:
        layers.append(
          .gaussian(
            rowCount: outputs, columnCount: inputs, standardDeviation: deviation,
            using: &generator))
      }
    }
    return LinearNetwork(fitting: layers)
  }

  /// A network whose layers are identities times a factor plus independent Gaussian weights.
  public static func identity(
    widths: [Int], scale: Double, noise: Double, using generator: inout SeededGenerator
  ) -> LinearNetwork {
    var network = LinearNetwork.identity(widths: widths, scale: scale)
    let noise = LinearNetwork.gaussian(widths: widths, standardDeviation: noise, using: &generator)
    for j in network.layers.indices { network.layers[j] += noise.layers[j] }
    return network
  }

  /// The same end-to-end matrix with hidden units turned: W_j becomes G_j W_j, and W_{j+1} becomes W_{j+1} G_jᵀ.
  ///
  /// - Precondition: an orthogonal matrix for every hidden layer.
  public func rotatingHiddenUnits(by rotations: [Matrix]) -> LinearNetwork {
    precondition(
      rotations.count == depth - 1, "\(rotations.count) rotations for \(depth - 1) hidden layers")
    var result = layers
    for (j, rotation) in rotations.enumerated() {
      precondition(
        rotation.rowCount == layers[j].rowCount && rotation.columnCount == layers[j].rowCount,
        "a \(rotation.shape) rotation does not fit \(layers[j].rowCount) hidden units")
      result[j] = rotation * result[j]
      result[j + 1] = result[j + 1].timesTransposed(rotation)
    }
    return LinearNetwork(fitting: result)
  }
}
