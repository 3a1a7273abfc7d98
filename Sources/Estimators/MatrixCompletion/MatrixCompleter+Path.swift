import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks

/// What follows the path of the network.
public enum CompletionPolish: String, Codable, CaseIterable, Equatable, Sendable {
  /// A fit in factored form at the rank that the path suggests.
  case auto
  /// Nothing: the network is trained until it meets the entries, and is the answer. What depth does is seen in it.
  case none
}

// Gradient descent brings every component up; once all have risen, what is left is stiff, and gradient flow with a
// stabilised method goes through it in a tenth of the steps.

extension MatrixCompleter {
  /// The network itself, trained on all entries; nothing is held out, and nothing is finished in factored form.
  ///
  /// Hidden layers are as wide as the matrix, up to ``widestPath``. Training ends at a mean square of 1e-9 of that of the
  /// entries.
  ///
  /// - SeeAlso: the tables of [arora2019implicit], whose networks are trained so.
  func pathFit(
    _ entries: ObservedEntries, unit: Double, _ isCancelled: @escaping (Double) -> Bool,
    using generator: inout SeededGenerator
  ) throws -> Fit {
    let (rowCount, columnCount) = (entries.rowCount, entries.columnCount)
    let normal = entries.replacingValues(entries.values.map { $0 / unit })
    var descent = PathDescent(
      rowCount: rowCount, columnCount: columnCount, depth: depth,
      width: width ?? min(Self.widestPath, rowCount, columnCount),
      initialScale: initialScale ?? Self.automaticScale, recordingInterval: recordingInterval,
      using: &generator)
    descent.endsOnPlateau = false
    // The flow works with whole matrices.
    let isFlowing = depth > 1 && rowCount * columnCount <= Self.largestFlowing
    let isWhole = descent.descend(
      normal, pattern: ObservedPattern(of: normal),
      untilMeanSquare: isFlowing ? Self.stiffMeanSquare : Self.metMeanSquare,
      stepLimit: Self.pathStepLimit
    ) { _, step, _ in
      isCancelled(0.7 * Double(step) / Double(Self.pathStepLimit)) ? .cancel : .goOn
    }
    var network = descent.network
    var steps = descent.stepCount
    var outcome = Outcome.converged
    if !isWhole {
      outcome = .interrupted(atStep: steps)
    } else if descent.isExhausted {
      outcome = .stepLimit(steps)
    } else if isFlowing {
      let run = GradientFlow(
        until: .infinity, method: .chebyshev, steps: .adaptive(relativeTolerance: 1e-3),
        targetLoss: Self.metMeanSquare / 2, stepLimit: 1000
      ).run(
        NetworkFlow(
          EndToEndLoss(CompletionObjective(normal), widths: network.widths), from: network)
      ) { isCancelled(0.7 + 0.3 * Double($0.step) / 1000) ? .interrupt : .goOn }
      network = run.trajectory.finalNetwork
      steps += run.trajectory.stepCount
      outcome = run.trajectory.outcome
    }
    var path = CompletionPath(points: descent.points)
    path.rescale(by: unit)
    return try finished(entries, network, unit: unit, steps: steps, outcome: outcome, path: path)
  }

  private func finished(
    _ entries: ObservedEntries, _ network: LinearNetwork, unit: Double, steps: Int,
    outcome: Outcome, path: CompletionPath
  ) throws -> Fit {
    let decomposition = try network.endToEndDecomposition()
    let values = decomposition.singularValues
    // What is below rounding of the largest is no component.
    let rank = values.prefix { $0 > 1e-14 * (values.first ?? 0) }.count
    let model = CompletionModel(
      rowFactor: decomposition.leftVectors.firstColumns(rank)
        .scalingColumns(by: values.prefix(rank).map { unit * $0 }),
      columnFactor: decomposition.rightVectors.firstColumns(rank))
    // The mask is judged at the rank of the components that have risen.
    let risen = SpectrumGap.candidates(values, limit: 1).first ?? min(rank, 1)
    let mask = MaskReport(
      of: entries, rank: risen,
      fit: (
        left: model.rowFactor.firstColumns(risen), right: model.columnFactor.firstColumns(risen)
      ))
    return try finished(
      entries, model, mask, isExact: false, iterations: steps, outcome: outcome, path: path)
  }

  /// Wider hidden layers are for those who ask for them.
  static let widestPath = 100
  private static let largestFlowing = 1_000_000
  private static let pathStepLimit = 5000
  /// Below this mean square all components have risen.
  private static let stiffMeanSquare = 1e-5
  /// At this mean square, in units of that of the entries, the path without a polish counts them as met.
  package static let metMeanSquare = 1e-9
}
