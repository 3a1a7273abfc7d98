import Analysis
import Dynamics
public import LinearAlgebra

extension NuclearNormCompleter.Fit {
  /// The fit in the form of a ``MatrixCompleter``'s, so that one report and one command serve both.
  ///
  /// It holds the duality gap; it never counts as exact, since the smallest nuclear norm agrees with every
  /// entry whether the data have low rank or not.
  /// - Throws: ``DecompositionError`` when LAPACK does not converge.
  public func matrixCompletion(of entries: ObservedEntries) throws -> MatrixCompleter.Fit {
    let decomposition = try SingularValueDecomposition(of: completion)
    let roots = decomposition.singularValues.prefix(rank).map { $0.squareRoot() }
    let model = CompletionModel(
      rowFactor: decomposition.leftVectors.firstColumns(rank).scalingColumns(by: roots),
      columnFactor: decomposition.rightVectors.firstColumns(rank).scalingColumns(by: roots))
    var fit = try MatrixCompleter().finished(
      entries, model, isExact: false, iterations: iterations, outcome: outcome)
    fit.holdoutError = holdoutError
    fit.dualityGap = dualityGap
    return fit
  }
}
