/// How a computation ended. Everything computed up to there is in the result.
public enum Outcome: Equatable, Sendable {
  /// It reached what was looked for, such as a loss or a point of rest.
  case converged
  /// It reached the end that was asked for, and nothing else was.
  case ended
  /// It took as many steps as it was allowed.
  case stepLimit(Int)
  /// Nothing more changes within rounding, short of what was asked.
  case stalled(atStep: Int)
  /// A number became infinite or undefined at the step named.
  case diverged(atStep: Int)
  /// The method that was named needs millions of further steps, for stability alone: the flow is stiff.
  case stiff(atStep: Int)
  /// An observer asked it to stop.
  case interrupted(atStep: Int)

  /// A word for tables and JSON.
  public var kind: String {
    switch self {
    case .converged: "converged"
    case .ended: "ended"
    case .stepLimit: "stepLimit"
    case .stalled: "stalled"
    case .diverged: "diverged"
    case .stiff: "stiff"
    case .interrupted: "interrupted"
    }
  }

  /// The step at which it ended, where that is part of the outcome.
  public var step: Int? {
    switch self {
    case .converged, .ended: nil
    case .stepLimit(let step), .stalled(let step), .diverged(let step), .stiff(let step),
      .interrupted(let step):
      step
    }
  }
}
