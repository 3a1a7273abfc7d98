import LinearAlgebra

/// V ← μ V − η ∇ℓ, W ← W + V, in the precision of the network.
///
/// - SeeAlso: ``HeavyBallDescent``, the same rule for linear networks; [polyak1964some].
struct MomentumDescent<Scalar: ProductScalar> {
  private let stepSize: Scalar
  private let momentum: Scalar
  /// ∇ℓ, written before each step.
  var gradient: [Scalar]
  private var change: [Scalar]

  init(stepSize: Double, momentum: Double, parameterCount: Int) {
    self.stepSize = Scalar(stepSize)
    self.momentum = Scalar(momentum)
    gradient = [Scalar](repeating: 0, count: parameterCount)
    change = gradient
  }

  mutating func advance(_ parameters: inout [Scalar]) {
    let (stepSize, momentum) = (stepSize, momentum)
    parameters.withUnsafeMutableBufferPointer { weights in
      change.withUnsafeMutableBufferPointer { change in
        gradient.withUnsafeBufferPointer { gradient in
          for k in weights.indices {
            change[k] = momentum * change[k] - stepSize * gradient[k]
            weights[k] += change[k]
          }
        }
      }
    }
  }
}
