import Dynamics
import RealModule

/// Whether descent from a vanishing start has learned each mode when the flow would begin with the next.
///
/// With starts w = e^{−2δ} and δ → ∞, mode i is at σ_i/λ_i after δ/(ησ_{i+1}) steps, the flow's time for mode i
/// + 1, if and only if
///
///     ln(1 + ησ_i) > ησ_{i+1}
///
/// because w_i grows like e^{−2δ}(1 + ησ_i)^{2t}; its own transition comes after δ/ln(1 + ησ_i) steps.
///
/// - SeeAlso: Corollary 3 of [gidel2019], whose statement holds though its proof does not give it; its first
///   condition on the gap is not needed.
public enum PhaseSeparation {
  static let claim = "phases of descent are separated"
  static let source = "Corollary 3 of Gidel et al. 2019, sharpened"

  /// The certificate for targets in descending order: one hypothesis for each pair of neighbours that differ.
  public static func certificate(targets: [Double], stepSize: Double) -> Certificate {
    let pairs = zip(targets, targets.dropFirst()).filter { $0 > $1 && $1 > 0 }
    return Certificate(
      claim: claim, source: source,
      hypotheses: pairs.map { σ, next in
        Hypothesis(
          "ln(1 + ησ) for σ = \(σ), against ησ of the next mode",
          measured: .log(onePlus: stepSize * σ), moreThan: stepSize * next)
      }, bounds: [])
  }
}
