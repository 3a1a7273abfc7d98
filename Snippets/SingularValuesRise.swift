// Why does depth prefer low rank? Watch the singular values during descent from near zero: at depth 3 they
// rise one after another, at depth 1 together.

import DeepLinear

var generator = SeededGenerator(seed: 3)
let target = Matrix.random(
  singularValues: [4, 2, 1], rowCount: 10, columnCount: 10, using: &generator)
let everyEntry = try ObservedEntries(notNaN: target)

/// The step at which a singular value first passes half of its final value.
func halfRise(depth: Int, component: Int, final: Double) -> Int {
  let widths = [Int](repeating: 10, count: depth + 1)
  var start = SeededGenerator(seed: 4)
  var loss = EndToEndLoss(CompletionObjective(everyEntry), widths: widths)
  let run = GradientDescent(step: .fixed(0.5), stepLimit: 20_000, recording: .spectrum(every: 5))
    .run(&loss, from: .balanced(widths: widths, scale: 1e-4, using: &start))
  let point = run.snapshots.first { $0.singularValues![component] > final / 2 }
  return Int(point?.time ?? .infinity)
}

let shallow = (
  halfRise(depth: 1, component: 0, final: 4), halfRise(depth: 1, component: 2, final: 1)
)
let deep = (halfRise(depth: 3, component: 0, final: 4), halfRise(depth: 3, component: 2, final: 1))
print("depth 1: \(shallow), depth 3: \(deep)")

// At depth 1 all modes have one rate; at depth 3 the weakest waits for several times as long as the strongest.
precondition(shallow.1 <= 2 * shallow.0)
precondition(deep.1 >= 3 * deep.0)
