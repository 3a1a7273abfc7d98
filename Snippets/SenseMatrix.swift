// How do I find a matrix from measurements aᵀWb?

import DeepLinear

var generator = SeededGenerator(seed: 1)
let truth = Matrix.lowRank(rowCount: 30, columnCount: 20, rank: 2, using: &generator)

// 96 degrees of freedom, 160 measurements.
let measurements = try LinearMeasurements(
  left: .gaussian(rowCount: 160, columnCount: 30, using: &generator),
  right: .gaussian(rowCount: 160, columnCount: 20, using: &generator))
let fit = try MatrixSensor().fit(measurements, values: measurements.values(of: truth))

print("rank \(fit.rank), exact: \(fit.isExact)")
precondition(fit.isExact && fit.rank == 2)
precondition((fit.matrix() - truth).frobeniusNorm < 1e-9 * truth.frobeniusNorm)
