import RealModule

/// Descent along the gradient of all layers together, divided by the root of a running mean of its mean square,
///
///     s ← β s + (1 − β) ‖G‖²/(number of weights),   W ← W − η G/(√ŝ + ε).
///
/// One number for all layers: the direction is that of plain descent, so the path approaches that of gradient
/// flow as η → 0, at a speed that does not die out near zero.
public struct GroupRMSpropDescent: DescentRule, Equatable {
  /// β.
  public let decay: Double
  /// ε.
  public let floor: Double
  private var square = 0.0
  private var stepCount = 0

  /// - Precondition: a decay in [0, 1), a positive floor.
  public init(decay: Double = 0.99, floor: Double = 1e-6) {
    precondition((0..<1).contains(decay), "the decay \(decay) is not in [0, 1)")
    precondition(floor > 0, "the floor \(floor) is not positive")
    self.decay = decay
    self.floor = floor
  }

  public mutating func advance(_ state: inout [Double], along velocity: [Double], step: Double) {
    stepCount += 1
    let norm = velocity.withUnsafeBufferPointer { vectorInner($0, $0) }
    square = decay * square + (1 - decay) * norm / Double(velocity.count)
    let mean = square / (1 - Double.pow(decay, stepCount))
    var plain = PlainDescent()
    plain.advance(&state, along: velocity, step: step / (mean.squareRoot() + floor))
  }
}
