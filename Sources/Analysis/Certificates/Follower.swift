import Dynamics
import LinearAlgebra
import LinearNetworks

/// Follows a run again, beside two disturbed paths; see ``RecordDynamics``.
struct Follower {
  /// How the weights move on: by time, or by steps.
  private enum Stepping {
    case flow(tolerance: Double)
    case descent(Descent)
  }

  /// What of the state there is: layers, U, or W alone.
  private enum State { case layers, factor, endToEnd }

  private let run: CertifiedRun
  private let stepping: Stepping
  private let kind: State
  private let budget: Double
  let words: String

  /// Nil for dynamics that do not move this kind of network.
  init?(_ run: CertifiedRun, work: Double) {
    self.run = run
    kind = run.isSymmetric ? .factor : run.followsEndToEnd ? .endToEnd : .layers
    budget = work
    switch run.motion {
    case .flow, .endToEndFlow, .regularizedFlow:
      stepping = .flow(tolerance: max(1e-13, min(1e-3 * run.accuracy, 1e-6)))
      words = "an integration of its own, a thousand times as accurate as the record is said to be"
    case .descent(let stepSize):
      stepping = .descent(Descent(stepSize: stepSize, stepLimit: 0))
      words = "the same steps, taken again"
    case .steps(let descent, _, _):
      stepping = .descent(descent)
      words = "the same steps, taken again"
    case .other: return nil
    }
    if run.isSymmetric {
      switch run.motion {
      case .flow, .descent: break
      case .steps(_, onEndToEnd: false, _): break
      default: return nil
      }
    }
  }

  /// Bounds at every recorded point that can be reached with the work allowed.
  func bounds() throws -> [Certificate.Bound] {
    switch stepping {
    case .flow(let tolerance):
      if !run.isSymmetric, case .met(let network) = try run.flowingLayers(), network.isBalanced {
        try balancedBounds(tolerance, from: network)
      } else {
        try flowBounds(tolerance)
      }
    case .descent(let descent): try descentBounds(descent)
    }
  }

  // MARK: Flows of balanced layers

  // Recorded layers hold a singular value only to rounding of the largest one, so that nothing is followed from them:
  // the whole path is, from the start, in coordinates that keep all singular values. It is disturbed by (1 + E) W₀ (1 + F),
  // which keeps rank and balance and changes every singular value by its own share.

  private func balancedBounds(
    _ tolerance: Double, from network: LinearNetwork
  ) throws -> [Certificate.Bound] {
    let times = run.snapshots.map(\.time)
    guard let last = times.last else { return [] }
    var generator = SeededGenerator(seed: 0)
    var spent = 0.0
    func path(_ network: LinearNetwork, _ tolerance: Double, until end: Double) -> [FollowedPoint] {
      let limit = (budget - spent) / (40 * workOfEvaluation)
      guard limit >= 1 else { return [] }
      let result = Self.follow(
        GradientFlow(
          until: end, steps: .adaptive(relativeTolerance: tolerance),
          stepLimit: Int(min(limit, 1e9)), recording: .at(times, of: [.endToEnd])),
        run.objective, from: network)
      spent +=
        Double(result.cost.evaluations + 2 * result.cost.jacobianProducts) * workOfEvaluation
      return result.trajectory.snapshots.prefix { $0.time <= last }.prefix(times.count).map {
        FollowedPoint(endToEnd: $0.endToEnd!, loss: $0.loss)
      }
    }
    let start = network.endToEnd()
    let hidden = Array(network.widths.dropFirst().dropLast())
    func disturbed() throws -> LinearNetwork {
      var (left, right) = (
        Matrix.identity(start.rowCount), Matrix.identity(start.columnCount)
      )
      disturb(&left, by: 0.1 * run.accuracy, using: &generator)
      disturb(&right, by: 0.1 * run.accuracy, using: &generator)
      return try .balanced(endToEnd: left * start * right, hiddenWidths: hidden)
    }
    let base = path(network, tolerance, until: last)
    var others = [path(network, 0.01 * run.accuracy, until: last == 0 ? 0 : 1.01 * last)]
    for _ in 0..<2 { others.append(path(try disturbed(), tolerance, until: last)) }
    var bounds: [Certificate.Bound] = []
    for (k, point) in run.snapshots.enumerated() {
      guard k < base.count, others.allSatisfy({ k < $0.count }) else { break }
      bounds += try RecordDynamics.bounds(
        point, run, expected: base[k], disturbed: others.map { $0[k] })
    }
    return bounds
  }

  private static func follow(
    _ flow: GradientFlow, _ objective: some Objective, from network: LinearNetwork
  ) -> FlowResult {
    flow.run(objective, from: network)
  }

  private func disturb(
    _ matrix: inout Matrix, by share: Double, using generator: inout SeededGenerator
  ) {
    var all = [matrix]
    disturb(&all, by: share, using: &generator)
    matrix = all[0]
  }

  // MARK: Other flows

  /// One path: its weights, and what was last seen of it.
  private struct Path {
    var weights: [Matrix]
    var point: FollowedPoint
    var isAlive = true
  }

  private func flowBounds(_ tolerance: Double) throws -> [Certificate.Bound] {
    var bounds: [Certificate.Bound] = []
    var generator = SeededGenerator(seed: 0)
    var spent = 0.0
    var base = Path(weights: startState, point: FollowedPoint(endToEnd: .identity(1), loss: 0))
    // Two disturbed ones, and one followed as loosely as the record was.
    var others = [base, base]
    var loose = base
    var time = 0.0
    let parts = min(8, max(1, 64 / max(1, run.snapshots.count)))
    for point in run.snapshots {
      let duration = point.time - time
      if duration > 0 {
        move(&base, by: duration, tolerance, &spent)
        for k in others.indices {
          for _ in 0..<parts {
            disturb(&others[k].weights, by: 0.02 * run.accuracy, using: &generator)
            move(&others[k], by: duration / Double(parts), tolerance, &spent)
          }
        }
        move(&loose, by: duration, 0.01 * run.accuracy, &spent, isInterpolated: true)
        guard base.isAlive, loose.isAlive, others.allSatisfy(\.isAlive) else { return bounds }
        bounds += try RecordDynamics.bounds(
          point, run, expected: base.point, disturbed: (others + [loose]).map(\.point))
        time = point.time
      }
      if let weights = try recorded(point) {
        base.weights = weights
        others = [base, base]
        loose = base
      }
    }
    return bounds
  }

  /// The weights that were recorded, as the equation has them.
  private func recorded(_ point: Snapshot) throws -> [Matrix]? {
    switch kind {
    case .layers: point.layers
    case .factor: point.layers.map { [$0[0]] }
    case .endToEnd: point.endToEnd.map { [$0] }
    }
  }

  private var startState: [Matrix] {
    kind == .endToEnd ? [run.startEndToEnd] : run.startWeights
  }

  /// - Parameter isInterpolated: whether the point is read between two steps, as a record is, not at the end of one.
  private func move(
    _ path: inout Path, by duration: Double, _ tolerance: Double, _ spent: inout Double,
    isInterpolated: Bool = false
  ) {
    guard path.isAlive else { return }
    let limit = (budget - spent) / (30 * workOfEvaluation)
    guard limit >= 1 else {
      path.isAlive = false
      return
    }
    let flow = GradientFlow(
      until: isInterpolated ? 1.37 * duration : duration,
      steps: .adaptive(relativeTolerance: tolerance), stepLimit: Int(min(limit, 1e9)),
      recording: .at(isInterpolated ? [duration] : [], of: [.layers]))
    let result = Self.follow(flow, makeEquation(path.weights))
    spent +=
      Double(result.cost.evaluations + 2 * result.cost.jacobianProducts) * workOfEvaluation
    guard let end = result.trajectory.snapshots.first, end.time == duration, end.loss.isFinite,
      let layers = end.layers
    else {
      path.isAlive = false
      return
    }
    path.weights = kind == .factor ? [layers[1]] : layers
    path.point = FollowedPoint(
      endToEnd: run.endToEnd(of: path.weights), loss: end.loss,
      layerScale: layerScale(of: path.weights))
  }

  private func layerScale(of weights: [Matrix]) -> Double {
    let factors = kind == .factor ? [weights[0], weights[0]] : weights
    let norms = factors.map { (try? $0.singularValues().first) ?? .nan }
    return factors.indices.reduce(0) { sum, j in
      sum
        + norms.indices.reduce(factors[j].frobeniusNorm) { $1 == j ? $0 : $0 * norms[$1] }
    }
  }

  private static func follow(_ flow: GradientFlow, _ equation: some FlowEquation) -> FlowResult {
    flow.run(equation)
  }

  // MARK: Descents

  /// The whole descent again, and twice from a start disturbed by a little more than rounding.
  private func descentBounds(_ descent: Descent) throws -> [Certificate.Bound] {
    let counts = run.snapshots.map { Int($0.time) }.filter { $0 > 0 }
    let affordable = Int(min(1e9, budget / (3 * workOfEvaluation)))
    guard let last = counts.last(where: { $0 <= affordable }) else { return [] }
    var settings = descent
    settings.stepLimit = last
    settings.targetLoss = nil
    settings.recording = Recording(.at(Set(counts)), of: [.endToEnd])
    var generator = SeededGenerator(seed: 0)
    let paths = (0..<3).map { k in
      var weights = startState
      if k > 0 { disturb(&weights, by: 1e-13, using: &generator) }
      let trajectory = Self.descend(settings, makeEquation(weights))
      return Dictionary(
        trajectory.snapshots.map {
          ($0.time, FollowedPoint(endToEnd: $0.endToEnd!, loss: $0.loss))
        }, uniquingKeysWith: { first, _ in first })
    }
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots where point.time > 0 {
      let found = paths.compactMap { $0[point.time] }
      guard found.count == paths.count else { continue }
      bounds += try RecordDynamics.bounds(
        point, run, expected: found[0], disturbed: Array(found.dropFirst()))
    }
    return bounds
  }

  private static func descend(_ descent: Descent, _ equation: some FlowEquation) -> Trajectory {
    descent.run(equation)
  }

  // MARK: Equations

  private func makeEquation(_ weights: [Matrix]) -> any FlowEquation {
    Self.equation(run.objective, kind, weights, run)
  }

  private static func equation(
    _ objective: some Objective, _ kind: State, _ weights: [Matrix], _ run: CertifiedRun
  ) -> any FlowEquation {
    switch kind {
    case .endToEnd: return EndToEndFlow(objective, depth: run.depth, from: weights[0])
    case .factor: return SymmetricFlow(objective, from: SymmetricNetwork(factor: weights[0]))
    case .layers:
      var network = LinearNetwork(
        zerosOfWidths: [weights[0].columnCount] + weights.map(\.rowCount))
      network.layers = weights
      if case .regularizedFlow(startsBalanced: false, let imbalance?) = run.motion {
        return RegularizedFlow(objective, imbalance: imbalance, from: network)
      }
      return NetworkFlow(EndToEndLoss(objective, widths: network.widths), from: network)
    }
  }

  /// Adds to each matrix noise of this size relative to it along any one direction of its smaller side.
  private func disturb(
    _ weights: inout [Matrix], by share: Double, using generator: inout SeededGenerator
  ) {
    for j in weights.indices {
      let noise = Matrix.gaussian(
        rowCount: weights[j].rowCount, columnCount: weights[j].columnCount, using: &generator)
      let side = Double(min(noise.rowCount, noise.columnCount))
      let size = weights[j].frobeniusNorm * share * side.squareRoot()
      let norm = noise.frobeniusNorm
      if size > 0, norm > 0 { weights[j].add(noise, scaledBy: size / norm) }
    }
  }

  /// Operations of one evaluation of the velocity, roughly.
  private var workOfEvaluation: Double {
    let layers = run.startWeights
    var products = layers.reduce(0.0) { $0 + Double($1.count) }
    let width = layers.map { max($0.rowCount, $0.columnCount) }.max() ?? 1
    products *= 6 * Double(width)
    if kind == .endToEnd { products *= 10 }
    let outputs = run.objective.outputCount
    let loss: Int
    switch run.objective {
    case let samples as any PredictionObjective: loss = 4 * samples.inputs.count * outputs
    case let sensing as SensingObjective: loss = 4 * sensing.measurements.count
    default: loss = 4 * outputs * run.objective.inputCount * run.objective.inputCount
    }
    return products + Double(loss) + 5_000
  }
}

extension CertifiedRun {
  /// Whether the state of the dynamics is the end-to-end matrix.
  fileprivate var followsEndToEnd: Bool {
    switch motion {
    case .endToEndFlow: true
    case .steps(_, let onEndToEnd, _): onEndToEnd
    default: false
    }
  }

  /// The number of layers.
  fileprivate var depth: Int {
    if case .layered(let network) = start { network.depth } else { 2 }
  }
}
