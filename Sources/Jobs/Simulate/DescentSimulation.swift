import DeepLinear

/// A descent made as a specification says, with checkpoints on the way.
struct DescentSimulation {
  let request: Simulation
  let spec: SimulationSpec
  let observer: JobObserver

  func run(_ equation: some FlowEquation) throws -> SimulatedPath {
    var settings = spec.descent
    settings.blockRates = try spec.layerRates()
    let store = try CheckpointStore(request: request, spec: spec)
    let kept = try store.resumed(as: DescentCheckpoint.self, reaching: { Double($0.stepCount) })
    if let kept, !kept.checkpoint.fits(equation, recording: spec.recording.followed) {
      throw store.unfit
    }
    var run =
      kept.map { DescentRun(settings, equation, from: $0.checkpoint) }
      ?? DescentRun(settings, equation)
    var keeper = try CheckpointKeeper(store, observer, from: run.checkpoint)
    var wasStopped = false
    var figures = FiguresSoFar(observer, isDescent: true)
    var timer = keeper.timer
    // Telling takes as long as a step of a small network, and steps of large ones take long.
    let stride = equation.dimension < 20_000 ? 16 : 1
    while true {
      var trajectory = run.advance { progress in
        guard progress.step % stride == 0 else { return .goOn }
        wasStopped = !observer.show(
          "simulating", Double(progress.step) / Double(max(settings.stepLimit, 1)))
        return wasStopped || timer.isDue() || figures.isDue ? .interrupt : .goOn
      }
      let share = Double(run.checkpoint.stepCount) / Double(max(settings.stepLimit, 1))
      if !figures.show(trajectory, fraction: min(share, 1)) { wasStopped = true }
      if case .interrupted = trajectory.outcome, !wasStopped, !timer.isDue() { continue }
      if !keeper.save(run.checkpoint) { wasStopped = true }
      timer = keeper.timer
      if case .interrupted = trajectory.outcome, !wasStopped { continue }
      trajectory.snapshots.removeAll { kept?.unwanted.contains($0.time) ?? false }
      return spec.path(of: trajectory)
    }
  }
}

extension SimulationSpec {
  /// The descent that is asked for, but for a rate of its own for each layer.
  var descent: Descent {
    let times = recording.times.map { Int($0) }
    var settings = Descent(
      dynamics.rule, stepSize: dynamics.stepSize, stepLimit: times.last ?? 0,
      targetLoss: dynamics.targetLoss,
      recording: Recording(.at(Set(times)), of: recording.followed))
    settings.schedule = dynamics.schedule
    return settings
  }

  /// What a descent's trajectory is to those who asked for it.
  func path(of trajectory: Trajectory) -> SimulatedPath {
    let isComplete =
      switch trajectory.outcome {
      case .converged, .ended: true
      case .stepLimit: dynamics.targetLoss == nil
      default: false
      }
    return SimulatedPath(
      trajectory: trajectory, method: dynamics.rule.name, isComplete: isComplete)
  }
}
