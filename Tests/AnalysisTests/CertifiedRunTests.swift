import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

/// All certificates at once, as they are made for a run: on 1,000 random flows and 1,000 random descents none is
/// violated, and each applies often.
@Suite struct CertifiedRunTests {
  @Test func flowsRespectEveryCertificate() throws {
    var generator = SeededGenerator(seed: 11)
    var holding: [String: Int] = [:]
    for trial in 0..<1000 {
      let (problem, network) = try CertificateTests.problem(
        trial, depth: trial % 5 < 2 ? 2 : nil, using: &generator)
      let solution = try ExactSolutions.solve(
        problem, from: .layered(network), at: [0, 0.1, 1, 3],
        quantities: Set(Recording.Quantity.allCases))
      let run = try CertifiedRun(
        objective: Self.objective(of: problem), from: .layered(network), moving: .flow,
        recorded: solution.trajectory)
      for certificate in try Certificates.all(for: run) {
        #expect(
          certificate.verdict != .violated,
          "\(trial) \(certificate.claim): \(certificate.violations)")
        if certificate.verdict == .holds { holding[certificate.claim, default: 0] += 1 }
      }
    }
    for claim in ["loss never rises", "conservation of balance", "the record agrees with itself"] {
      #expect(holding[claim] == 1000, "\(claim): \(holding[claim, default: 0])")
    }
    for claim in [
      "linear convergence", "singular values stay above the margin", "loss rate",
      "convergence of the modes of two layers",
    ] {
      #expect(holding[claim, default: 0] > 300, "\(claim): \(holding[claim, default: 0])")
    }
  }

  @Test func descentsRespectEveryCertificate() throws {
    var generator = SeededGenerator(seed: 12)
    var holding: [String: Int] = [:]
    for trial in 0..<1000 {
      // Every fifth start is near white data's optimum and its step tiny, as Remark 2 wants it.
      let isNear = trial % 5 == 0
      let (problem, network) = try CertificateTests.problem(
        isNear ? 3 * trial : trial, depth: isNear ? nil : 2, using: &generator)
      let white = try DescentConvergence(of: network, for: problem)
      let σ = try problem.crossCovariance.singularValues()[0]
      let stepSize = isNear ? 0.9 * white.largestStep : 0.45 / σ * generator.nextUniform()
      guard stepSize > 0 else { continue }
      var layers = network.layers
      var points: [Snapshot] = []
      for step in 0...20 {
        if step % 5 == 0 {
          let now = try LinearNetwork(layers: layers)
          points.append(
            Snapshot(
              of: now, time: Double(step), loss: problem.loss(at: now.endToEnd()),
              quantities: [.layers, .endToEnd, .singularValues, .unbalancedness]))
        }
        let slopes = layeredFlow(layers, gradient: problem.gradient)
        for j in layers.indices { layers[j].add(slopes[j], scaledBy: stepSize) }
      }
      let run = try CertifiedRun(
        objective: Self.objective(of: problem), from: .layered(network),
        moving: .descent(stepSize: stepSize),
        recorded: Trajectory(
          snapshots: points, outcome: .converged, finalNetwork: network, stepCount: 20))
      for certificate in try Certificates.all(for: run) {
        #expect(
          certificate.verdict != .violated,
          "\(trial) \(certificate.claim): \(certificate.violations)")
        if certificate.verdict == .holds { holding[certificate.claim, default: 0] += 1 }
      }
    }
    for claim in ["convergence of descent", "two-sided bounds of descent"] {
      #expect(holding[claim, default: 0] > 100, "\(claim): \(holding[claim, default: 0])")
    }
  }

  /// Whatever the loss, integrated flows conserve the balance and never rise, up to what their tolerance allows.
  @Test func integratedFlowsOfEveryLossAreMonotoneAndConserveBalance() throws {
    var generator = SeededGenerator(seed: 13)
    for trial in 0..<60 {
      let x = Matrix.gaussian(rowCount: 8, columnCount: 3, using: &generator)
      let y = Matrix.gaussian(rowCount: 8, columnCount: 2, using: &generator)
      let signs = Matrix(
        rowCount: 8, columnCount: 2, elements: y.elements.map { $0 > 0 ? 0.9 : 0.1 })
      let network = LinearNetwork.gaussian(
        widths: [3, 3, 2], standardDeviation: 0.5, using: &generator)
      let tolerance = trial % 2 == 0 ? 1e-6 : 1e-9
      func check(_ objective: some Objective) throws {
        let result = GradientFlow(
          until: 5, steps: .adaptive(relativeTolerance: tolerance),
          recording: .at([0, 0.5, 2, 5], of: Set(Recording.Quantity.allCases))
        ).run(objective, from: network)
        let run = CertifiedRun(
          objective: objective, from: .layered(network), moving: .flow, accuracy: 100 * tolerance,
          recorded: result.trajectory)
        let certificates = try Certificates.all(for: run)
        for claim in ["loss never rises", "conservation of balance"] {
          let certificate = try #require(certificates.first { $0.claim == claim })
          #expect(certificate.verdict == .holds, "\(claim): \(certificate.violations)")
        }
        #expect(!certificates.contains { $0.verdict == .violated })
      }
      try check(PowerObjective(inputs: x, targets: y, power: 4))
      try check(SigmoidObjective(inputs: x, targets: signs))
      try check(
        CompletionObjective(ObservedEntries(notNaN: Matrix(rows: [[1, .nan, 2], [.nan, 1, 0]]))))
    }
  }

  /// What a certificate is not about is said in words, never passed over.
  @Test func everyMotionHasAllCertificates() throws {
    let network = LinearNetwork.identity(widths: [2, 2, 2], scale: 0.5)
    let objective = FactorizationObjective(.identity(2))
    let motions: [CertifiedRun.Motion] = [
      .flow, .endToEndFlow, .regularizedFlow(startsBalanced: true),
      .regularizedFlow(startsBalanced: false), .descent(stepSize: 0.1), .other("a walk"),
    ]
    for start in [ExactSolutions.Start.layered(network), .symmetric(factor: .identity(2))] {
      for motion in motions {
        let certificates = try Certificates.all(
          for: CertifiedRun(objective: objective, from: start, moving: motion))
        #expect(certificates.count == 19)
        #expect(Set(certificates.map(\.claim)).count == 19)
        for certificate in certificates where certificate.verdict == .notApplicable {
          #expect(certificate.exclusion != nil || !certificate.failing.isEmpty)
        }
      }
    }
  }

  private static func objective(of problem: QuadraticProblem) throws -> any Objective {
    switch problem {
    case .factorization(let target): FactorizationObjective(target)
    case .regression(let x, let yx, _):
      try RegressionObjective(inputCovariance: x, crossCovariance: yx)
    }
  }
}
