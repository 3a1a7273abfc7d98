import Dynamics
import LinearAlgebra
import LinearNetworks

/// The independent singular modes of a run, and their values along it.
struct AlignedModes {
  let modes: [SpectralModes.Mode]
  /// One column for each mode.
  private let inputs: Matrix
  private let outputs: Matrix

  /// The modes of a network that shares singular vectors with the problem; nil when a hypothesis fails.
  static func find(
    _ problem: QuadraticProblem, _ network: LinearNetwork
  ) throws -> (modes: AlignedModes?, hypotheses: [Hypothesis]) {
    let (found, hypotheses) = try SpectralModes.find(
      inputCovariance: problem.inputCovariance, crossCovariance: problem.crossCovariance,
      network: network, tolerance: 1e-10)
    let modes = found.map {
      AlignedModes(
        modes: $0.modes, inputs: $0.vectors[0], outputs: $0.vectors[network.depth])
    }
    return (modes, hypotheses)
  }

  /// The value of W along each mode, at every point that recorded a matrix.
  func values(along snapshots: [Snapshot]) -> [(time: Double, values: [Double])] {
    snapshots.compactMap { point in
      let product = point.layers.map { layers in layers.dropFirst().reduce(layers[0]) { $1 * $0 } }
      guard let w = point.endToEnd ?? product else { return nil }
      return (point.time, outputs.transposedTimes(w * inputs).diagonal)
    }
  }
}
