import LinearAlgebra
import LinearNetworks

/// Everything a flow needs to continue where it was; a codable value.
public struct FlowCheckpoint: Sendable, Codable {
  var point: FlowPoint
  var coordinates: FlowCoordinates
  var controller: StepSizeController
  var selection: MethodSelection
  var dormandPrince: DormandPrince853
  var chebyshev: RungeKuttaChebyshev
  var exponential: ExponentialRosenbrock
  var radau: RadauIIA
  var cost: FlowCost
  var snapshots: [Snapshot]
  var invariants: [Matrix]
  var drift: Double
  var largestSquare: Double
  var halfRises: HalfRises
  var rounding: RoundingWatch

  /// The time it was taken at.
  public var time: Double { point.time }
}

/// A flow in the course of being followed.
public struct FlowRun<Equation: FlowEquation>: Sendable {
  /// What was asked for.
  public let settings: GradientFlow

  private var equation: CountedEquation<Equation>
  private var norm: RelativeNorm
  private var dormandPrince: DormandPrince853
  private var chebyshev: RungeKuttaChebyshev
  private var exponential: ExponentialRosenbrock
  private var radau: RadauIIA
  private var point: FlowPoint
  private var candidate: FlowPoint
  private var controller: StepSizeController
  private var selection: MethodSelection
  private var cost: FlowCost
  private var snapshots: [Snapshot]
  private var invariants: [Matrix]
  private var drift: Double
  private var largestSquare: Double
  private var halfRises: HalfRises
  private var rounding: RoundingWatch

  /// Prepares to follow a flow from its start.
  public init(_ settings: GradientFlow, _ equation: Equation) {
    self.settings = settings
    self.equation = CountedEquation(equation)
    norm = RelativeNorm(blockSizes: equation.blockSizes, scales: equation.blockScales)
    let start = equation.start
    dormandPrince = DormandPrince853(dimension: start.count)
    chebyshev = RungeKuttaChebyshev(dimension: start.count)
    exponential = ExponentialRosenbrock(dimension: start.count)
    radau = RadauIIA(dimension: start.count)
    point = FlowPoint(
      time: 0, state: start, velocity: [Double](repeating: 0, count: start.count), loss: 0)
    cost = FlowCost()
    snapshots = []
    invariants = equation.invariants(of: start)
    drift = 0
    largestSquare = 0
    halfRises = HalfRises()
    rounding = RoundingWatch()
    selection = MethodSelection()
    controller = StepSizeController(step: 0)
    candidate = point
    point.loss = Self.evaluate(&self.equation, &point)
    candidate = point
    controller.step = Self.firstStep(settings, point, norm)
    noteInvariants()
    if settings.recording.locatesHalfRises { halfRises.add(point, of: equation) }
    if settings.recording.times.first == 0 { record(point) }
  }

  /// Prepares to continue from a checkpoint of a run with the same settings and equation.
  ///
  /// - Precondition: the checkpoint's state is as large as the equation's.
  public init(_ settings: GradientFlow, _ equation: Equation, from checkpoint: FlowCheckpoint) {
    self.settings = settings
    var equation = equation
    let isResumed = equation.resume(
      at: checkpoint.point.state, in: checkpoint.coordinates)
    precondition(
      isResumed,
      "a checkpoint of \(checkpoint.point.state.count) \(checkpoint.coordinates) is not of a flow of \(equation.dimension)"
    )
    self.equation = CountedEquation(equation)
    self.equation.evaluations = checkpoint.cost.evaluations
    self.equation.jacobianProducts = checkpoint.cost.jacobianProducts
    norm = RelativeNorm(blockSizes: equation.blockSizes, scales: equation.blockScales)
    point = checkpoint.point
    candidate = checkpoint.point
    controller = checkpoint.controller
    selection = checkpoint.selection
    dormandPrince = checkpoint.dormandPrince
    chebyshev = checkpoint.chebyshev
    exponential = checkpoint.exponential
    radau = checkpoint.radau
    cost = checkpoint.cost
    snapshots = checkpoint.snapshots
    invariants = checkpoint.invariants
    drift = checkpoint.drift
    largestSquare = checkpoint.largestSquare
    halfRises = checkpoint.halfRises
    rounding = checkpoint.rounding
  }

  /// What is needed to continue from here.
  public var checkpoint: FlowCheckpoint {
    FlowCheckpoint(
      point: point, coordinates: equation.coordinates, controller: controller,
      selection: selection, dormandPrince: dormandPrince, chebyshev: chebyshev,
      exponential: exponential, radau: radau, cost: totalCost, snapshots: snapshots,
      invariants: invariants, drift: drift, largestSquare: largestSquare, halfRises: halfRises,
      rounding: rounding)
  }

  /// The time reached.
  public var time: Double { point.time }

  /// Follows the flow until it ends or the observer wants it to. After `interrupted` it can be called again.
  public mutating func advance(
    observe: (GradientFlow.Progress) -> Verdict = { _ in .goOn }
  ) -> FlowResult {
    while true {
      guard point.loss.isFinite else { return end(.diverged(atStep: cost.steps)) }
      if let target = settings.targetLoss, point.loss <= target { return end(.converged) }
      if let rest = settings.restSpeed, speed <= rest { return end(.converged) }
      if point.time >= settings.endTime {
        return end(settings.targetLoss == nil ? .ended : .stepLimit(cost.steps))
      }
      if cost.steps >= settings.stepLimit { return end(.stepLimit(cost.steps)) }
      let method = settings.method == .automatic ? selection.active : settings.method
      let isTaken =
        switch method {
        case .automatic, .dormandPrince: takeStep(\.dormandPrince, as: .dormandPrince)
        case .chebyshev: takeStep(\.chebyshev, as: .chebyshev)
        case .exponential: takeStep(\.exponential, as: .exponential)
        case .radau: takeStep(\.radau, as: .radau)
        }
      guard isTaken else { return end(.diverged(atStep: cost.steps)) }
      // The candidate holds where the step began.
      let lastStep = point.time - candidate.time
      settle()
      if point.state.count <= 4096 || cost.steps % 16 == 0 {
        noteInvariants()
        rounding.note(point, of: equation)
      }
      if settings.recording.locatesHalfRises { halfRises.add(point, of: equation) }
      if settings.method == .dormandPrince, case .adaptive = settings.steps,
        selection.isHopeless(
          step: lastStep, stiffness: dormandPrince.stiffness,
          rest: settings.endTime - point.time)
      {
        return end(.stiff(atStep: cost.steps))
      }
      let progress = GradientFlow.Progress(
        step: cost.steps, time: point.time, loss: point.loss, method: method)
      switch observe(progress) {
      case .goOn: break
      case .enough: return end(.converged)
      case .interrupt: return end(.interrupted(atStep: cost.steps))
      }
    }
  }

  /// Takes one step, shortening it as often as needed; false when no step is short enough.
  private mutating func takeStep<Integrator: FlowIntegrator>(
    _ path: WritableKeyPath<Self, Integrator>, as method: FlowMethod
  ) -> Bool {
    // Moved out, so that its memory is not shared while it works.
    var integrator = self[keyPath: path]
    self[keyPath: path] = Integrator(dimension: 0)
    defer { self[keyPath: path] = integrator }
    let tolerance = settings.steps.tolerance
    let costBefore = equation.evaluations + 2 * equation.jacobianProducts
    var afterRefusal = false
    while true {
      integrator.prepare(at: point, of: &equation, afterRefusal: afterRefusal)
      let h = nextStep(bound: integrator.stepBound(tolerance: tolerance))
      guard point.time + h > point.time else { return false }
      let error = integrator.attempt(
        step: h, from: point, of: &equation, to: &candidate, norm: norm, tolerance: tolerance)
      let ratio = error / (tolerance ?? .infinity)
      if tolerance == nil ? candidate.loss.isFinite : ratio <= 1 {
        controller.accept(h, ratio: ratio, exponent: Integrator.errorExponent)
        break
      }
      cost.refusedSteps += 1
      guard tolerance != nil else { return false }
      controller.refuse(h, ratio: ratio, exponent: Integrator.errorExponent)
      afterRefusal = true
    }
    if settings.endTime.isFinite,
      settings.endTime - candidate.time <= 1e-14 * settings.endTime
    {
      candidate.time = settings.endTime
    }
    let stepCost = equation.evaluations + 2 * equation.jacobianProducts - costBefore
    stopAtTarget(&integrator)
    recordTimes(from: point, to: candidate, &integrator)
    cost.steps += 1
    cost.stepsByMethod[method.rawValue, default: 0] += 1
    if settings.method == .automatic {
      selection.accepted(
        step: candidate.time - point.time,
        cost: stepCost,
        stiffness: stiffness(integrator, step: candidate.time - point.time),
        rest: settings.endTime - candidate.time,
        allowsImplicit: point.state.count <= RadauIIA.easyDimension)
    }
    swap(&point, &candidate)
    return true
  }

  /// Lets the equation choose better coordinates for where it has arrived.
  private mutating func settle() {
    let tolerance = 0.1 * (settings.steps.tolerance ?? 1e-12)
    guard equation.settle(&point.state, step: cost.steps, tolerance: max(tolerance, 1e-14)) else {
      return
    }
    let dimension = point.state.count
    if dimension != point.velocity.count {
      point.velocity = [Double](repeating: 0, count: dimension)
      norm = RelativeNorm(blockSizes: equation.blockSizes, scales: equation.blockScales)
      dormandPrince = DormandPrince853(dimension: dimension)
      chebyshev = RungeKuttaChebyshev(dimension: dimension)
      exponential = ExponentialRosenbrock(dimension: dimension)
      radau = RadauIIA(dimension: dimension)
      candidate = point
    }
    _ = Self.evaluate(&equation, &point)
  }

  /// The last step times the spectral radius, as far as its method knows it.
  private func stiffness(_ integrator: some FlowIntegrator, step: Double) -> Double {
    switch integrator {
    case let method as DormandPrince853: method.stiffness
    case let method as RungeKuttaChebyshev: step * method.radius.value
    case let method as RadauIIA: method.stiffness
    default: 0
    }
  }

  /// The controller's step, kept within the bound and the end. A step that would leave less than itself to the end
  /// is halved with it, so that the last one is not tiny.
  private func nextStep(bound: Double) -> Double {
    if case .fixed(let step) = settings.steps {
      return min(step, settings.endTime - point.time)
    }
    let step = min(controller.step, bound)
    let rest = settings.endTime - point.time
    return step >= rest ? rest : step > rest / 2 ? rest / 2 : step
  }

  /// Moves the end of the step back to where the loss passes the target, by regula falsi on the interpolant.
  private mutating func stopAtTarget(_ integrator: inout some FlowIntegrator) {
    guard let target = settings.targetLoss, candidate.loss < target else { return }
    var (low, high) = (0.0, 1.0)
    var found = candidate
    for _ in 0..<60 where high - low > 1e-10 {
      let middle = (low + high) / 2
      found.time = point.time + middle * (candidate.time - point.time)
      integrator.interpolate(
        at: middle, from: point, to: candidate, of: &equation, into: &found.state)
      let loss = Self.evaluate(&equation, &found)
      if loss > target { low = middle } else { high = middle }
      if abs(loss - target) <= 1e-9 * abs(target) { break }
    }
    // A step of its own to there, which is as exact as any other.
    _ = integrator.attempt(
      step: found.time - point.time, from: point, of: &equation, to: &candidate, norm: norm,
      tolerance: settings.steps.tolerance)
    candidate.loss = min(candidate.loss, target)
  }

  /// Records the times up to the end of a step. Where the integrator's interpolation is worse than its steps are
  /// allowed to be, half a step is taken from its start and another from there.
  private mutating func recordTimes<Integrator: FlowIntegrator>(
    from start: FlowPoint, to end: FlowPoint, _ integrator: inout Integrator
  ) {
    guard let first = nextTime, first <= end.time else { return }
    if first < end.time, let tolerance = settings.steps.tolerance,
      case let middle = start.time + (end.time - start.time) / 2,
      start.time < middle, middle < end.time,
      integrator.interpolationError(from: start, to: end, of: &equation, norm: norm) > tolerance
    {
      var half = Integrator(dimension: start.state.count)
      var between = end
      _ = half.attempt(
        step: middle - start.time, from: start, of: &equation, to: &between, norm: norm,
        tolerance: tolerance)
      recordTimes(from: start, to: between, &half)
      var rest = end
      _ = half.attempt(
        step: end.time - between.time, from: between, of: &equation, to: &rest, norm: norm,
        tolerance: tolerance)
      return recordTimes(from: between, to: end, &half)
    }
    while let time = nextTime, time <= end.time {
      if time == end.time {
        record(end)
      } else {
        var between = end
        between.time = time
        integrator.interpolate(
          at: (time - start.time) / (end.time - start.time), from: start, to: end, of: &equation,
          into: &between.state)
        between.loss = Self.evaluate(&equation, &between)
        record(between)
      }
    }
  }

  /// The next time that is recorded.
  private var nextTime: Double? {
    let times = settings.recording.times
    return snapshots.count < times.count ? times[snapshots.count] : nil
  }

  private mutating func record(_ point: FlowPoint) {
    snapshots.append(snapshot(point))
  }

  private func snapshot(_ point: FlowPoint) -> Snapshot {
    equation.snapshot(
      of: point.state, time: point.time, loss: point.loss,
      quantities: settings.recording.quantities)
  }

  private mutating func noteInvariants() {
    (drift, largestSquare) = driftAndSquare
  }

  /// The largest change of an invariant and the largest ‖W_j‖²_F so far, this point included.
  private var driftAndSquare: (Double, Double) {
    guard !invariants.isEmpty else { return (0, 0) }
    let square = max(largestSquare, equation.largestSquare(of: point.state))
    let change = zip(equation.invariants(of: point.state), invariants).reduce(drift) {
      max($0, ($1.0 - $1.1).frobeniusNorm)
    }
    return (change, square)
  }

  private var totalCost: FlowCost {
    var total = cost
    total.evaluations = equation.evaluations
    total.jacobianProducts = equation.jacobianProducts
    return total
  }

  private func end(_ outcome: Outcome) -> FlowResult {
    let (drift, largestSquare) = driftAndSquare
    var all = snapshots
    if all.last?.time != point.time { all.append(snapshot(point)) }
    let rises = settings.recording.locatesHalfRises ? halfRises.result() : nil
    return FlowResult(
      trajectory: Trajectory(
        snapshots: all, outcome: outcome, finalNetwork: equation.network(of: point.state),
        stepCount: cost.steps),
      cost: totalCost,
      invariantDrift: invariants.isEmpty ? nil : drift / max(largestSquare, .leastNonzeroMagnitude),
      halfRiseTimes: rises?.map(\.time), isStillRising: rises?.map(\.isUnfinished),
      roundingTime: rounding.time)
  }

  /// max over layers of ‖dW_j/dt‖ / ‖W_j‖.
  private var speed: Double {
    norm.relative(norm.norms(of: point.velocity), from: point.state, to: point.state)
  }

  private static func evaluate(
    _ equation: inout CountedEquation<Equation>, _ point: inout FlowPoint
  ) -> Double {
    let loss = point.state.withUnsafeBufferPointer { state in
      point.velocity.withUnsafeMutableBufferPointer { equation.setVelocity(at: state, into: $0) }
    }
    point.loss = loss
    return loss
  }

  /// A hundredth of the time in which a layer would change by its size.
  private static func firstStep(
    _ settings: GradientFlow, _ point: FlowPoint, _ norm: RelativeNorm
  ) -> Double {
    let times = zip(norm.sizes(of: point.state), norm.norms(of: point.velocity)).compactMap {
      $0 > 0 && $1 > 0 ? $0 / $1 : nil
    }
    let bound = settings.endTime.isFinite ? settings.endTime : 1
    return 0.01 * (times.min() ?? bound)
  }
}
