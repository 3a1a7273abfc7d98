/// A method that integrates a flow.
public enum FlowMethod: String, CaseIterable, Codable, Sendable {
  /// Begins explicit, and changes to the stabilised or the implicit method and back as the flow becomes stiff or
  /// ceases to be.
  case automatic = "auto"
  /// Dormand and Prince's explicit pair of orders 8(5,3): for smooth phases.
  case dormandPrince
  /// The stabilised explicit method of order 2 by Sommeijer, Shampine and Verwer: for the stiff tail.
  case chebyshev
  /// The exponential Rosenbrock method of order 4 in Krylov spaces: for small stiff problems at tight
  /// tolerances, and where the Jacobian hardly changes.
  case exponential
  /// Radau's implicit method of order 5: for states of up to some hundred elements, however stiff.
  case radau

  /// The order of the error in the step; nil for the automatic choice.
  public var order: Int? {
    switch self {
    case .automatic: nil
    case .dormandPrince: DormandPrince853.order
    case .chebyshev: RungeKuttaChebyshev.order
    case .exponential: ExponentialRosenbrock.order
    case .radau: RadauIIA.order
    }
  }

  /// The methods themselves, without the automatic choice.
  public static var all: [FlowMethod] { [.dormandPrince, .chebyshev, .exponential, .radau] }
}
