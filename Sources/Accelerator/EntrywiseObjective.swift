import LinearAlgebra
import LinearNetworks

/// weight/2 · Σ (W − target)² over the entries of the target that are numbers: what the kernels minimise.
struct EntrywiseObjective {
  let target: Matrix
  let weight: Double

  /// The form of an objective; nil for one of another kind.
  init?(_ objective: any Objective) {
    switch objective {
    case let objective as FactorizationObjective:
      (target, weight) = (objective.target, 1)
    case let objective as CompletionObjective:
      (target, weight) = (objective.entries.dense(), 1 / Double(objective.entries.count))
    default: return nil
    }
  }

  /// Whether an objective has the form, told without making it.
  static func isForm(of objective: any Objective) -> Bool {
    objective is FactorizationObjective || objective is CompletionObjective
  }
}
