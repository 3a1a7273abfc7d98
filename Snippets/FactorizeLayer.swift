// How do I make a trained layer deeper, or smaller?

import DeepLinear

var generator = SeededGenerator(seed: 1)
let weight = Matrix.random(
  singularValues: [8, 4, 2, 0.1, 0.1], rowCount: 10, columnCount: 5, using: &generator)

// Three balanced layers that act as the one did.
let deep = try LayerFactorizer(depth: 3).fit(weight)
let (product, _) = LayerFactorizer.collapse(deep.factors, biases: [nil, nil, nil])
precondition((product - weight).frobeniusNorm < 1e-13 * weight.frobeniusNorm)

// Two layers that keep 99 % of the energy.
let small = try LayerFactorizer(rank: .energy(0.99)).fit(weight)
print("rank \(small.rank): \(small.parameterCount) numbers for \(weight.count)")
precondition(small.rank == 3 && small.parameterCount < weight.count)
