import RealModule

/// How long the steps of a flow are.
public enum StepControl: Equatable, Sendable, Codable {
  /// Steps whose estimated error is at most this, relative to the size of each layer, however small it is.
  case adaptive(relativeTolerance: Double)
  /// Steps of one length.
  case fixed(Double)

  var tolerance: Double? {
    switch self {
    case .adaptive(let tolerance): tolerance
    case .fixed: nil
    }
  }

  func requireSensible() {
    switch self {
    case .adaptive(let tolerance):
      precondition(
        tolerance >= 1e-15 && tolerance < 1, "\(tolerance) is no relative tolerance of doubles")
    case .fixed(let step):
      precondition(step > 0 && step.isFinite, "a step must be positive, not \(step)")
    }
  }
}

/// The length of the next step from the errors of the last ones.
struct StepSizeController: Sendable, Codable {
  var step: Double
  private var wasRefused = false

  init(step: Double) { self.step = step }

  /// Takes note of an accepted step of length h with an error of `ratio` times the tolerance.
  mutating func accept(_ h: Double, ratio: Double, exponent: Int) {
    var factor = ratio > 0 ? 0.85 * Double.pow(ratio, -1 / Double(exponent)) : 10
    factor = min(max(factor, 0.2), wasRefused ? 1 : exponent > 4 ? 10 : 5)
    step = h * factor
    wasRefused = false
  }

  /// Takes note of a refused step.
  mutating func refuse(_ h: Double, ratio: Double, exponent: Int) {
    let factor = ratio.isFinite ? 0.85 * Double.pow(ratio, -1 / Double(exponent)) : 0.25
    step = h * min(max(factor, 0.1), 0.9)
    wasRefused = true
  }
}
