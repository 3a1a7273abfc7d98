import Dynamics
import LinearAlgebra
import LinearNetworks

extension Certificates {
  /// Every certificate for a run, those that do not apply with the reason.
  ///
  /// Before the run they hold hypotheses and bounds, afterwards what was measured too.
  ///
  /// - Throws: `DecompositionError` for numbers that are not finite.
  public static func all(for run: CertifiedRun) throws -> [Certificate] {
    var result = run.trajectory == nil ? [] : [try RecordConsistency.certificate(for: run)]
    result += [
      MonotoneLoss.certificate(for: run),
      try BalanceConservation.certificate(for: run),
      try MarginConservation.certificate(for: run),
      try LossRate.certificate(for: run),
      try LinearConvergence.certificate(for: run),
      try FactorizationRates.certificate(for: run),
      try DescentConvergence.certificate(for: run),
      try TwoLayerDescentBounds.certificate(for: run),
      try PhaseSeparation.certificate(for: run),
      try NormDivergence.certificate(for: run),
    ]
    return result.map { $0.allowing(accuracy: run.accuracy) }
  }
}

extension LinearConvergence {
  /// The certificate of a run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    let network: LinearNetwork
    switch try run.flowingLayers() {
    case .met(let layers): network = layers
    case .lacking(let words): return Certificate(claim: claim, source: source, excluded: words)
    }
    switch run.quadratic {
    case .met(let problem):
      return try LinearConvergence(of: network, for: problem)
        .certificate(along: run.trajectory, accuracy: run.accuracy)
    case .lacking(let words):
      // Strong convexity is what most other objectives lack, and for those it is known.
      guard let curvature = run.objective.strongConvexity, curvature <= 0 else {
        return Certificate(claim: claim, source: source, excluded: words)
      }
      return Certificate(
        claim: claim, source: source,
        hypotheses: [
          Hypothesis("strong convexity of the loss", measured: curvature, moreThan: 0)
        ], bounds: [])
    }
  }
}

extension DescentConvergence {
  /// The certificate of a run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    switch (run.descendingLayers(), run.quadratic) {
    case (.lacking(let words), _), (_, .lacking(let words)):
      return Certificate(claim: claim, source: source, excluded: words)
    case (.met((let network, let stepSize)), .met(let problem)):
      return try DescentConvergence(of: network, for: problem, stepSize: stepSize)
        .certificate(along: run.trajectory)
    }
  }
}

extension PhaseSeparation {
  /// The certificate of a run: descent on two layers whose singular vectors are those of the data.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    switch (run.descendingLayers(exactly: 2), run.quadratic) {
    case (.lacking(let words), _), (_, .lacking(let words)):
      return Certificate(claim: claim, source: source, excluded: words)
    case (.met((let network, let stepSize)), .met(let problem)):
      let (aligned, shared) = try AlignedModes.find(problem, network)
      let targets = aligned?.modes.map { abs($0.target) }.sorted(by: >) ?? []
      let separation = certificate(targets: targets, stepSize: stepSize)
      return Certificate(
        claim: claim, source: source, hypotheses: shared + separation.hypotheses, bounds: [])
    }
  }
}

extension LossRate {
  /// The certificate of a run, for any differentiable loss: at the points that recorded layers, or at the start
  /// before the run.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    let network: LinearNetwork
    switch try run.flowingLayers() {
    case .met(let layers): network = layers
    case .lacking(let words): return excluded(words)
    }
    let begin = Snapshot(time: 0, loss: 0, layers: network.layers)
    let points = run.trajectory.map { $0.snapshots.filter { $0.layers != nil } } ?? [begin]
    guard !points.isEmpty else { return excluded("needs recorded layers, and there are none") }
    return try certificate(at: points, on: LossLandscape(run.objective))
  }
}

extension NormDivergence {
  /// The certificate of a run, however it moves: at the points that recorded the end-to-end matrix.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    guard let completion = run.objective as? CompletionObjective, isCounterexample(completion)
    else {
      return excluded(
        "needs the completion of a 2×2 matrix with W₁₂ = W₂₁ = 1 and W₂₂ = 0 from these entries")
    }
    guard let trajectory = run.trajectory else {
      let w = run.startEndToEnd
      let begin = Snapshot(time: 0, loss: completion.value(at: w), endToEnd: w)
      return try certificate(at: [begin])
    }
    guard trajectory.snapshots.contains(where: { $0.endToEnd != nil }) else {
      return excluded("needs a recorded endToEnd, and there is none")
    }
    return try certificate(along: trajectory)
  }

  private static func isCounterexample(_ objective: CompletionObjective) -> Bool {
    let entries = objective.entries
    guard entries.rowCount == 2, entries.columnCount == 2, entries.count == 3 else { return false }
    let known = entries.dense(elsewhere: .nan)
    return known[0, 0].isNaN && known[0, 1] == 1 && known[1, 0] == 1 && known[1, 1] == 0
  }
}
