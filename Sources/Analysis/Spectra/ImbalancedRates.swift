public import Dynamics
import RealModule

// The stacked R = [W₂; W₁ᵀ] obeys R′ = (S − ½RRᵀ)R, see ``ImbalancedFactorization``. With μ = |λ₀|/2 the eigenvalues of
// S are ±s_i, s_i = √(σ_i² + μ²), and |m − n| times +μ, in directions of the inputs without a partner (λ₀ < 0,
// n > m) or of the outputs (λ₀ > 0, m > n), otherwise −μ. From a generic start with k columns RRᵀ tends to twice the
// part of S in its k largest eigenvalues that are positive. A direction p that is kept loses its share of another,
// q, at the rate p − q, and its size settles at the rate 2p; a share between two directions of which one is a
// partnerless μ shows in W, one between two of those, and its size, does not.

/// How fast gradient flow of two layers with W₂ᵀW₂ − W₁W₁ᵀ = λ₀ 1 converges on ½‖Y − W₂W₁‖²_F, and under which
/// conditions.
///
/// With s = √(σ_min² + λ₀²/4), Y of shape m × n and hidden width k, from generic starts of such an imbalance:
///
///     k ≥ min(m, n), m = n                                            2s = √(4σ_min² + λ₀²)
///     k ≥ min(m, n), the longer side has the larger layer, k < it     s − |λ₀|/2
///     k ≥ min(m, n), otherwise                                        s + |λ₀|/2
///     k < min(m, n)                                                   s_k − s_{k+1}, towards the best of rank k
///
/// The longer side has the larger layer when n > m and λ₀ < 0, or m > n and λ₀ > 0. There imbalance slows learning
/// down: s − |λ₀|/2 falls from σ_min to σ_min²/|λ₀|.
///
/// - SeeAlso: Proposition 5 of [tarmoun2021], which has the rates of the penalised flow with k ≥ m + n columns
///   (`penalized`), for λ₀ > 0, as those of every width.
public struct ImbalancedRates: Equatable, Sendable {
  /// The rate of ‖W₂W₁ − limit‖.
  public let endToEnd: Double
  /// The rate of ‖RRᵀ − limit‖, R = [W₂; W₁ᵀ].
  public let stacked: Double
  /// That there are starts of this imbalance; whether the limit is Y.
  public let hypotheses: [Hypothesis]

  private init(endToEnd: Double, stacked: Double, hypotheses: [Hypothesis]) {
    self.endToEnd = endToEnd
    self.stacked = stacked
    self.hypotheses = hypotheses
  }

  /// The rates of plain gradient flow from a generic start with this imbalance.
  ///
  /// - Parameters:
  ///   - singularValues: σ_1 ≥ …, of Y; as many as the smaller of its dimensions.
  ///   - outputs: m, the rows of Y.
  ///   - inputs: n, its columns.
  ///   - width: k.
  ///   - imbalance: λ₀, of any sign.
  public init(
    singularValues: [Double], outputs: Int, inputs: Int, width: Int, imbalance: Double
  ) {
    let rank = min(outputs, inputs)
    precondition(
      singularValues.count == rank && rank > 0 && width > 0,
      "\(singularValues.count) singular values for a \(outputs)×\(inputs) target and width \(width)"
    )
    let μ = 0.5 * abs(imbalance)
    let s = singularValues.map { Double.hypot($0, μ) }.sorted(by: >)
    // The side whose layer has the larger norm must have room for k columns of full rank.
    let room = imbalance < 0 ? inputs : outputs
    hypotheses = [
      Hypothesis(
        "width, for an imbalance of \(imbalance)", measured: Double(width),
        allowed: imbalance == 0 ? .infinity : Double(room)),
      Hypothesis(
        "width against the rank of Y", measured: Double(width), moreThan: Double(rank) - 1),
    ]
    if width < rank {
      endToEnd = s[width - 1] - s[width]
      stacked = endToEnd
    } else if outputs == inputs {
      endToEnd = 2 * s[rank - 1]
      stacked = endToEnd
    } else if imbalance == 0 || room == rank {
      endToEnd = s[rank - 1] + μ
      stacked = endToEnd
    } else {
      // Partnerless directions of eigenvalue μ: k − rank of them are kept.
      endToEnd = width < room ? s[rank - 1] - μ : s[rank - 1] + μ
      stacked = width > rank ? min(2 * μ, endToEnd) : endToEnd
    }
  }

  /// The rates of the flow that is penalised towards this imbalance, with k ≥ m + n columns, so that R has full
  /// rank.
  public static func penalized(
    smallestSingularValue: Double, isSquare: Bool, imbalance: Double
  ) -> ImbalancedRates {
    let μ = 0.5 * abs(imbalance)
    let s = Double.hypot(smallestSingularValue, μ)
    return ImbalancedRates(
      endToEnd: isSquare ? 2 * s : s + μ, stacked: isSquare ? 2 * s : min(2 * μ, s + μ),
      hypotheses: [])
  }
}
