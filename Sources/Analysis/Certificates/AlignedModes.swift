import Dynamics
import LinearAlgebra
import LinearNetworks

/// The independent singular modes of a run, and their values along it.
struct AlignedModes {
  let modes: [SpectralModes.Mode]
  /// One column for each mode.
  private let inputs: Matrix
  private let outputs: Matrix

  /// The modes of a run, with the hypotheses that hold for them, or the certificate that says why there are none.
  enum Search {
    case found(AlignedModes, [Hypothesis])
    case none(Certificate)
  }

  /// Looks for the modes that a certificate is about.
  static func search(
    _ run: CertifiedRun, _ network: LinearNetwork, claim: String, source: String
  ) throws -> Search {
    switch run.quadratic {
    case .lacking(let words):
      return .none(Certificate(claim: claim, source: source, excluded: words))
    case .met(let problem):
      let (modes, hypotheses) = try find(problem, network)
      return modes.map { .found($0, hypotheses) }
        ?? .none(Certificate(claim: claim, source: source, hypotheses: hypotheses, bounds: []))
    }
  }

  /// The modes of a network that shares singular vectors with the problem; nil when a hypothesis fails.
  private static func find(
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
