import DeepLinear

/// A descent made as a specification says, with checkpoints on the way.
struct DescentSimulation {
  let command: SimulateCommand
  let spec: SimulationSpec

  func run(_ equation: some FlowEquation) throws -> SimulationResult {
    let times = spec.recording.times.map { Int($0) }
    let settings = Descent(
      spec.dynamics.rule, stepSize: spec.dynamics.stepSize, stepLimit: times.last ?? 0,
      targetLoss: spec.dynamics.targetLoss,
      recording: Recording(.at(Set(times)), of: spec.recording.quantities))
    let store = CheckpointStore(command: command, spec: spec)
    var run =
      if let checkpoint: DescentCheckpoint = try store.resumed() {
        DescentRun(settings, equation, from: checkpoint)
      } else {
        DescentRun(settings, equation)
      }
    var bar = ProgressBar("simulating")
    defer { bar.finish() }
    while true {
      var timer = CheckpointTimer(
        interval: command.checkpoints.checkpoint == nil
          ? nil : command.checkpoints.checkpointInterval)
      let trajectory = run.advance { progress in
        guard progress.step % 16 == 0 else { return .goOn }
        bar.show(Double(progress.step) / Double(max(settings.stepLimit, 1)))
        return Interrupt.wasAsked || timer.isDue() ? .interrupt : .goOn
      }
      try store.save(run.checkpoint)
      if case .interrupted = trajectory.outcome, !Interrupt.wasAsked { continue }
      let isComplete =
        switch trajectory.outcome {
        case .converged: true
        case .stepLimit: settings.targetLoss == nil
        default: false
        }
      return SimulationResult(
        trajectory: trajectory, method: spec.dynamics.rule.name, isComplete: isComplete)
    }
  }
}
