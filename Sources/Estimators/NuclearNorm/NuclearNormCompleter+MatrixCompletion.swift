import Analysis
import Dynamics
public import LinearAlgebra

extension NuclearNormCompleter.Fit {
  /// The fit in the form of a ``MatrixCompleter``'s, so that one report and one command serve both.
  ///
  /// It holds the duality gap; it never counts as exact, since the smallest nuclear norm agrees with every
  /// entry whether the data have low rank or not. Its factors are those of the leading ``rank`` components;
  /// singular values and errors are those of the whole ``completion``.
  /// - Throws: `DecompositionError` when LAPACK does not converge.
  public func matrixCompletion(of entries: ObservedEntries) throws -> MatrixCompleter.Fit {
    let decomposition = try SingularValueDecomposition(of: completion)
    let roots = decomposition.singularValues.prefix(rank).map { $0.squareRoot() }
    let model = CompletionModel(
      rowFactor: decomposition.leftVectors.firstColumns(rank).scalingColumns(by: roots),
      columnFactor: decomposition.rightVectors.firstColumns(rank).scalingColumns(by: roots))
    var fit = try MatrixCompleter().finished(
      entries, model,
      MaskReport(of: entries, rank: rank, fit: (left: model.rowFactor, right: model.columnFactor)),
      isExact: false, iterations: iterations, outcome: outcome)
    fit.trainingError = trainingError
    fit.singularValues = singularValues
    fit.holdoutError = holdoutError
    fit.dualityGap = dualityGap
    return fit
  }
}
