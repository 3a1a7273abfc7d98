public import Dynamics
public import LinearAlgebra
public import LinearNetworks
import RealModule

// With σ_min(W) ≥ δ along the flow, Σ_j ‖∂φ/∂W_j‖² ≥ c ‖∇ℓ‖² makes the excess decay with 2αc. The term of the lowest
// layer counts when there are at most as many outputs as inputs, that of the uppermost one when there are at least as
// many, for square W both.
//
// Two layers with D = W₂ᵀW₂ − W₁W₁ᵀ, ‖D‖ ≤ u, and v the singular vector of the smallest singular value √x of W₁:
// ‖Wv‖² = x pᵀ(W₁W₁ᵀ + D)p ≤ x (x + u) for W₁v = √x p, so that δ² ≤ x² + ux. Each side gives c = x at least.
//
// More layers: σ_min(W_{N−1} ⋯ W₁) ≥ δ/‖W_N‖. For ‖W_N‖² = s and its left singular vector, going down the layers, the
// ratios of the squared norms of successive images fall by at most u each, so that ‖W‖² ≥ Π_{k<N} (s − ku) and
// s ≤ ‖W‖^{2/N} + (N − 1) u.

/// Gradient flow converges at a known rate when the start has a deficiency margin δ and the loss is strongly convex.
///
///     φ(t) − φ* ≤ (φ(0) − φ*) e^{−2αct},
///     balanced layers:       c = δ^{2−2/N}, and for square W N times that
///     two layers:            c = (√(u² + 4δ²) − u)/2, and for square W twice that
///     three layers or more:  c = δ²/(M^{2/N} + (N − 1) u), and for square W twice that
///
/// α is the strong convexity of ℓ, u the unbalancedness, and M ≥ ‖W‖₂ along the flow, ‖W*‖₂ + √(2(φ(0) − φ*)/α). The
/// sharper square case of balanced layers follows from λ_min(P) = N σ_min^{2−2/N}. A single layer needs no margin and
/// has c = 1.
///
/// Completion and sensing by fewer entries than the matrix has are convex along what they see, with the α of
/// ‖∇ℓ‖² ≥ 2α(ℓ − ℓ*), which is all that the rate needs. A margin they have only where they determine as many complete
/// columns as there are outputs (or rows as there are inputs), and the balance of three layers and more must be exact, as
/// nothing bounds ‖W‖.
///
/// - SeeAlso: Theorem 2 of [cohenRazin], which has balanced layers.
public struct LinearConvergence: Equatable, Sendable {
  /// What was checked, with the numbers measured.
  public let hypotheses: [Hypothesis]
  /// The exponential rate; undefined when a hypothesis fails.
  public let rate: Double
  /// φ(0) − φ*.
  public let initialExcess: Double
  /// How far from rank deficiency every better end-to-end matrix is.
  public let margin: DeficiencyMargin
  private let infimum: Double
  private let scale: Double
  /// ½ β ‖W‖² for the largest curvature β and the larger of the start and the optimum.
  private let energy: Double

  /// What theory says of a start.
  public init(
    of network: LinearNetwork, for problem: QuadraticProblem
  ) throws(DecompositionError) {
    try self.init(of: network, for: StronglyConvexLoss(problem))
  }

  init(of network: LinearNetwork, for loss: StronglyConvexLoss) throws(DecompositionError) {
    let w = network.endToEnd()
    let n = Double(network.depth)
    let α = loss.curvature
    margin = try loss.margin(of: w)
    infimum = loss.infimum
    let size = max(w.frobeniusNorm, loss.minimizer.frobeniusNorm)
    energy = 0.5 * loss.smoothness * size * size
    scale = abs(infimum) + abs(loss.loss(at: w))
    initialExcess = loss.loss(at: w) - infimum
    // Without a bound of ‖W‖ three layers and more must be balanced.
    let needsBalance = loss.isRestricted && network.depth > 2
    hypotheses =
      [loss.strongConvexity] + (network.depth > 1 ? [loss.hypothesis(of: margin)] : [])
      + (needsBalance
        ? [
          Hypothesis(
            "balanced layers", measured: network.relativeUnbalancedness(), allowed: 1e-10)
        ] : [])
    let isSquare = network.inputCount == network.outputCount
    let δ = margin.supremum
    let u = network.unbalancedness()
    let factor: Double
    if network.depth == 1 {
      factor = 1
    } else if δ <= 0 {
      factor = .nan
    } else if network.isBalanced {
      factor = (isSquare ? n : 1) * .exp((2 - 2 / n) * .log(δ))
    } else if network.depth == 2 {
      // (√(u² + 4δ²) − u)/2 without cancellation.
      factor = (isSquare ? 2 : 1) * 2 * δ * δ / (.hypot(u, 2 * δ) + u)
    } else if loss.isRestricted {
      factor = .nan
    } else {
      let largest =
        (try loss.minimizer.singularValues().first ?? 0)
        + (2 * max(0, initialExcess) / α).squareRoot()
      factor = (isSquare ? 2 : 1) * δ * δ / (.pow(largest, 2 / n) + (n - 1) * u)
    }
    rate = 2 * α * factor
  }

  /// The largest possible φ(t) − φ*.
  public func bound(at time: Double) -> Double { initialExcess * .exp(-rate * time) }

  /// The time after which φ − φ* is certainly below ε.
  public func time(toReach ε: Double) -> Double { max(0, .log(initialExcess / ε) / rate) }

  static let claim = "linear convergence"
  static let source = "Theorem 2 of Cohen and Razin, lecture notes"

  /// The certificate, with the losses of a flow where there is one.
  ///
  /// - Parameters:
  ///   - trajectory: what was recorded.
  ///   - ε: the relative error that the recorded W may have. It is one of 2ε√(eb) + ε²b of a loss
  ///     e above the infimum, b = ½β‖W‖² for the largest curvature β.
  public func certificate(
    along trajectory: Trajectory? = nil, accuracy ε: Double = 0
  ) -> Certificate {
    Certificate(
      claim: Self.claim, source: Self.source,
      hypotheses: hypotheses,
      bounds: trajectory?.snapshots.map {
        .init(
          "loss above its infimum", .upper, bound(at: $0.time), time: $0.time,
          measured: $0.loss - infimum,
          rounding: 2 * ε * (bound(at: $0.time) * energy).squareRoot() + ε * ε * energy,
          isInformative: $0.time > 0)
      } ?? [.init("exponential rate of the loss", .lower, rate)],
      roundingScale: 1e-6 * scale)
  }

  /// The certificate of a run, for any strongly convex loss that knows its minimum.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    let network: LinearNetwork
    switch try run.flowingLayers() {
    case .met(let layers): network = layers
    case .lacking(let words): return Certificate(claim: claim, source: source, excluded: words)
    }
    guard let loss = try StronglyConvexLoss(run.objective) else {
      // Strong convexity is what most other objectives lack, and for those it is known.
      guard let curvature = run.objective.strongConvexity, curvature <= 0 else {
        return Certificate(
          claim: claim, source: source, excluded: StronglyConvexLoss.lacking)
      }
      return Certificate(
        claim: claim, source: source,
        hypotheses: [
          Hypothesis("strong convexity of the loss", measured: curvature, moreThan: 0)
        ], bounds: [])
    }
    return try LinearConvergence(of: network, for: loss)
      .certificate(along: run.trajectory, accuracy: run.accuracy)
  }
}
