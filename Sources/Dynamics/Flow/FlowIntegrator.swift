/// A one-step method for flows. What it needs to remember between steps is its own stored state, so that
/// a copy continues to the same bits.
protocol FlowIntegrator: Sendable, Codable {
  /// The order of the solution that is carried on.
  static var order: Int { get }

  /// The error estimate shrinks as this power of the step.
  static var errorExponent: Int { get }

  /// The share of evaluations that were spent on trying; memory for states of this dimension.
  init(dimension: Int)

  /// A bound on the next step, from what is known of the equation.
  func stepBound(tolerance: Double?) -> Double

  /// Called at every accepted point that a step begins at, before the first attempt from there.
  mutating func prepare(
    at point: FlowPoint, of equation: inout some FlowEquation, afterRefusal: Bool)

  /// Tries a step and returns the estimated error relative to each block's size; infinite when the step
  /// leaves the numbers.
  mutating func attempt(
    step: Double, from start: FlowPoint, of equation: inout some FlowEquation,
    to end: inout FlowPoint, norm: RelativeNorm, tolerance: Double?
  ) -> Double

  /// Writes the state at a fraction of the step last tried, to the method's order.
  mutating func interpolate(
    at fraction: Double, from start: FlowPoint, to end: FlowPoint,
    of equation: inout some FlowEquation, into state: inout [Double])

  /// The error of ``interpolate(at:from:to:of:into:)`` within the step last tried, relative to each block's size, where
  /// it can be larger than that of the step.
  mutating func interpolationError(
    from start: FlowPoint, to end: FlowPoint, of equation: inout some FlowEquation,
    norm: RelativeNorm
  ) -> Double
}

extension FlowIntegrator {
  func stepBound(tolerance: Double?) -> Double { .infinity }

  mutating func prepare(
    at point: FlowPoint, of equation: inout some FlowEquation, afterRefusal: Bool
  ) {}

  mutating func interpolationError(
    from start: FlowPoint, to end: FlowPoint, of equation: inout some FlowEquation,
    norm: RelativeNorm
  ) -> Double { 0 }

  /// The cubic through both ends with the velocities there; its error is of fourth order in the step.
  mutating func interpolate(
    at fraction: Double, from start: FlowPoint, to end: FlowPoint,
    of equation: inout some FlowEquation, into state: inout [Double]
  ) {
    let h = end.time - start.time
    let θ = fraction
    let (toEnd, startSlope, endSlope) = (
      θ * θ * (3 - 2 * θ), h * θ * (1 - θ) * (1 - θ), -h * θ * θ * (1 - θ)
    )
    for k in state.indices {
      state[k] =
        start.state[k] + toEnd * (end.state[k] - start.state[k])
        + startSlope * start.velocity[k] + endSlope * end.velocity[k]
    }
  }
}
