public import Dynamics
public import LinearAlgebra

/// How fast the loss must fall at every point of a balanced trajectory.
///
///     −dφ/dt = Σ_j ‖∂φ/∂W_j‖² = ⟨∇ℓ, P(W)[∇ℓ]⟩ ≥ λ_min(P(W)) ‖∇ℓ(W)‖²
///
/// with λ_min(P) = N σ_min^{2−2/N} for square W and σ_min^{2−2/N} otherwise.
///
/// - SeeAlso: the proof of Theorem 2 of [cohenRazin].
public enum LossRate {
  static let claim = "loss rate"
  static let source = "proof of Theorem 2 of Cohen and Razin, lecture notes"

  /// The certificate at the points of a flow that recorded its layers.
  public static func certificate(
    along trajectory: Trajectory, for problem: QuadraticProblem
  ) throws(DecompositionError) -> Certificate {
    try certificate(at: trajectory.snapshots, on: LossLandscape(problem))
  }

  /// The certificate at points with layers, for any differentiable loss.
  static func certificate(
    at snapshots: [Snapshot], on landscape: LossLandscape
  ) throws(DecompositionError) -> Certificate {
    var bounds: [Certificate.Bound] = []
    var imbalance = 0.0
    var scale = 0.0
    for point in snapshots {
      guard let layers = point.layers else { continue }
      let w = layers.dropFirst().reduce(layers[0]) { $1 * $0 }
      let gradient = landscape.endToEndGradient(at: w)
      let smallest = try EndToEndPreconditioner(at: w, depth: layers.count).smallestEigenvalue
      let rate = landscape.gradients(at: layers).reduce(0) { $0 + $1.inner($1) }
      let largest = layers.map { $0.inner($0) }.max() ?? 0
      let difference = GramDifferences.of(layers).map(\.frobeniusNorm).max() ?? 0
      imbalance = max(imbalance, largest > 0 ? difference / largest : 0)
      scale = max(scale, rate)
      bounds.append(
        .init(
          "rate at which the loss falls", .lower, smallest * gradient.inner(gradient),
          time: point.time, measured: rate))
    }
    return Certificate(
      claim: claim, source: source,
      hypotheses: [
        Hypothesis("unbalancedness, relative to the layers", measured: imbalance, allowed: 1e-8)
      ], bounds: bounds, roundingScale: 1e-6 * scale)
  }
}
