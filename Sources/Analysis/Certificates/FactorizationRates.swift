import Dynamics
import RealModule

/// How fast modes of a two-layer factorization converge, and whether faster than a single layer.
///
///     |σ − x(t)| ≤ C e^{−√(4σ² + λ₀²) t},   C = 2k² |σ − x₀| / min(2k², h² + σx₀ + k √(x₀² + h²)),   h = |λ₀|/2, k² = σ² + h²
///
/// A single layer has the rate 1, so two layers are faster where 4σ² + λ₀² > 1: for large targets, and for any
/// target with imbalance above 1.
///
/// - SeeAlso: Equation 16 and Table 2 of [tarmoun2021], whose constant needs an absolute value; for matrices see
///   ``ImbalancedRates``.
public struct FactorizationRates: Equatable, Sendable {
  /// σ, the size of the target along the mode.
  public let target: Double
  /// λ₀ = u² − v².
  public let imbalance: Double

  /// - Parameters:
  ///   - target: σ ≥ 0.
  ///   - imbalance: λ₀.
  public init(target: Double, imbalance: Double) {
    self.target = target
    self.imbalance = imbalance
  }

  /// √(4σ² + λ₀²).
  public var rate: Double { .hypot(2 * target, imbalance) }

  /// Whether two layers converge faster than one.
  public var isAccelerated: Bool { rate > 1 }

  /// The largest possible |σ − x(t)|; infinite where the constant is not defined (balanced starts of the wrong
  /// sign).
  public func bound(at time: Double, initial x0: Double) -> Double {
    let h = 0.5 * abs(imbalance)
    let k = Double.hypot(target, h)
    // k q + h² + σx₀ without cancellation for x₀ < 0: (k q)² − (h² + σx₀)² = h² (σ − x₀)².
    let q = Double.hypot(x0, h)
    let sum = h * h + target * x0
    let late = sum >= 0 ? k * q + sum : h * h * (target - x0) * (target - x0) / (k * q - sum)
    return 2 * k * k * abs(target - x0) / min(2 * k * k, late) * .exp(-rate * time)
  }

  static let claim = "convergence of the modes of two layers"
  static let source = "Proposition 3 of Tarmoun et al. 2021, with its constant"

  /// The certificate, with values of x at some times.
  public func certificate(initial: Double, measured: [(time: Double, value: Double)] = [])
    -> Certificate
  {
    Certificate(
      claim: Self.claim, source: Self.source,
      hypotheses: [
        Hypothesis("target", measured: target, moreThan: -.leastNonzeroMagnitude),
        Hypothesis("rate", measured: rate, moreThan: 0),
        Hypothesis(
          "constant of the bound", measured: bound(at: 0, initial: initial),
          allowed: .greatestFiniteMagnitude),
      ],
      bounds: measured.map { time, value in
        .init(
          "distance from the target", .upper, bound(at: time, initial: initial), time: time,
          measured: abs(target - value))
      },
      roundingScale: 1e-6 * (abs(target) + abs(initial)))
  }
}
