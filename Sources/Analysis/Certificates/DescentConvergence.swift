public import Dynamics
public import LinearAlgebra
public import LinearNetworks
import RealModule

/// Gradient descent with a small step from a nearly balanced start with deficiency margin δ converges, for
/// white inputs of unit variance.
///
///     unbalancedness ≤ δ² / (256 N³ ‖Σyx‖_F^{2−2/N}),   η ≤ δ^{4−2/N} / (6144 N³ ‖Σyx‖_F^{6−4/N})
///     φ − φ* ≤ ε after ln(φ(0)/ε) / (η δ^{2−2/N}) steps, losses measured from φ*
///
/// The constants are those of [arora2019convergence]; they were not derived anew.
///
/// - SeeAlso: Remark 2 of [cohenRazin].
public struct DescentConvergence: Equatable, Sendable {
  /// What was checked, with the numbers measured.
  public let hypotheses: [Hypothesis]
  /// The largest unbalancedness that a start may have.
  public let largestUnbalancedness: Double
  /// The largest step size.
  public let largestStep: Double
  private let initialExcess: Double
  private let contraction: Double
  private let infimum: Double

  /// - Parameters:
  ///   - network: the network.
  ///   - problem: the problem.
  ///   - margin: any δ below the supremum; nine tenths of the supremum when left out.
  ///   - stepSize: the step to check; the largest allowed when left out.
  public init(
    of network: LinearNetwork, for problem: QuadraticProblem, margin: Double? = nil,
    stepSize: Double? = nil
  ) throws(DecompositionError) {
    let n = Double(network.depth)
    let w = network.endToEnd()
    let supremum = try DeficiencyMargin(of: w, for: problem).supremum
    let δ = margin ?? 0.9 * supremum
    let size = problem.crossCovariance.frobeniusNorm
    let variance = problem.inputCovariance.trace / Double(network.inputCount)
    func power(_ base: Double, _ exponent: Double) -> Double {
      base > 0 ? .exp(exponent * .log(base)) : .nan
    }
    largestUnbalancedness = δ * δ / (256 * n * n * n * power(size, 2 - 2 / n))
    largestStep = power(δ, 4 - 2 / n) / (6144 * n * n * n * power(size, 6 - 4 / n))
    contraction = (stepSize ?? largestStep) * power(δ, 2 - 2 / n)
    infimum = try problem.infimum()
    initialExcess = problem.loss(at: w) - infimum
    hypotheses = [
      Hypothesis(
        "variance of white inputs, from 1",
        measured: problem.hasWhiteInputs ? abs(variance - 1) : .infinity, allowed: 1e-12),
      Hypothesis("deficiency margin", measured: δ, moreThan: 0),
      Hypothesis("deficiency margin used, below its supremum", measured: supremum, moreThan: δ),
      Hypothesis(
        "unbalancedness", measured: network.unbalancedness(), allowed: largestUnbalancedness),
      Hypothesis("step size", measured: stepSize ?? largestStep, allowed: largestStep),
    ]
  }

  /// The number of steps after which φ − φ* is certainly below ε.
  public func steps(toReach ε: Double) -> Double { max(0, .log(initialExcess / ε) / contraction) }

  static let claim = "convergence of descent"
  static let source = "Remark 2 of Cohen and Razin, lecture notes"

  /// The certificate, with the losses of a descent where there is one: φ(t) − φ* ≤ (φ(0) − φ*) e^{−ηδ^{2−2/N}
  /// t}.
  public func certificate(along trajectory: Trajectory? = nil) -> Certificate {
    Certificate(
      claim: Self.claim, source: Self.source,
      hypotheses: hypotheses,
      bounds: trajectory?.snapshots.map {
        .init(
          "loss above its infimum", .upper, initialExcess * .exp(-contraction * $0.time),
          time: $0.time, measured: $0.loss - infimum)
      } ?? [
        .init("unbalancedness", .upper, largestUnbalancedness),
        .init("step size", .upper, largestStep),
      ],
      roundingScale: 1e-6 * initialExcess)
  }
}
