// How do I check which theorems apply to my problem, and whether a run keeps to them?

import DeepLinear

let network = LinearNetwork.identity(widths: [3, 3, 3], scale: 0.9)
let objective = FactorizationObjective(.diagonal([1.2, 1.1, 1]))
let flow = GradientFlow(
  until: 5, steps: .adaptive(relativeTolerance: 1e-10),
  recording: .at([0, 1, 2, 5], of: [.singularValues, .endToEnd, .layers])
).run(objective, from: network)

let run = CertifiedRun(
  objective: objective, from: .layered(network), moving: .flow, accuracy: 1e-8,
  recorded: flow.trajectory)
let certificates = try Certificates.all(for: run)
for certificate in certificates where certificate.verdict != .notApplicable {
  print(certificate.claim, certificate.verdict)
}
precondition(certificates.contains { $0.verdict == .holds })
precondition(!certificates.contains { $0.verdict == .violated })
