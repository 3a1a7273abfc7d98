/// Nesterov's accelerated descent with constant momentum, written at the point where the gradient is taken:
///
///     V ← μ V − η ∇φ(W),   W ← W + μ V − η ∇φ(W).
///
/// - SeeAlso: [nesterov1983method], in the form of [sutskever2013importance] with Θ + μV called W.
public struct NesterovDescent: DescentRule, Equatable {
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
      weight += momentum * change + step * velocity
    }
  }
}
