public import Dynamics
import LinearAlgebra
import LinearNetworks
import Synchronization

/// What must be true of every place where batches of networks are advanced: one suite for all, run by the tests and,
/// where there is a GPU, by `accelerator-check`.
public enum BatchBackendCheck: String, CaseIterable, Sendable {
  /// Each network ends where its own descent ends, but for the rounding of sums.
  case agreement
  /// Networks end where they diverge, arrive or reach the limit.
  case ends
  /// The bits depend neither on the run nor on the networks beside.
  case company
  /// What is recorded, and when.
  case recording
  /// An interrupt ends all where they are.
  case interruption
  /// A network alone ends where its own descent ends, at the limit, at a loss or where it diverges.
  case alone

  /// The widths of the networks of a check of ``agreement``: square and not, narrow in the middle, of depths 2 to 6.
  static let shapes = [
    [3, 3, 3], [2, 5, 4], [7, 6, 13, 5], [9, 9, 9, 9, 9], [50, 51, 49], [20, 3, 2, 3, 20, 20, 11],
    [33, 40, 12, 38], [100, 97, 100, 99],
  ]

  /// What is not as it should be; empty where all is well.
  public func failures(of backend: any BatchBackend) throws -> [String] {
    switch self {
    case .agreement: try agreement(of: backend)
    case .ends: try ends(of: backend)
    case .company: try company(of: backend)
    case .recording: try recording(of: backend)
    case .interruption: try interruption(of: backend)
    case .alone: try alone(of: backend)
    }
  }

  private func agreement(of backend: any BatchBackend) throws -> [String] {
    var failures: [String] = []
    for isCompletion in [false, true] {
      for (seed, widths) in Self.shapes.enumerated() {
        let batch = try BatchProblem(
          widths: widths, count: 11, isCompletion: isCompletion, seed: UInt64(seed)
        ).batch(steps: 0.001...0.004)
        let descent = Descent(stepSize: 1, stepLimit: 40, recording: Recording(.every(9)))
        guard backend.takes(batch, by: descent) else { continue }
        let own = SingleBackend().advance(batch, by: descent, threadCount: 1) { _ in .goOn }
        let result = backend.advance(batch, by: descent, threadCount: 1) { _ in .goOn }
        failures += Self.differences(
          result, own, size: 8 * Double(widths.max()!), "\(widths), completion \(isCompletion)")
      }
    }
    return failures
  }

  private func ends(of backend: any BatchBackend) throws -> [String] {
    let batch = try BatchProblem(widths: [3, 3, 3], count: 40, isCompletion: false, seed: 6)
      .batch { $0 % 5 == 0 ? 40 : $0 % 5 == 1 ? 1e-4 : 0.05 }
    let descent = Descent(stepSize: 1, stepLimit: 3000, targetLoss: 1e-6)
    let own = SingleBackend().advance(batch, by: descent, threadCount: 1) { _ in .goOn }
    let result = backend.advance(batch, by: descent, threadCount: 1) { _ in .goOn }
    return zip(result, own).enumerated().compactMap { index, pair in
      pair.0.outcome.kind == pair.1.outcome.kind && abs(pair.0.stepCount - pair.1.stepCount) <= 1
        ? nil
        : "network \(index) \(pair.0.outcome) after \(pair.0.stepCount), alone \(pair.1.outcome)"
          + " after \(pair.1.stepCount)"
    }
  }

  private func company(of backend: any BatchBackend) throws -> [String] {
    let batch = try BatchProblem(widths: [6, 5, 7], count: 21, isCompletion: true, seed: 3)
      .batch(steps: 0.5...1.5)
    let descent = Descent(
      stepSize: 1, stepLimit: 200, targetLoss: 1e-3, recording: .spectrum(every: 50))
    let all = backend.advance(batch, by: descent, threadCount: 1) { _ in .goOn }
    let again = backend.advance(batch, by: descent, threadCount: 3) { _ in .goOn }
    let reversed = NetworkBatch(
      batch.networks.reversed(), objectives: batch.objectives.reversed(),
      stepSizes: batch.stepSizes!.reversed())
    let backwards = backend.advance(reversed, by: descent, threadCount: 1) { _ in .goOn }
    let alone = NetworkBatch(
      [batch.networks[5]], objectives: [batch.objectives[5]], stepSizes: [batch.stepSizes![5]])
    let one = backend.advance(alone, by: descent, threadCount: 1) { _ in .goOn }
    var failures: [String] = []
    if again != all { failures.append("a second run has other bits") }
    if backwards != all.reversed() { failures.append("the bits depend on the order") }
    if one[0] != all[5] { failures.append("the bits depend on the networks beside") }
    return failures
  }

  private func recording(of backend: any BatchBackend) throws -> [String] {
    let batch = try BatchProblem(widths: [4, 5, 3], count: 5, isCompletion: false, seed: 11)
      .batch(steps: 0.01...0.02)
    let descent = Descent(
      stepSize: 1, stepLimit: 60,
      recording: Recording(.at([0, 3, 17]), of: [.layers, .singularValues]))
    let result = backend.advance(batch, by: descent, threadCount: 1) { _ in .goOn }
    let own = SingleBackend().advance(batch, by: descent, threadCount: 1) { _ in .goOn }
    var failures: [String] = []
    for (index, (a, b)) in zip(result, own).enumerated() {
      if a.times != [0, 3, 17, 60] {
        failures.append("network \(index) is recorded at \(a.times)")
      }
      if a.snapshots[0].layers != batch.networks[index].layers {
        failures.append("network \(index) is not recorded where it begins")
      }
      for (x, y) in zip(a.snapshots, b.snapshots) {
        let difference = zip(x.layers!, y.layers!).map { ($0 - $1).frobeniusNorm }.max()!
        if !(difference < 1e-12) || x.singularValues == nil {
          failures.append("network \(index) is off by \(difference) at step \(x.time)")
        }
      }
    }
    return failures
  }

  private func interruption(of backend: any BatchBackend) throws -> [String] {
    let batch = try BatchProblem(widths: [8, 8, 8], count: 64, isCompletion: true, seed: 2)
      .batch(steps: 1e-6...2e-6)
    let descent = Descent(stepSize: 1, stepLimit: 1_000_000_000)
    let calls = Mutex(0)
    let result = backend.advance(batch, by: descent, threadCount: 2) { _ in
      calls.withLock {
        $0 += 1; return $0 > 3 ? .interrupt : .goOn
      }
    }
    return result.enumerated().compactMap { index, run in
      run.outcome == .interrupted(atStep: run.stepCount)
        ? nil : "network \(index) \(run.outcome) instead of being interrupted"
    }
  }

  private func alone(of backend: any BatchBackend) throws -> [String] {
    var failures: [String] = []
    for (seed, widths) in [[3, 4, 5, 3], [51, 50, 52, 49], [100, 97, 99, 98]].enumerated() {
      for (step, targetLoss) in [(0.001, nil), (0.002, 0.99), (1e3, nil)] as [(Double, Double?)] {
        let batch = try BatchProblem(
          widths: widths, count: 1, isCompletion: true, seed: UInt64(seed)
        ).batch { _ in step * Double(widths[0] * widths[0]) / 2 }
        let start = batch.objectives[0].value(at: batch.networks[0].endToEnd())
        let descent = Descent(
          stepSize: 1, stepLimit: 40, targetLoss: targetLoss.map { $0 * start },
          recording: Recording(.every(9)))
        let own = SingleBackend().advance(batch, by: descent, threadCount: 1) { _ in .goOn }
        let result = backend.advance(batch, by: descent, threadCount: 1) { _ in .goOn }
        // Where it diverges rounding grows with the weights: only the end is the same.
        if case .diverged = own[0].outcome {
          if result[0].outcome.kind != "diverged" || abs(result[0].stepCount - own[0].stepCount) > 1
          {
            failures.append("\(widths): \(result[0].outcome), alone \(own[0].outcome)")
          }
        } else {
          failures += Self.differences(
            result, own, size: 8 * Double(widths.max()!), "\(widths) with step \(step)")
        }
      }
    }
    return failures
  }

  /// Sums in another order differ by rounding, which steps below the stable one do not enlarge beyond their number.
  private static func differences(
    _ left: [Trajectory], _ right: [Trajectory], size: Double, _ place: String
  ) -> [String] {
    guard left.count == right.count else { return ["\(place): \(left.count) trajectories"] }
    return zip(left, right).enumerated().compactMap { index, pair in
      let (a, b) = pair
      let tolerance = Double(a.stepCount + 1) * size * .ulpOfOne
      let isClose =
        a.outcome == b.outcome && a.stepCount == b.stepCount && a.times == b.times
        && zip(a.losses, b.losses).allSatisfy { abs($0 - $1) <= tolerance * (1 + abs($0)) }
        && zip(a.finalNetwork.layers, b.finalNetwork.layers).allSatisfy {
          ($0 - $1).frobeniusNorm <= tolerance * (1 + $0.frobeniusNorm)
        }
      return isClose ? nil : "\(place): network \(index) is not where its own descent is"
    }
  }
}
