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
    var result: [Certificate] = []
    if run.trajectory != nil {
      result = [
        try RecordConsistency.certificate(for: run), try RecordDynamics.certificate(for: run),
      ]
    }
    result += [
      MonotoneLoss.certificate(for: run),
      try BalanceConservation.certificate(for: run),
      try MarginConservation.certificate(for: run),
      try LossRate.certificate(for: run),
      try LinearConvergence.certificate(for: run),
      try LinearModelConvergence.certificate(for: run),
      try ImbalanceRate.certificate(for: run),
      try SymmetricConvergence.certificate(for: run),
      try ImbalancedConvergence.certificate(for: run),
      try FactorizationRates.certificate(for: run),
      try DescentConvergence.certificate(for: run),
      try TwoLayerDescentBounds.certificate(for: run),
      try PhaseSeparation.certificate(for: run),
      try SequentialLearning.certificate(for: run),
      try PerturbedModesBound.certificate(for: run),
      try SingularValueSpeed.certificate(for: run),
      try SingularValueReach.certificate(for: run),
      try RankConservation.certificate(for: run),
      try NormDivergence.certificate(for: run),
    ]
    return result.map { $0.allowing(accuracy: run.accuracy) }
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
