import DeepLinear
import FoundationEssentials
import SweepStore

// Small descents of one shape go together in the lanes of the processor's registers. Their bits do not depend on which go
// together, but differ in rounding from those of each alone: so whatever can go together always does, one run included.

/// The runs of a sweep that one thread carries out together.
struct SweepBatch {
  private let plan: SweepPlan
  private let place: SweepPlace
  private let trajectories: String?
  private let isGoingOn: @Sendable () -> Bool

  init(
    _ plan: SweepPlan, on place: SweepPlace, keeping trajectories: String?,
    isGoingOn: @escaping @Sendable () -> Bool
  ) {
    self.plan = plan
    self.place = place
    self.trajectories = trajectories
    self.isGoingOn = isGoingOn
  }

  /// Carries out runs; those that were stopped are left out.
  func perform(_ tasks: [SweepTask]) -> [StoredRun] {
    var ended = [StoredRun?](repeating: nil, count: tasks.count)
    var together: [String: [(place: Int, spec: SimulationSpec)]] = [:]
    for (place, task) in tasks.enumerated() {
      guard isGoingOn() else { break }
      let start = ContinuousClock.now
      if plan.subject.job == Simulation.name,
        let spec = try? plan.subject.spec(
          plan.settings(of: plan.points[task.point]), seed: seed(of: task)),
        let shape = Self.shape(of: spec, on: self.place.backend)
      {
        together[shape, default: []].append((place, spec))
        continue
      }
      ended[place] = run(task, from: start) {
        try plan.subject.run(
          plan.settings(of: plan.points[task.point]), seed: seed(of: task),
          keeping: trajectories.map { "\($0)/\(seed(of: task)).npz" }, isGoingOn: isGoingOn)
      }
    }
    for group in together.values { descend(group, tasks, &ended) }
    return ended.compactMap(\.self)
  }

  /// Descents of one shape together.
  private func descend(
    _ group: [(place: Int, spec: SimulationSpec)], _ tasks: [SweepTask], _ ended: inout [StoredRun?]
  ) {
    let start = ContinuousClock.now
    let isGoingOn = isGoingOn
    let batch = NetworkBatch(
      group.map { $0.spec.layeredStart! }, objectives: group.map { $0.spec.objective.objective },
      stepSizes: group.map { $0.spec.dynamics.stepSize })
    let paths = place.backend.advance(batch, by: group[0].spec.descent, threadCount: 1) {
      _ in isGoingOn() ? .goOn : .interrupt
    }
    // Each has its share of the time.
    let share = (ContinuousClock.now - start) / group.count
    for (member, path) in zip(group, paths) where !path.outcome.wasInterrupted {
      let task = tasks[member.place]
      ended[member.place] = run(task, from: ContinuousClock.now - share) {
        try plan.subject.outcome(
          of: Simulation(plan.subject.source).result(
            of: member.spec, path: member.spec.path(of: path), in: plan.subject.context),
          keeping: trajectories.map { "\($0)/\(seed(of: task)).npz" })
      }
    }
  }

  private func seed(of task: SweepTask) -> UInt64 {
    plan.points[task.point].seed(base: plan.seed, replicate: task.replicate)
  }

  /// What is written down of a run; nil when it was stopped.
  private func run(
    _ task: SweepTask, from start: ContinuousClock.Instant, _ outcome: () throws -> SweepOutcome
  ) -> StoredRun? {
    let point = plan.points[task.point]
    var run = StoredRun(
      point: point.key, replicate: task.replicate, seed: seed(of: task), status: .done, seconds: 0,
      axes: point.values.map { value in value.number.map { .number($0) } ?? .text(value.text) },
      measures: [])
    do {
      let outcome = try outcome()
      run.measures = try plan.measures.map { try outcome.value(of: $0.kind) }
    } catch is JobInterrupted {
      return nil
    } catch {
      // One run that cannot be done does not end the others.
      run.status = .failed
      run.problem = "\(error)"
      run.measures = plan.measures.map { _ in nil }
    }
    run.seconds = (ContinuousClock.now - start).seconds
    return run
  }

  /// What descents must have in common to go together; nil for what goes alone.
  static func shape(of spec: SimulationSpec, on backend: any BatchBackend) -> String? {
    guard spec.dynamics.kind == .descent, spec.dynamics.adjustments == nil,
      let network = spec.layeredStart,
      backend.takes(
        NetworkBatch([network], objective: spec.objective.objective), by: spec.descent)
    else { return nil }
    let recorded = spec.recording.followed.map(\.rawValue).sorted()
    let isRegression = spec.objective.objective is RegressionObjective
    return
      "\(network.widths) \(isRegression) \(spec.dynamics.rule) \(spec.dynamics.targetLoss ?? .nan) \(spec.recording.times) \(recorded)"
  }
}

extension SimulationSpec {
  /// Where a layered network begins; nil for a symmetric one.
  var layeredStart: LinearNetwork? {
    if case .layered(let network) = network.start { network } else { nil }
  }
}

extension SweepPlan {
  /// Whether runs are descents that go together at a place.
  func isOfDescents(for backend: any BatchBackend) -> Bool {
    guard subject.job == Simulation.name,
      let spec = try? subject.spec(settings(of: points[0]), seed: 0)
    else { return false }
    return SweepBatch.shape(of: spec, on: backend) != nil
  }

  /// The place that is asked for.
  func place(_ device: SweepDevice) throws -> SweepPlace {
    let spec =
      subject.job == Simulation.name
      ? try? subject.spec(settings(of: points[0]), seed: 0) : nil
    let example = spec.flatMap { spec in
      spec.dynamics.kind == .descent && spec.dynamics.adjustments == nil
        ? spec.layeredStart.map {
          (NetworkBatch([$0], objective: spec.objective.objective), spec.descent)
        } : nil
    }
    return try SweepPlace(device, runCount: points.count * replicates, example: example)
  }

  /// Some runs; fewer when they were stopped.
  ///
  /// - Parameters:
  ///   - place: where descents go together.
  ///   - trajectories: the folder in which trajectories are kept; nil for none.
  ///   - isGoingOn: asked during the runs.
  func perform(
    _ tasks: [SweepTask], on place: SweepPlace = .processor, keeping trajectories: String?,
    isGoingOn: @escaping @Sendable () -> Bool
  ) -> [StoredRun] {
    SweepBatch(self, on: place, keeping: trajectories, isGoingOn: isGoingOn).perform(tasks)
  }
}
