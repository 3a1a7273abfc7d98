import DeepLinear

/// A flow followed as a specification says, with checkpoints on the way.
struct FlowSimulation {
  let request: Simulation
  let spec: SimulationSpec
  let observer: JobObserver

  func run(_ equation: some FlowEquation) throws -> SimulatedPath {
    let settings = GradientFlow(
      until: spec.recording.times.last ?? 0, method: spec.dynamics.method,
      steps: .adaptive(relativeTolerance: spec.dynamics.relativeTolerance),
      targetLoss: spec.dynamics.targetLoss, restSpeed: spec.dynamics.restSpeed,
      recording: FlowRecording(
        times: spec.recording.times, of: spec.recording.followed,
        locatingHalfRises: spec.recording.locatesHalfRises))
    let store = try CheckpointStore(request: request, spec: spec)
    let kept = try store.resumed(as: FlowCheckpoint.self, reaching: { $0.time })
    if let kept, !kept.checkpoint.fits(equation, recording: spec.recording.followed) {
      throw store.unfit
    }
    var run =
      kept.map { FlowRun(settings, equation, from: $0.checkpoint) }
      ?? FlowRun(settings, equation)
    var keeper = try CheckpointKeeper(store, observer, from: run.checkpoint)
    var wasStopped = false
    var figures = FiguresSoFar(observer, isDescent: false)
    var timer = keeper.timer
    while true {
      let result = run.advance { progress in
        wasStopped = !observer.show(
          "simulating", progress.time / max(settings.endTime, .leastNonzeroMagnitude))
        return wasStopped || timer.isDue() || figures.isDue ? .interrupt : .goOn
      }
      let share = run.time / max(settings.endTime, .leastNonzeroMagnitude)
      if !figures.show(result.trajectory, fraction: min(share, 1)) { wasStopped = true }
      if case .interrupted = result.trajectory.outcome, !wasStopped, !timer.isDue() { continue }
      if !keeper.save(run.checkpoint) { wasStopped = true }
      timer = keeper.timer
      if case .interrupted = result.trajectory.outcome, !wasStopped { continue }
      var trajectory = result.trajectory
      trajectory.snapshots.removeAll { kept?.unwanted.contains($0.time) ?? false }
      return SimulatedPath(
        trajectory: trajectory, method: spec.dynamics.method.rawValue,
        isComplete: [.converged, .ended].contains(result.trajectory.outcome), cost: result.cost,
        invariantDrift: result.invariantDrift, halfRiseTimes: result.halfRiseTimes,
        isStillRising: result.isStillRising, roundingTime: result.roundingTime)
    }
  }
}
