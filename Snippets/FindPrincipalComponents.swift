// How does a linear autoencoder find principal components?

import DeepLinear

var generator = SeededGenerator(seed: 1)
let samples = Matrix.gaussian(rowCount: 300, columnCount: 4, using: &generator)
  .scalingColumns(by: [3, 2, 1, 0.1])
let fit = try LinearAutoencoder(componentCount: 3).fit(samples)

// One after another, the strongest first.
let steps = fit.risingSteps.compactMap(\.self)
print("components rise at steps \(steps)")
precondition(steps.count == 3 && steps[0] < steps[1] && steps[1] < steps[2])
let error = try fit.spaceError()
precondition(error < 1e-4)
