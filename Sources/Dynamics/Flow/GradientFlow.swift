import LinearAlgebra
public import LinearNetworks

// Goals: 1. Every layer is as accurate relative to its own size as the tolerance says, at 1e-12 as at 1.
// 2. What is recorded does not change what is computed: asked times are interpolated to the method's order.
// 3. Everything needed to continue is a value; a run resumed from it takes the same bits.

/// How a flow is followed: method, steps, end and recording.
///
///     let run = GradientFlow(until: 40, recording: .at([0, 20, 40], of: [.singularValues]))
///       .run(objective, from: network)
public struct GradientFlow: Equatable, Sendable {
  /// The integrator.
  public var method: FlowMethod
  /// How long its steps are.
  public var steps: StepControl
  /// The time at which the run ends; may be infinite with a target.
  public var endTime: Double
  /// The run also ends, as `converged`, where the loss passes this.
  public var targetLoss: Double?
  /// The run also ends, as `converged`, when each layer's speed relative to its size is at most this.
  public var restSpeed: Double?
  /// The largest number of steps.
  public var stepLimit: Int
  /// What is recorded, and when.
  public var recording: FlowRecording

  /// - Precondition: `endTime` is not negative; a tolerance of at least 1e-15.
  public init(
    until endTime: Double, method: FlowMethod = .automatic,
    steps: StepControl = .adaptive(relativeTolerance: 1e-8), targetLoss: Double? = nil,
    restSpeed: Double? = nil, stepLimit: Int = .max, recording: FlowRecording = .end
  ) {
    precondition(endTime >= 0, "a flow cannot end at time \(endTime)")
    steps.requireSensible()
    self.method = method
    self.steps = steps
    self.endTime = endTime
    self.targetLoss = targetLoss
    self.restSpeed = restSpeed
    self.stepLimit = stepLimit
    self.recording = recording
  }

  /// What an observer is told after each accepted step.
  public struct Progress: Sendable {
    /// How many steps were taken up to here.
    public let step: Int
    /// Flow time.
    public let time: Double
    /// The loss there.
    public let loss: Double
    /// The method that took the step.
    public let method: FlowMethod
  }

  /// Follows any flow to its end.
  public func run<Equation: FlowEquation>(
    _ equation: Equation, observe: (Progress) -> Verdict = { _ in .goOn }
  ) -> FlowResult {
    var run = FlowRun(self, equation)
    return run.advance(observe: observe)
  }

  /// Follows gradient flow of an objective on the layers of a network, in the coordinates that ``GuardedFlow`` finds
  /// best.
  public func run(
    _ objective: some Objective, from network: LinearNetwork,
    observe: (Progress) -> Verdict = { _ in .goOn }
  ) -> FlowResult {
    run(GuardedFlow(objective, from: network), observe: observe)
  }
}

/// When a flow is recorded, and what of it. The end always is.
public struct FlowRecording: Equatable, Sendable {
  /// Times in ascending order; those after the end are left out.
  public var times: [Double]
  /// What is recorded beside time and loss.
  public var quantities: Set<Recording.Quantity>
  /// Whether to find the time at which each singular value passes half of its final value.
  public var locatesHalfRises: Bool

  /// - Precondition: times ascend and none is negative.
  public init(
    times: [Double], of quantities: Set<Recording.Quantity> = [], locatingHalfRises: Bool = false
  ) {
    precondition(
      zip(times, times.dropFirst()).allSatisfy(<) && (times.first ?? 0) >= 0,
      "the times of a recording must ascend from 0 on")
    self.times = times
    self.quantities = quantities
    locatesHalfRises = locatingHalfRises
  }

  /// The end alone, with its loss.
  public static var end: FlowRecording { FlowRecording(times: []) }

  /// Given times.
  public static func at(
    _ times: [Double], of quantities: Set<Recording.Quantity> = []
  ) -> FlowRecording {
    FlowRecording(times: times, of: quantities)
  }
}

/// What a followed flow left behind: a trajectory, as of a descent, and what only a flow has.
///
/// All that a trajectory has can be asked of it: `flow.outcome`, `flow.snapshots`, `flow.singularValues`.
@dynamicMemberLookup
public struct FlowResult: Equatable, Sendable {
  /// The recorded points and the end.
  public var trajectory: Trajectory
  /// What it cost.
  public var cost: FlowCost
  /// The largest change of an invariant W_{j+1}ᵀW_{j+1} − W_jW_jᵀ over the run, relative to the largest ‖W_j‖²_F;
  /// nil where the flow conserves none.
  public var invariantDrift: Double?
  /// For each component, in the order of the final singular values, the time at which it first passes half of its
  /// final value; nil for one that began above it or is still rising. A component keeps its vectors where sizes
  /// cross. Nil altogether unless asked for.
  public var halfRiseTimes: [Double?]?
  /// For each component whether it is still rising at the end, so that half of its final value is not known yet.
  public var isStillRising: [Bool]?
  /// The time from which the smallest singular value of the end-to-end matrix is below rounding of the layers: from
  /// there on its size, the rank and the sign of the determinant are those of rounding. Nil when it never is, or where
  /// the flow is followed in coordinates that keep them.
  public var roundingTime: Double?

  /// Whatever a trajectory has.
  public subscript<Value>(dynamicMember path: KeyPath<Trajectory, Value>) -> Value {
    trajectory[keyPath: path]
  }
}

/// What a flow cost.
public struct FlowCost: Equatable, Sendable, Codable {
  /// Accepted steps.
  public var steps = 0
  /// Steps that were too long and were made again.
  public var refusedSteps = 0
  /// Evaluations of the velocity.
  public var evaluations = 0
  /// Products with the Jacobian, each about as dear as two evaluations.
  public var jacobianProducts = 0
  /// Accepted steps by method.
  public var stepsByMethod: [String: Int] = [:]
}
