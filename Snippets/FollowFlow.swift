// How do I follow gradient flow, and compare it with a closed form?

import DeepLinear

let network = LinearNetwork.identity(widths: [3, 3, 3], scale: 0.01)
let objective = FactorizationObjective(.diagonal([3, 2, 1]))
let times = [0.0, 1, 2, 4, 8]

let flow = GradientFlow(
  until: 8, steps: .adaptive(relativeTolerance: 1e-10),
  recording: .at(times, of: [.singularValues])
).run(objective, from: network)
let exact = try ExactSolutions.solve(
  objective: objective, from: .layered(network), at: times, quantities: [.singularValues])!

// Of the strongest component, w(t) = σ / (1 + (σ/w₀ − 1) e^{−2σt}).
for (followed, known) in zip(flow.singularValues, exact.trajectory.singularValues) {
  print(followed, known)
  precondition(zip(followed, known).allSatisfy { abs($0 - $1) <= 1e-7 * $1 })
}
