/// A step size for gradient descent that nobody has to choose.
///
/// A trial step η from φ with gradient g is judged by the quotient of the fall of the loss and its linear
/// prediction,
///
///     ρ = (φ(W) − φ(W − η g)) / (η ‖g‖²),
///
/// which is 1 − ½ηκ for a quadratic of curvature κ along g: near 1 the step is far below the largest stable
/// one, ½ is the exact minimiser along the gradient, below 0 the loss rises.
///
/// **What it guarantees.** Every accepted step has ρ ≥ ``acceptance``: the loss never rises, and the squared
/// gradient norms, each times its step, sum to at most (φ(W₀) − inf φ)/``acceptance``. On a region where the
/// gradient is L-Lipschitz, ρ ≥ 1 − ½ηL: a refused step is above 2(1 − ``acceptance``)/L and one made smaller
/// by caution above 2(1 − ``rough``)/L, so no step after the first falls below the smaller of these times
/// ``shrink`` and ``caution``, unless the first one did. So the smallest gradient norm among the first t steps
/// is O(1/√t). It does not follow gradient flow closely: it keeps ρ above about ½, so that no direction is
/// overshot, but no error in W is controlled.
public struct AdaptiveStep: Equatable, Sendable {
  /// The smallest quotient ρ of a step that is taken.
  public var acceptance = 0.25
  /// Above this quotient the next step is larger by the factor ``growth``.
  public var smooth = 0.75
  /// Below this quotient the next step is smaller by the factor ``caution``.
  public var rough = 0.6
  /// The factor of a step after one that was smooth.
  public var growth = 1.1
  /// The factor of a step after one that was rough.
  public var caution = 0.8
  /// The factor of a step that is refused.
  public var shrink = 0.5

  /// Factors that have served every problem here.
  public init() {}

  /// The step to try after one with the given quotient was taken.
  func next(after step: Double, quotient: Double) -> Double {
    if quotient > smooth { return step * growth }
    return quotient < rough ? step * caution : step
  }
}
