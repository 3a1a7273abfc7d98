/// Gradient descent with momentum, V ← μ V − η ∇φ(W), W ← W + V.
///
/// - SeeAlso: [polyak1964some].
public struct HeavyBallDescent: DescentRule, Equatable {
  /// μ.
  public let momentum: Double
  private(set) var change: [Double] = []

  /// - Precondition: momentum in [0, 1).
  public init(momentum: Double = 0.9) {
    precondition(momentum >= 0 && momentum < 1, "momentum \(momentum) is not in [0, 1)")
    self.momentum = momentum
  }

  public mutating func advance(_ state: inout [Double], along velocity: [Double], step: Double) {
    if change.isEmpty { change = [Double](repeating: 0, count: velocity.count) }
    let momentum = momentum
    Self.forEach(&state, &change, velocity) { weight, change, velocity in
      change = momentum * change + step * velocity
      weight += change
    }
  }
}
