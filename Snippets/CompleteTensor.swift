// How do I fill in a tensor of which a tenth is known?

import DeepLinear

// A sum of two products of three vectors.
var generator = SeededGenerator(seed: 1)
let (a, b, c) = (
  Matrix.gaussian(rowCount: 15, columnCount: 2, using: &generator),
  Matrix.gaussian(rowCount: 15, columnCount: 2, using: &generator),
  Matrix.gaussian(rowCount: 15, columnCount: 2, using: &generator)
)
func truth(_ i: Int, _ j: Int, _ k: Int) -> Double {
  a[i, 0] * b[j, 0] * c[k, 0] + a[i, 1] * b[j, 1] * c[k, 1]
}
let places = generator.sample(400, below: 15 * 15 * 15)
let positions = places.map { [$0 / 225, $0 / 15 % 15, $0 % 15] }
let entries = try ObservedTensor(
  shape: [15, 15, 15], indices: positions.flatMap(\.self),
  values: positions.map { truth($0[0], $0[1], $0[2]) })

// Nobody says that there are two components.
let fit = try TensorCompleter().fit(entries)
print("components \(fit.ranks), exact: \(fit.isExact)")
precondition(fit.isExact && fit.ranks == [2])
precondition(abs(fit.value(at: [1, 2, 3]) - truth(1, 2, 3)) < 1e-9)
