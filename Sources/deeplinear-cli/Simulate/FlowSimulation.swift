import DeepLinear

/// A flow followed as a specification says, with checkpoints on the way.
struct FlowSimulation {
  let command: SimulateCommand
  let spec: SimulationSpec

  func run(_ equation: some FlowEquation) throws -> SimulationResult {
    let settings = GradientFlow(
      until: spec.recording.times.last ?? 0, method: spec.dynamics.method,
      steps: .adaptive(relativeTolerance: spec.dynamics.relativeTolerance),
      targetLoss: spec.dynamics.targetLoss, restSpeed: spec.dynamics.restSpeed,
      recording: FlowRecording(
        times: spec.recording.times, of: spec.recording.quantities,
        locatingHalfRises: spec.recording.locatesHalfRises))
    let store = CheckpointStore(command: command, spec: spec)
    var run =
      if let checkpoint: FlowCheckpoint = try store.resumed() {
        FlowRun(settings, equation, from: checkpoint)
      } else {
        FlowRun(settings, equation)
      }
    var bar = ProgressBar("simulating")
    defer { bar.finish() }
    while true {
      var timer = CheckpointTimer(
        interval: command.checkpoints.checkpoint == nil
          ? nil : command.checkpoints.checkpointInterval)
      let result = run.advance { progress in
        bar.show(progress.time / max(settings.endTime, .leastNonzeroMagnitude))
        return Interrupt.wasAsked || timer.isDue() ? .interrupt : .goOn
      }
      try store.save(run.checkpoint)
      if case .interrupted = result.trajectory.outcome, !Interrupt.wasAsked { continue }
      return SimulationResult(
        trajectory: result.trajectory, method: spec.dynamics.method.rawValue,
        isComplete: result.trajectory.outcome == .converged, cost: result.cost,
        invariantDrift: result.invariantDrift, halfRiseTimes: result.halfRiseTimes)
    }
  }
}
