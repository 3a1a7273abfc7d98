public import LinearAlgebra
package import LinearNetworks
import RealModule

// With W = Σ_k w_k v_k u_kᵀ over the modes that move, Σx u_k = λ_k u_k, and Σyx = Σ_k σ_k v_k u_kᵀ + E, the residual
// is Σyx − WΣx = Σ_k (σ_k − λ_k w_k) v_k u_kᵀ + E: every layer changes along its modes alone, by the scalar equations,
// if the layers above and below send E to zero. That is so for the modes that no layer carries (or too few): they
// stay where they are, and need share no vectors with Σx.

/// The independent singular modes of a network whose layers share singular vectors with the data.
///
/// The modes that move are those that all layers carry, and those with a correlation that all layers but one
/// carry. Everything else stands still for ever: directions without correlation in which W = 0, and modes with a
/// correlation that are zero in two layers or more, such as those that a bottleneck leaves out.
///
/// - SeeAlso: Theorem 1 of [gidel2019], which holds for orthogonal Q only, not for any invertible one as
///   printed; spectral initialisation in Section 4 of [tarmoun2021].
public struct SpectralModes: Sendable {
  /// One mode: its correlation σ, the input variance λ, and the layers' values along it, first layer first.
  public struct Mode: Equatable, Sendable {
    /// σ, the size of the target along the mode.
    public let target: Double
    /// λ, the variance of the input along the mode.
    public let curvature: Double
    /// The layers' values along the mode, the first layer first.
    public var values: [Double]

    /// The product of the layers' values.
    public var endToEnd: Double { values.reduce(1, *) }
  }

  /// The modes that move.
  public let modes: [Mode]
  /// For each layer and mode, the vectors q_j: `vectors[j]` has one column per mode, j = 0 … N.
  public let vectors: [Matrix]
  /// The correlations of the modes that stay at zero, with their vectors.
  public let uncarried: Uncarried
  /// What the layers hold beside the modes; it never changes.
  private let constantParts: [Matrix?]

  /// Singular modes of the data along which W is zero and stays so.
  public struct Uncarried: Equatable, Sendable {
    /// σ, none of them zero.
    public let targets: [Double]
    /// One column for each, of as many numbers as the network has inputs.
    public let inputVectors: Matrix
    /// One column for each, of as many numbers as the network has outputs.
    public let outputVectors: Matrix
  }

  /// Finds the modes; the hypotheses say how well the network fits, and the modes are nil when one fails.
  ///
  /// - Precondition: two layers or more.
  package static func find(
    inputCovariance: Matrix, crossCovariance: Matrix, network: LinearNetwork, tolerance: Double
  ) throws -> (modes: SpectralModes?, hypotheses: [Hypothesis]) {
    let search = try SpectralModeSearch(
      inputCovariance: inputCovariance, crossCovariance: crossCovariance, network: network)
    let hypotheses = search.hypotheses(tolerance: tolerance)
    guard hypotheses.allSatisfy(\.holds) else { return (nil, hypotheses) }
    let chains = search.chains
    let modes = chains.moving.indices.map { k in
      Mode(target: search.targets[k], curvature: search.curvatures[k], values: chains.values[k])
    }
    let rests = network.layers.enumerated().map { j, layer -> Matrix? in
      let part = chains.vectors[j + 1].scalingColumns(by: modes.map { $0.values[j] })
        .timesTransposed(chains.vectors[j])
      let rest = layer - part
      return rest.maxAbsolute <= tolerance * layer.maxAbsolute ? nil : rest
    }
    return (
      SpectralModes(
        modes: modes, vectors: chains.vectors, uncarried: search.uncarried, constantParts: rests),
      hypotheses
    )
  }

  /// The earliest time at which a mode becomes infinite.
  var blowUpTime: Double? { modes.compactMap(\.blowUpTime).min() }

  /// The modes at a time.
  public func modes(at time: Double) -> [Mode] { modes.map { $0.at(time) } }

  /// The network whose modes have these values.
  func network(_ modes: [Mode]) -> LinearNetwork {
    let layers = constantParts.indices.map { j in
      let part = vectors[j + 1].scalingColumns(by: modes.map { $0.values[j] })
        .timesTransposed(vectors[j])
      return constantParts[j].map { $0 + part } ?? part
    }
    return LinearNetwork(fitting: layers)
  }

  /// W for these modes, with the accuracy of each mode.
  func endToEnd(_ modes: [Mode]) -> Matrix {
    vectors[vectors.count - 1].scalingColumns(by: modes.map(\.endToEnd)).timesTransposed(vectors[0])
  }
}

extension SpectralModes.Mode {
  private var magnitude: Double { abs(values[0]) }

  private var isBalanced: Bool { values.allSatisfy { abs($0) == magnitude } }

  /// The common magnitude of the layers' values, with σ relative to the sign of their product.
  private var balanced: BalancedMode {
    let negative = values.count { $0 < 0 } % 2 == 1
    return BalancedMode(
      depth: values.count, target: negative ? -target : target, curvature: curvature,
      initial: magnitude)
  }

  private var unbalanced: UnbalancedMode {
    UnbalancedMode(target: target, curvature: curvature, values: values)
  }

  fileprivate var blowUpTime: Double? {
    guard values.count > 2 else { return nil }
    return isBalanced ? balanced.blowUpTime : unbalanced.blowUpTime
  }

  fileprivate func at(_ time: Double) -> SpectralModes.Mode {
    var result = self
    if values.count == 2 {
      let pair = TwoLayerMode(
        target: target, curvature: curvature, first: values[1], second: values[0]
      ).layerValues(at: time)
      result.values = [pair.second, pair.first]
    } else if isBalanced {
      let value = balanced.layerValue(at: time)
      result.values = values.map { $0 < 0 ? -value : value }
    } else {
      result.values = unbalanced.layerValues(at: time)
    }
    return result
  }
}
