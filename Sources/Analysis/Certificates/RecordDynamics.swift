import Dynamics
import LinearAlgebra
import LinearNetworks

/// Recorded points follow from the start, and from one another, by the dynamics that are said to have made them.
///
/// Where a closed form applies whose hypotheses hold to rounding, every point is compared with it. Elsewhere the
/// network is followed again, from each recorded set of layers to the next or, where none are recorded, from the
/// start; steps of a descent are taken again.
///
/// No integration is exact, and small errors may grow. What may differ is measured, not assumed: beside each path
/// two others are followed that are disturbed again and again by what a step of the record may be off, and one as
/// loosely as the record was and read between two steps, as a record is; ten times their largest distance is allowed,
/// and what the accuracy of the record means: each layer may be off by that share of its size, and so W by
/// ε Σ_j ‖W_j‖_F Π_{i≠j} ‖W_i‖₂. For a closed form the
/// disturbance is one of time, t (1 ± ε), which moves the logarithm of every size by ε times what it has grown. A
/// bound that allows more than a tenth of what it bounds counts as not measured.
///
/// - SeeAlso: Theorem 1 of [cohenRazin] for the flow of the end-to-end matrix.
public enum RecordDynamics {
  static let claim = "the record follows its dynamics"
  static let source = "closed form, or an integration of its own"
  /// What is allowed of a record over what was seen of disturbed paths.
  static let room = 10.0

  /// The certificate of a finished run.
  ///
  /// - Parameters:
  ///   - run: what was run, from where, and what was recorded of it.
  ///   - work: floating-point operations that may be spent, roughly.
  public static func certificate(for run: CertifiedRun, work: Double = 2e10) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    if case .other(let words) = run.motion {
      return excluded("needs dynamics that can be followed again, and this is \(words)")
    }
    if case .regularizedFlow(startsBalanced: false, imbalance: nil) = run.motion {
      return excluded("needs the imbalance Λ that is asked for")
    }
    if let certificate = try closedForm(for: run) { return certificate }
    guard let follower = Follower(run, work: work) else {
      return excluded("needs a network that these dynamics can move")
    }
    let bounds = try follower.bounds()
    guard !bounds.isEmpty || run.snapshots.isEmpty else {
      return excluded(
        "following it again takes more than \(work / 1e9) billion operations")
    }
    return Certificate(
      claim: claim, source: follower.words, hypotheses: [], bounds: bounds)
  }

  /// Bounds on the distance of a recorded point from where it should be.
  ///
  /// - Parameter disturbed: the same point on disturbed paths.
  static func bounds(
    _ point: Snapshot, _ run: CertifiedRun, expected: FollowedPoint, disturbed: [FollowedPoint]
  ) throws -> [Certificate.Bound] {
    var bounds: [Certificate.Bound] = []
    let ε = run.accuracy
    func add(_ what: String, _ distance: Double, spread: Double, scale: Double, floor: Double) {
      let limit = room * spread + floor
      guard !limit.isNaN else { return }
      bounds.append(
        .init(
          what, .upper, limit, time: point.time, measured: distance,
          isInformative: point.time > 0 && limit < 0.1 * scale))
    }
    let w = expected.endToEnd
    let δ = ε * max(w.frobeniusNorm, expected.layerScale)
    if let recorded = try point.endToEnd ?? run.layers(at: point).map(run.endToEnd) {
      let scale = max(w.maxAbsolute, recorded.maxAbsolute)
      add(
        "distance of W from where it should be", (recorded - w).maxAbsolute,
        spread: disturbed.map { ($0.endToEnd - w).maxAbsolute }.reduce(0, Self.larger),
        scale: scale, floor: max(ε * scale, δ))
    } else if let recorded = point.singularValues {
      let values = try w.singularValues()
      func distance(_ others: [Double]) -> Double {
        zip(others, values).map { abs($0 - $1) }.reduce(0, Self.larger)
      }
      let scale = max(values.first ?? 0, recorded.first ?? 0)
      add(
        "distance of the singular values from where they should be", distance(recorded),
        spread: try disturbed.map { distance(try $0.endToEnd.singularValues()) }
          .reduce(0, Self.larger),
        scale: scale, floor: max(ε * scale, δ))
    }
    let terms = run.lossScale(at: w)
    add(
      "distance of the loss from where it should be", abs(point.loss - expected.loss),
      spread: disturbed.map { abs($0.loss - expected.loss) }.reduce(0, Self.larger),
      scale: terms,
      floor: 1e-12 * (terms + abs(expected.loss)) + δ * run.objective.gradient(at: w).frobeniusNorm
        + 0.5 * δ * δ * (run.objective.smoothness ?? 0))
    return bounds
  }

  /// The larger of two, or what is not a number.
  private static func larger(_ a: Double, _ b: Double) -> Double {
    a.isNaN || b.isNaN ? .nan : max(a, b)
  }

  // MARK: Closed forms

  private static func closedForm(for run: CertifiedRun) throws -> Certificate? {
    let start: ExactSolutions.Start
    switch (run.motion, run.start) {
    case (.flow, _): start = run.start
    case (.endToEndFlow, .layered), (.regularizedFlow(startsBalanced: true, _), .layered):
      guard case .met(let network) = try run.flowingLayers() else { return nil }
      start = .layered(network)
    default: return nil
    }
    let widest = run.startWeights.map { max($0.rowCount, $0.columnCount) }.max() ?? 1
    let times = run.snapshots.map(\.time)
    guard !times.isEmpty else { return nil }
    func solve(at times: [Double]) throws -> ExactSolution? {
      do {
        return try ExactSolutions.solve(
          objective: run.objective, from: start, at: times, quantities: [.endToEnd],
          tolerance: 1e-13 * Double(widest))
      } catch is NoExactSolution {
        return nil
      }
    }
    guard let solution = try solve(at: times),
      let early = try solve(at: times.map { $0 * (1 - run.accuracy) }),
      let late = try solve(at: times.map { $0 * (1 + run.accuracy) })
    else { return nil }
    func points(_ solution: ExactSolution) -> [FollowedPoint] {
      solution.trajectory.snapshots.map { FollowedPoint(endToEnd: $0.endToEnd!, loss: $0.loss) }
    }
    var bounds: [Certificate.Bound] = []
    let (expected, disturbed) = (points(solution), [points(early), points(late)])
    for (k, point) in run.snapshots.enumerated() {
      bounds += try Self.bounds(
        point, run, expected: expected[k], disturbed: disturbed.map { $0[k] })
    }
    return Certificate(
      claim: claim, source: "closed form: \(solution.method.title)", hypotheses: [],
      bounds: bounds)
  }
}

/// Where a path that is followed again has come.
struct FollowedPoint {
  var endToEnd: Matrix
  var loss: Double
  /// How far W moves, at most, when each layer moves by its own size: Σ_j ‖W_j‖_F Π_{i≠j} ‖W_i‖₂. That of balanced
  /// layers is N times ‖W‖, at most.
  var layerScale = 0.0
}
