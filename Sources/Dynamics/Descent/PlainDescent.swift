/// Gradient descent, W ← W − η ∇φ(W): the flow by Euler's method.
public struct PlainDescent: DescentRule, Equatable {
  /// The one there is.
  public init() {}

  public mutating func advance(_ state: inout [Double], along velocity: [Double], step: Double) {
    precondition(
      state.count == velocity.count,
      "a velocity of \(velocity.count) elements does not move \(state.count) weights")
    state.withUnsafeMutableBufferPointer { state in
      velocity.withUnsafeBufferPointer { velocity in
        for k in velocity.indices { state[k] += step * velocity[k] }
      }
    }
  }
}
