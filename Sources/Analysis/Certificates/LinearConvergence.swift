public import Dynamics
public import LinearAlgebra
public import LinearNetworks
import RealModule

/// Gradient flow on balanced layers converges at a known rate when the start has a deficiency margin δ.
///
///     φ(t) − φ* ≤ (φ(0) − φ*) e^{−2αδ^{2−2/N} t},   and for square W with the rate N times as large
///
/// α is the strong convexity of ℓ. The sharper square case follows from λ_min(P) = N σ_min^{2−2/N}.
///
/// - SeeAlso: Theorem 2 of [cohenRazin].
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
    let w = network.endToEnd()
    let n = Double(network.depth)
    let α = try problem.curvatureRange().smallest
    margin = try DeficiencyMargin(of: w, for: problem)
    infimum = try problem.infimum()
    let size = max(w.frobeniusNorm, try problem.minimizer().frobeniusNorm)
    energy = 0.5 * (try problem.curvatureRange().largest) * size * size
    scale = abs(infimum) + abs(problem.loss(at: w))
    initialExcess = problem.loss(at: w) - infimum
    let largest = network.layers.map { $0.inner($0) }.max() ?? 1
    hypotheses = [
      Hypothesis("strong convexity of the loss", measured: α, moreThan: 0),
      Hypothesis("deficiency margin", measured: margin.supremum, moreThan: 0),
      Hypothesis(
        "unbalancedness, relative to the layers",
        measured: network.unbalancedness() / (largest > 0 ? largest : 1), allowed: 1e-10),
    ]
    let square = network.inputCount == network.outputCount ? n : 1
    let δ = margin.supremum
    rate = δ > 0 ? 2 * α * square * .exp((2 - 2 / n) * .log(δ)) : .nan
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
          rounding: 2 * ε * (bound(at: $0.time) * energy).squareRoot() + ε * ε * energy)
      } ?? [.init("exponential rate of the loss", .lower, rate)],
      roundingScale: 1e-6 * scale)
  }
}
