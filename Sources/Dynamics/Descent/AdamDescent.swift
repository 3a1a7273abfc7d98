import RealModule

/// Adam: each weight moves by a running mean of its gradient over the root of a running mean of its square,
///
///     M ← β₁M + (1 − β₁)G,  S ← β₂S + (1 − β₂)G²,  W ← W − η M̂/(√Ŝ + ε),
///
/// M̂ and Ŝ divided by 1 − β^t for the zeros they began with.
///
/// - SeeAlso: algorithm 1 of [kingma2015adam].
public struct AdamDescent: DescentRule, Equatable {
  /// β₁ and β₂.
  public let meanDecay: Double, squareDecay: Double
  /// ε.
  public let floor: Double
  private(set) var mean: [Double] = []
  private(set) var square: [Double] = []
  private var stepCount = 0

  /// - Precondition: decays in [0, 1), a positive floor.
  public init(meanDecay: Double = 0.9, squareDecay: Double = 0.999, floor: Double = 1e-8) {
    precondition(
      (0..<1).contains(meanDecay) && (0..<1).contains(squareDecay),
      "decays \(meanDecay), \(squareDecay) are not in [0, 1)")
    precondition(floor > 0, "the floor \(floor) is not positive")
    self.meanDecay = meanDecay
    self.squareDecay = squareDecay
    self.floor = floor
  }

  public mutating func advance(_ state: inout [Double], along velocity: [Double], step: Double) {
    if mean.isEmpty {
      mean = [Double](repeating: 0, count: velocity.count)
      square = mean
    }
    stepCount += 1
    let (β₁, β₂, ε) = (meanDecay, squareDecay, floor)
    Self.forEach(&mean, &square, velocity) { mean, square, velocity in
      mean = β₁ * mean + (1 - β₁) * velocity
      square = β₂ * square + (1 - β₂) * velocity * velocity
    }
    let meanScale = 1 / (1 - Double.pow(β₁, stepCount))
    let squareScale = 1 / (1 - Double.pow(β₂, stepCount))
    var unused = mean
    Self.forEach(&state, &unused, square) { weight, mean, square in
      weight += step * meanScale * mean / ((squareScale * square).squareRoot() + ε)
    }
  }
}
