import LinearAlgebra

/// The error of every rank on samples that were left out of the fit, fold by fold.
struct RegressionValidation {
  /// For ranks 0, 1, …: the mean over the folds of ½ the mean squared weighted residual of a sample, and the
  /// standard error of that mean.
  private(set) var mean: [Double]
  private(set) var standardError: [Double]
  /// The root mean square of the residuals of all elements.
  private(set) var rootMeanSquare: [Double]

  /// - Parameter observe: told the share of the folds done; false ends after the fold, of which there is at least
  ///   one.
  init(
    _ regressor: ReducedRankRegressor, foldCount: Int, inputs: Matrix, targets: Matrix,
    weightingRoot: Matrix?, largestRank: Int, using generator: inout SeededGenerator,
    observe: (Double) -> Bool
  ) throws(DecompositionError) {
    let order = generator.permutation(inputs.rowCount)
    var losses = [[Double]](repeating: [], count: largestRank + 1)
    var squares = [Double](repeating: 0, count: largestRank + 1)
    var elementCount = 0
    for fold in 0..<foldCount {
      let heldOut = order.indices.filter { $0 % foldCount == fold }.map { order[$0] }.sorted()
      let kept = order.indices.filter { $0 % foldCount != fold }.map { order[$0] }.sorted()
      let (x, y) = (inputs.selecting(rows: kept), targets.selecting(rows: kept))
      let scaling = RegressionScaling(regressor, inputs: x, targets: y)
      let solutions = try ReducedRankSolutions(
        inputs: scaling.scaled(x), targets: scaling.centred(y), weightingRoot: weightingRoot)
      let expected = scaling.centred(targets.selecting(rows: heldOut))
      elementCount += expected.count
      var last = (loss: 0.0, square: 0.0)
      solutions.forEachRank(of: scaling.scaled(inputs.selecting(rows: heldOut))) {
        rank, predicted in
        let residual = expected - predicted
        let weighted = weightingRoot.map { residual * $0 } ?? residual
        last.loss = weighted.inner(weighted) / (2 * Double(heldOut.count))
        last.square = residual.inner(residual)
        guard rank <= largestRank else { return }
        losses[rank].append(last.loss)
        squares[rank] += last.square
      }
      // A fold of fewer samples than inputs may not reach the highest ranks: they equal the last one.
      for rank in losses.indices where losses[rank].count < fold + 1 {
        losses[rank].append(last.loss)
        squares[rank] += last.square
      }
      if !observe(Double(fold + 1) / Double(foldCount)) { break }
    }
    mean = losses.map { $0.reduce(0, +) / Double($0.count) }
    standardError = zip(losses, mean).map { losses, mean in
      let count = Double(losses.count)
      let variance = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(count - 1, 1)
      return (variance / count).squareRoot()
    }
    rootMeanSquare = squares.map { ($0 / Double(elementCount)).squareRoot() }
  }

  /// The smallest rank whose error is within one standard error of the smallest.
  var rank: Int {
    let best = mean.indices.min { mean[$0] < mean[$1] } ?? 0
    return mean.indices.first { mean[$0] <= mean[best] + standardError[best] } ?? best
  }
}
