import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule

/// One target σ factorised as uv: the smallest two-layer network.
struct ScalarFactorization {
  let target: Double
  /// λ₀ = u² − v².
  let imbalance: Double
  /// x₀ = uv.
  let initial: Double

  /// u and v at the start; u is positive, or v where the imbalance is negative.
  var layers: (u: Double, v: Double) {
    let larger = ((Double.hypot(2 * initial, imbalance) + abs(imbalance)) / 2).squareRoot()
    let smaller = larger == 0 ? 0 : initial / larger
    return imbalance >= 0 ? (larger, smaller) : (smaller, larger)
  }

  var mode: TwoLayerMode {
    let (u, v) = layers
    return TwoLayerMode(target: target, curvature: 1, first: u, second: v)
  }

  var network: LinearNetwork {
    let (u, v) = layers
    var network = LinearNetwork(zerosOfWidths: [1, 1, 1])
    network.layers = [Matrix.diagonal([v]), Matrix.diagonal([u])]
    return network
  }

  var objective: FactorizationObjective { FactorizationObjective(.diagonal([target])) }

  /// x = uv of the integrated flow at some times, the last of which ends it.
  func flow(at times: [Double], relativeTolerance: Double = 1e-12) -> [Double] {
    let flow = GradientFlow(
      until: times.last!, steps: .adaptive(relativeTolerance: relativeTolerance),
      recording: .at(times, of: [.endToEnd]))
    return flow.run(objective, from: network).trajectory.snapshots.map { $0.endToEnd![0, 0] }
  }
}
