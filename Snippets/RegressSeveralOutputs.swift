// How do I fit a regression whose outputs share a few components?

import DeepLinear

var generator = SeededGenerator(seed: 1)
let inputs = Matrix.gaussian(rowCount: 200, columnCount: 8, using: &generator)
let truth = Matrix.lowRank(rowCount: 6, columnCount: 8, rank: 2, using: &generator)
let noise = Matrix.gaussian(
  rowCount: 200, columnCount: 6, standardDeviation: 0.5, using: &generator)
let targets = inputs.timesTransposed(truth) + noise

// The rank comes from cross-validation; the path is what two trained layers would visit.
let fit = try ReducedRankRegressor(pathStepLimit: 5000).fit(inputs: inputs, targets: targets)

print("rank \(fit.rank), error on samples left out \(fit.validationError ?? 0)")
precondition(fit.rank == 2)
precondition((fit.predict(inputs) - targets).frobeniusNorm < 1.1 * noise.frobeniusNorm)
precondition(fit.path.last!.loss < fit.path.first!.loss)
