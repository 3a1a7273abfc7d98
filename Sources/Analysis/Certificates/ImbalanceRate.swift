import Dynamics
public import LinearAlgebra
public import LinearNetworks
import RealModule

// W₂ᵀW₂ = Q + W₁W₁ᵀ ≥ Q, so that the m-th largest eigenvalue of W₂ᵀW₂, which is the smallest of W₂W₂ᵀ, is at least that of
// Q; likewise W₁W₁ᵀ ≥ −Q. With Σ_j ‖∂φ/∂W_j‖² = ‖W₂ᵀG‖² + ‖GW₁ᵀ‖² ≥ (λ_min(W₂W₂ᵀ) + λ_min(W₁ᵀW₁)) ‖G‖².

/// Two layers far from balance converge at a rate that their imbalance guarantees, from any start.
///
///     φ(t) − φ* ≤ (φ(0) − φ*) e^{−2αct},   c = max(λ_m(Q₀), 0) + max(λ_n(−Q₀), 0),   Q₀ = W₂ᵀW₂ − W₁W₁ᵀ at the start
///
/// for m outputs and n inputs, λ_k the k-th largest eigenvalue, and a loss of strong convexity α; for few entries or
/// measurements, of a convexity α along what they determine.
///
/// - SeeAlso: Section 4 of [tarmoun2021], whose conservation of Q it follows from.
public enum ImbalanceRate {
  static let claim = "convergence by imbalance"
  static let source = "conservation of Q₀ in Tarmoun et al. 2021"

  /// c, for two layers.
  public static func constant(of network: LinearNetwork) throws(DecompositionError) -> Double {
    precondition(network.depth == 2, "a network of depth \(network.depth) has not two layers")
    let values = try network.balanceInvariants()[0].symmetricEigenvalues()
    func largest(_ k: Int, _ values: [Double]) -> Double {
      k <= values.count ? max(values[k - 1], 0) : 0
    }
    return largest(network.outputCount, values)
      + largest(network.inputCount, values.reversed().map { -$0 })
  }

  /// The certificate of a run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    let network: LinearNetwork
    switch try run.flowingLayers() {
    case .met(let layers): network = layers
    case .lacking(let words): return excluded(words)
    }
    guard network.depth == 2 else {
      return excluded("needs 2 layers, and there \(CertifiedRun.count(network.depth))")
    }
    guard let loss = try StronglyConvexLoss(run.objective) else {
      return excluded(StronglyConvexLoss.lacking)
    }
    let c = try constant(of: network)
    let w = network.endToEnd()
    let excess = loss.loss(at: w) - loss.infimum
    let rate = 2 * loss.curvature * c
    let size = max(w.frobeniusNorm, loss.minimizer.frobeniusNorm)
    let energy = 0.5 * loss.smoothness * size * size
    let ε = run.accuracy
    return Certificate(
      claim: claim, source: source,
      hypotheses: [
        loss.strongConvexity,
        Hypothesis(
          "what the imbalance guarantees, over the layers",
          measured: c / max(network.layers.map { $0.inner($0) }.max() ?? 0, .leastNormalMagnitude),
          moreThan: 1e-12),
      ],
      bounds: run.trajectory?.snapshots.map {
        let bound = excess * .exp(-rate * $0.time)
        return .init(
          "loss above its infimum", .upper, bound, time: $0.time, measured: $0.loss - loss.infimum,
          rounding: 2 * ε * (bound * energy).squareRoot() + ε * ε * energy,
          isInformative: $0.time > 0)
      } ?? [.init("exponential rate of the loss", .lower, rate)],
      roundingScale: 1e-6 * (abs(loss.infimum) + abs(loss.loss(at: w))))
  }
}
