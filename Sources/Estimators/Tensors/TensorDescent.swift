import Dynamics

/// Gradient descent on the parameters of a tensor factorization with a step that nobody has to choose; see
/// `AdaptiveStep` for its rule.
struct TensorDescent<Factorization: TensorFactorization> {
  let factorization: Factorization
  let entries: ObservedTensor
  private(set) var parameters: [Double]
  private(set) var loss: Double
  private(set) var stepCount = 0
  private(set) var isExhausted = false
  private var gradient: [Double]
  private var stepSize: Double
  private let rule = AdaptiveStep()
  /// The most that a step may change the parameters, relative to their size.
  private static var largestChange: Double { 0.05 }
  /// The path ends when the loss has fallen by less than a fiftieth over so many steps.
  private static var patience: Int { 1000 }
  private var recent: [Double] = []

  init(_ factorization: Factorization, _ entries: ObservedTensor, from parameters: [Double]) {
    self.factorization = factorization
    self.entries = entries
    self.parameters = parameters
    gradient = [Double](repeating: 0, count: parameters.count)
    loss = factorization.loss(parameters, entries, gradient: &gradient)
    let size = parameters.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let slope = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    stepSize = slope > 0 ? 0.1 * size / slope : 1
  }

  /// Goes on until the loss is at most the target, the steps are used up, or it hardly falls any more after the
  /// first component has risen.
  mutating func descend(
    until target: Double, stepLimit: Int, start: Double, observe: (Int, [Double], Double) -> Bool
  ) -> Bool {
    var trial = parameters
    var trialGradient = gradient
    while loss > target {
      let squared = gradient.reduce(0) { $0 + $1 * $1 }
      guard stepCount < stepLimit, squared > 0 else {
        isExhausted = true
        return true
      }
      // Near zero the loss falls faster than linearly, which the rule would take for leave to leap.
      let size = parameters.reduce(0) { $0 + $1 * $1 }
      stepSize = min(stepSize, Self.largestChange * (size / squared).squareRoot())
      var quotient = 0.0
      while true {
        for n in trial.indices { trial[n] = parameters[n] - stepSize * gradient[n] }
        let value = factorization.loss(trial, entries, gradient: &trialGradient)
        quotient = (loss - value) / (stepSize * squared)
        if quotient >= rule.acceptance {
          loss = value
          break
        }
        stepSize *= rule.shrink
        if stepSize * squared <= loss * .ulpOfOne {
          isExhausted = true
          return true
        }
      }
      swap(&parameters, &trial)
      swap(&gradient, &trialGradient)
      if quotient > rule.smooth {
        stepSize *= rule.growth
      } else if quotient < rule.rough {
        stepSize *= rule.caution
      }
      stepCount += 1
      recent.append(loss)
      // Plateaus between components are long; this one is the last.
      if recent.count > Self.patience, loss < 0.9 * start,
        loss > 0.98 * recent[recent.count - Self.patience - 1]
      {
        isExhausted = true
        return true
      }
      if !observe(stepCount, parameters, loss) { return false }
    }
    return true
  }
}
