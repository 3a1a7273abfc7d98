public import LinearNetworks

// Goals: 1. Any rule on any flow: layers, a symmetric factor, the end-to-end matrix.  2. Everything needed to continue
// is a value; a run resumed from it takes the same bits.

/// A descent with a step of one length by a rule of choice.
///
/// It discretises a ``FlowEquation``: on a ``NetworkFlow`` the plain rule is gradient descent on all layers at
/// once, on an ``EndToEndFlow`` it is the discretised end-to-end dynamics
/// W ← W − ζ P_W(∇ℓ(W)) of Claim 1 of [cohenRazin].
///
/// For the adaptive step of the estimators see ``GradientDescent``.
public struct Descent: Equatable, Sendable {
  /// How a step follows from the gradient.
  public var rule: AnyDescentRule
  /// η.
  public var stepSize: Double
  /// The largest number of steps.
  public var stepLimit: Int
  /// The run converges when the loss is at most this; never if nil.
  public var targetLoss: Double?
  /// What is recorded, and when.
  public var recording: Recording
  /// How the step size changes.
  public var schedule = StepSchedule.constant
  /// A factor of what each block of the flow moves by at every step, after the rule; ones where nil.
  public var blockRates: [Double]?

  /// - Precondition: a positive finite step, a limit that is not negative.
  public init(
    _ rule: AnyDescentRule = .plain(PlainDescent()), stepSize: Double, stepLimit: Int,
    targetLoss: Double? = nil, recording: Recording = .last
  ) {
    precondition(stepSize > 0 && stepSize.isFinite, "a step size must be positive, not \(stepSize)")
    precondition(stepLimit >= 0, "a descent cannot take \(stepLimit) steps")
    self.rule = rule
    self.stepSize = stepSize
    self.stepLimit = stepLimit
    self.targetLoss = targetLoss
    self.recording = recording
  }

  /// How a run that has come to a step with a loss ends there; nil where it goes on.
  package func outcome(atStep step: Int, loss: Double, isInterrupted: Bool = false) -> Outcome? {
    if !loss.isFinite { return .diverged(atStep: step) }
    if let targetLoss, loss <= targetLoss { return .converged }
    if step >= stepLimit { return .stepLimit(step) }
    return isInterrupted ? .interrupted(atStep: step) : nil
  }

  /// What an observer is told after each step.
  public struct Progress: Sendable {
    /// How many steps were taken up to here.
    public let step: Int
    /// The loss there.
    public let loss: Double
  }

  /// Descends to the end.
  public func run<Equation: FlowEquation>(
    _ equation: Equation, observe: (Progress) -> Verdict = { _ in .goOn }
  ) -> Trajectory {
    var run = DescentRun(self, equation)
    return run.advance(observe: observe)
  }

  /// Descends on the layers of a network.
  public func run(
    _ objective: some Objective, from network: LinearNetwork,
    observe: (Progress) -> Verdict = { _ in .goOn }
  ) -> Trajectory {
    run(
      NetworkFlow(EndToEndLoss(objective, widths: network.widths), from: network),
      observe: observe)
  }
}

/// Everything a descent needs to continue where it was; a codable value.
public struct DescentCheckpoint: Sendable, Codable {
  var state: [Double]
  var rule: AnyDescentRule
  var snapshots: [Snapshot]
  /// The number of steps taken.
  public internal(set) var stepCount: Int
}

/// A descent in the course of being made.
///
/// Where it comes to rest to the last bit, or goes to and fro between the same few points, the steps that repeat are
/// counted and not computed: a limit of 2⁶² steps ends there.
public struct DescentRun<Equation: FlowEquation>: Sendable {
  /// What was asked for.
  public let settings: Descent
  private var equation: Equation
  private var progress: DescentCheckpoint
  private var velocity: [Double]
  private var loss: Double
  private var rest = RestWatch()
  private let listedSteps: [Int]

  /// Prepares to descend from an equation's start.
  public init(_ settings: Descent, _ equation: Equation) {
    self.init(
      settings, equation,
      from: DescentCheckpoint(
        state: equation.start, rule: settings.rule, snapshots: [], stepCount: 0))
  }

  /// Prepares to continue from a checkpoint of a run with the same settings and equation.
  ///
  /// - Precondition: the checkpoint's state is as large as the equation's.
  public init(_ settings: Descent, _ equation: Equation, from checkpoint: DescentCheckpoint) {
    precondition(
      checkpoint.state.count == equation.dimension,
      "a checkpoint of \(checkpoint.state.count) weights is not of a descent of \(equation.dimension)"
    )
    self.settings = settings
    self.equation = equation
    progress = checkpoint
    velocity = [Double](repeating: 0, count: checkpoint.state.count)
    loss = .nan
    listedSteps = settings.recording.listedSteps
    evaluate()
  }

  /// What is needed to continue from here.
  public var checkpoint: DescentCheckpoint { progress }

  /// Descends until the end or until the observer wants it to. After `interrupted` it can be called again.
  public mutating func advance(
    observe: (Descent.Progress) -> Verdict = { _ in .goOn }
  ) -> Trajectory {
    record(onlyIfScheduled: true)
    while true {
      if let outcome = settings.outcome(atStep: progress.stepCount, loss: loss) {
        return end(outcome)
      }
      takeStep(settings.stepSize * settings.schedule.factor(at: progress.stepCount))
      progress.stepCount += 1
      evaluate()
      record(onlyIfScheduled: true)
      switch observe(Descent.Progress(step: progress.stepCount, loss: loss)) {
      case .goOn: break
      case .enough: return end(.converged)
      case .interrupt: return end(.interrupted(atStep: progress.stepCount))
      }
      skipRepetitions()
    }
  }

  private mutating func takeStep(_ size: Double) {
    guard let rates = settings.blockRates else {
      return progress.rule.advance(&progress.state, along: velocity, step: size)
    }
    let before = progress.state
    progress.rule.advance(&progress.state, along: velocity, step: size)
    var begin = 0
    for (rate, size) in zip(rates, equation.blockSizes) {
      for k in begin..<begin + size {
        progress.state[k] = before[k] + rate * (progress.state[k] - before[k])
      }
      begin += size
    }
  }

  /// At rest the steps up to the next that is recorded are not taken one by one. It is at rest only where a step follows
  /// from the state alone, and not from its number.
  private mutating func skipRepetitions() {
    guard !equation.dependsOnStep, settings.schedule.isSettled(at: progress.stepCount) else {
      return
    }
    rest.look(progress)
    guard let period = rest.period else { return }
    let step = progress.stepCount
    let next = min(
      settings.recording.next(after: step, listed: listedSteps) ?? settings.stepLimit,
      settings.stepLimit)
    guard next - step >= period else { return }
    progress.stepCount += (next - step) / period * period
    record(onlyIfScheduled: true)
  }

  private mutating func evaluate() {
    equation.beginStep(progress.stepCount)
    loss = progress.state.withUnsafeBufferPointer { state in
      velocity.withUnsafeMutableBufferPointer { equation.setVelocity(at: state, into: $0) }
    }
  }

  private mutating func record(onlyIfScheduled: Bool) {
    guard !onlyIfScheduled || settings.recording.includes(step: progress.stepCount) else { return }
    guard progress.snapshots.last?.time != Double(progress.stepCount) else { return }
    progress.snapshots.append(snapshot)
  }

  private var snapshot: Snapshot {
    Snapshot(
      of: equation.network(of: progress.state), time: Double(progress.stepCount), loss: loss,
      quantities: settings.recording.quantities)
  }

  private func end(_ outcome: Outcome) -> Trajectory {
    var snapshots = progress.snapshots
    if snapshots.last?.time != Double(progress.stepCount) { snapshots.append(snapshot) }
    return Trajectory(
      snapshots: snapshots, outcome: outcome, finalNetwork: equation.network(of: progress.state),
      stepCount: progress.stepCount)
  }
}
