import LinearAlgebra
public import LinearNetworks

// Goals: 1. The loss never rises with the adaptive step. 2. No allocation between recordings. 3. Everything
// needed to continue is in the result: network, step size, steps taken.

/// Gradient descent on all layers at once, W_j ← W_j − η ∂φ/∂W_j.
public struct GradientDescent: Equatable, Sendable {
  /// How the step size η is found.
  public enum Step: Equatable, Sendable {
    /// The same step throughout; the run ends as `diverged` when the loss is no longer finite.
    case fixed(Double)
    /// From an estimate of the curvature, growing while the loss falls smoothly, smaller on a rise.
    case adaptive(AdaptiveStep)
  }

  /// What an observer is told after each accepted step.
  public struct Progress {
    /// How many steps were taken up to here.
    public let step: Int
    /// The step size.
    public let stepSize: Double
    /// The loss there.
    public let loss: Double
    /// The norm of the gradient over all layers.
    public let gradientNorm: Double
    /// The network.
    public let network: LinearNetwork
  }

  /// What an observer answers.
  public typealias Verdict = Dynamics.Verdict

  /// How long steps are.
  public var step: Step
  /// The run converges when the loss is at most this; −∞ for a loss that may be negative.
  public var targetLoss: Double
  /// The largest number of steps.
  public var stepLimit: Int
  /// What is recorded, and when.
  public var recording: Recording

  /// A descent, with all that is not given as usual.
  public init(
    step: Step = .adaptive(AdaptiveStep()), targetLoss: Double = 0, stepLimit: Int,
    recording: Recording = .last
  ) {
    precondition(stepLimit >= 0, "a descent cannot take \(stepLimit) steps")
    self.step = step
    self.targetLoss = targetLoss
    self.stepLimit = stepLimit
    self.recording = recording
  }

  /// Runs from a network.
  ///
  /// - Parameters:
  ///   - loss: the loss as a function of the layers.
  ///   - start: where it begins.
  ///   - observe: called after each step that was taken.
  /// - Complexity: a step costs one value and one gradient of the loss, and one value more for each refusal.
  public func run(
    _ loss: inout some NetworkLoss, from start: LinearNetwork,
    observe: (Progress) -> Verdict = { _ in .goOn }
  ) -> Trajectory {
    var network = start
    var trial = start
    var gradients = start.layers.map { Matrix(rowCount: $0.rowCount, columnCount: $0.columnCount) }
    var snapshots: [Snapshot] = []
    var value = loss.value(at: network)
    loss.gradients(at: network, into: &gradients)
    var squaredNorm = Self.squaredNorm(gradients)
    var stepSize = initialStep(network, gradients)
    var taken = 0

    func record(_ force: Bool) {
      guard force || recording.includes(step: taken) else { return }
      guard snapshots.last?.time != Double(taken) else { return }
      snapshots.append(
        Snapshot(
          of: network, time: Double(taken), loss: value, quantities: recording.quantities))
    }
    func end(_ outcome: Outcome) -> Trajectory {
      record(true)
      return Trajectory(
        snapshots: snapshots, outcome: outcome, finalNetwork: network, stepCount: taken)
    }

    record(false)
    while true {
      guard value.isFinite else { return end(.diverged(atStep: taken)) }
      if value <= targetLoss { return end(.converged) }
      if taken >= stepLimit { return end(.stepLimit(taken)) }
      guard squaredNorm > 0 else { return end(.stalled(atStep: taken)) }
      guard squaredNorm.isFinite else { return end(.diverged(atStep: taken)) }

      var trialValue = 0.0
      var quotient = 0.0
      switch step {
      case .fixed:
        // Nothing is ever taken back, so no second copy of the layers is needed.
        for index in network.layers.indices {
          network.layers[index].add(gradients[index], scaledBy: -stepSize)
        }
        trialValue = loss.value(at: network)
      case .adaptive(let control):
        while true {
          for index in network.layers.indices {
            trial.layers[index].copyElements(from: network.layers[index])
            trial.layers[index].add(gradients[index], scaledBy: -stepSize)
          }
          trialValue = loss.value(at: trial)
          quotient = (value - trialValue) / (stepSize * squaredNorm)
          if quotient >= control.acceptance { break }
          stepSize *= control.shrink
          // A step that no longer changes the loss within rounding cannot be judged.
          if stepSize * squaredNorm <= abs(value) * .ulpOfOne {
            return end(.stalled(atStep: taken))
          }
        }
        swap(&network, &trial)
      }
      value = trialValue
      taken += 1
      loss.gradients(at: network, into: &gradients)
      let usedStep = stepSize
      if case .adaptive(let control) = step {
        stepSize = control.next(after: stepSize, quotient: quotient)
      }
      squaredNorm = Self.squaredNorm(gradients)
      record(false)
      let progress = Progress(
        step: taken, stepSize: usedStep, loss: value,
        gradientNorm: squaredNorm.squareRoot(), network: network)
      switch observe(progress) {
      case .goOn: break
      case .enough: return end(.converged)
      case .interrupt: return end(.interrupted(atStep: taken))
      }
    }
  }

  /// A first step well below the largest stable one: a tenth of ‖W_j‖/‖∂φ/∂W_j‖ at the layer where that is
  /// smallest, so that no layer changes by more than a tenth of its size.
  private func initialStep(_ network: LinearNetwork, _ gradients: [Matrix]) -> Double {
    switch step {
    case .fixed(let size):
      precondition(size > 0 && size.isFinite, "a step size must be positive, not \(size)")
      return size
    case .adaptive:
      let quotients = zip(network.layers, gradients).compactMap { layer, gradient -> Double? in
        let size = layer.frobeniusNorm
        let slope = gradient.frobeniusNorm
        return size > 0 && slope > 0 ? size / slope : nil
      }
      return 0.1 * (quotients.min() ?? 10)
    }
  }

  private static func squaredNorm(_ matrices: [Matrix]) -> Double {
    var sum = 0.0
    for index in matrices.indices { sum += matrices[index].inner(matrices[index]) }
    return sum
  }
}
