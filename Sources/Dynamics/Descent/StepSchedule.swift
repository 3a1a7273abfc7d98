import RealModule

/// How the step size of a descent changes from step to step.
public struct StepSchedule: Equatable, Sendable {
  /// The courses there are.
  public enum Course: Equatable, Sendable {
    /// Always the same.
    case constant
    /// Times a factor every so many steps.
    case stepwise(factor: Double, every: Int)
    /// Times factor^{1/steps} at every step.
    case exponential(factor: Double, steps: Int)
    /// 1/(1 + step/steps).
    case inverseTime(steps: Int)
    /// Down half a cosine to a share of the step size, which then stays.
    case cosine(end: Double, steps: Int)
    /// Down a straight line to a share of the step size, which then stays.
    case linear(end: Double, steps: Int)
  }

  /// The course after the warm-up.
  public var course: Course
  /// Steps on which the step size first rises evenly from its share 1/(warmup + 1); the course begins after them.
  public var warmup: Int

  /// A schedule.
  public init(_ course: Course = .constant, warmup: Int = 0) {
    precondition(warmup >= 0, "a warm-up cannot take \(warmup) steps")
    self.course = course
    self.warmup = warmup
  }

  /// Always the same.
  public static var constant: StepSchedule { StepSchedule() }

  /// Whether the factor is the same at a step and at all after it.
  public func isSettled(at step: Int) -> Bool {
    guard step >= warmup else { return false }
    switch course {
    case .constant: return true
    case .cosine(_, let steps), .linear(_, let steps): return step - warmup >= steps
    case .inverseTime: return false
    // Times less than one again and again it becomes zero and stays so.
    case .stepwise(let factor, _), .exponential(let factor, _):
      return factor == 1 || factor < 1 && self.factor(at: step) == 0
    }
  }

  /// What the step size is multiplied by at a step, from 0 on.
  public func factor(at step: Int) -> Double {
    if step < warmup { return Double(step + 1) / Double(warmup + 1) }
    let now = Double(step - warmup)
    switch course {
    case .constant: return 1
    case .stepwise(let factor, let every): return .pow(factor, (step - warmup) / every)
    case .exponential(let factor, let steps): return .exp(now / Double(steps) * .log(factor))
    case .inverseTime(let steps): return 1 / (1 + now / Double(steps))
    case .cosine(let end, let steps):
      let share = min(now / Double(steps), 1)
      return end + (1 - end) * 0.5 * (1 + .cos(.pi * share))
    case .linear(let end, let steps):
      return now < Double(steps) ? 1 - (1 - end) * now / Double(steps) : end
    }
  }
}
