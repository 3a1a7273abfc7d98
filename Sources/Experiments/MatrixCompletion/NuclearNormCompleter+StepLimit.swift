import Estimators
import LinearAlgebra

extension NuclearNormCompleter {
  /// Ends after so many Newton steps; with few entries the smallest norm has many minimisers and the last digits of
  /// the gap take long.
  func fit(_ entries: ObservedEntries, atMost stepLimit: Int) throws -> Fit {
    var steps = 0
    return try fit(entries) { _ in
      steps += 1
      return steps < stepLimit
    }
  }
}
