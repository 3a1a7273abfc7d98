import DeepLinear
import Glibc

/// What theory says of a run, to be drawn over what was measured.
enum SweepTheory: String, CaseIterable {
  /// The slope of log ℓ(t) at the end of a flow of two layers on ½‖Y − W‖² from a start with W₂ᵀW₂ − W₁W₁ᵀ = λ₀ 1: twice
  /// minus the rate of ``ImbalancedRates``.
  case lossSlope
  /// The largest stable step of a descent at a balanced minimum of ½‖Y − W‖²: 2/(N σ₁^(2 − 2/N)).
  case stabilityEdge
  /// The half-rise time log(σ₁/w₀ − 1)/(2σ₁) of the first component of a balanced flow of two layers on ½‖Y − W‖²,
  /// w₀ the largest singular value of the start.
  case halfRise

  init(_ node: SpecNode) throws {
    self = Self(rawValue: try node.choice(Self.allCases.map(\.rawValue))) ?? .lossSlope
  }

  /// The number; nil where the run does not meet the hypotheses.
  func value(for spec: SimulationSpec) -> Double? {
    guard let objective = spec.objective.objective as? FactorizationObjective,
      case .layered(let network) = spec.network.start,
      let singularValues = try? SingularValueDecomposition(of: objective.target).singularValues,
      let first = singularValues.first, first > 0
    else { return nil }
    let depth = Double(network.depth)
    switch self {
    case .lossSlope:
      guard network.depth == 2 else { return nil }
      let difference = network.balanceInvariants()[0]
      let mean =
        (0..<difference.rowCount).reduce(0) { $0 + difference[$1, $1] }
        / Double(difference.rowCount)
      // Only a multiple of the identity has this rate.
      let rest = (difference - mean * .identity(difference.rowCount)).frobeniusNorm
      guard rest <= 1e-8 * max(difference.frobeniusNorm, network.layers[0].frobeniusNorm) else {
        return nil
      }
      return -2
        * ImbalancedRates(
          singularValues: singularValues, outputs: objective.outputCount,
          inputs: objective.inputCount, width: difference.rowCount, imbalance: mean
        ).endToEnd
    case .stabilityEdge: return 2 / (depth * pow(first, 2 - 2 / depth))
    case .halfRise:
      guard network.depth == 2, network.relativeUnbalancedness() <= 1e-8,
        let start = network.singularValues().first, start > 0, start < first / 2
      else { return nil }
      return log(first / start - 1) / (2 * first)
    }
  }
}
