/// What an observer of a run answers after each step.
public enum Verdict: Equatable, Sendable {
  case goOn
  /// What the observer waited for has happened: the run ends as `converged`.
  case enough
  /// Someone wants the computation to end: `interrupted`.
  case interrupt
}
