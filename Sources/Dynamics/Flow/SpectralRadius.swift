// The Jacobian of a gradient flow is minus a Hessian: symmetric, so the quotients ‖Jv‖/‖v‖ of the power iteration
// rise towards the spectral radius from below. The vector is kept, and a later estimate begins with it.

/// A running estimate of the spectral radius of a flow's Jacobian.
struct SpectralRadius: Sendable, Codable {
  /// Above the last quotient by this factor, as the iteration ends below the radius.
  static let margin = 1.1

  private var vector: [Double] = []
  private(set) var value = 0.0
  private var age = 0
  private var patience = 25

  /// Estimates anew when the last estimate is old, or at once if told so.
  mutating func update(at point: FlowPoint, of equation: inout some FlowEquation, now: Bool) {
    age += 1
    guard now || value == 0 || age > patience else { return }
    let old = value
    estimate(at: point, of: &equation)
    age = 0
    // As long as the radius changes, look more often.
    patience = abs(value - old) > 0.05 * value ? 5 : 25
  }

  private mutating func estimate(at point: FlowPoint, of equation: inout some FlowEquation) {
    let n = point.state.count
    var iterations = 8
    if vector.isEmpty {
      var state: UInt64 = 0x9E37_79B9_7F4A_7C15
      vector = (0..<n).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53 - 0.5
      }
      iterations = 60
    }
    var change = [Double](repeating: 0, count: n)
    var radius = 0.0
    point.state.withUnsafeBufferPointer { y in
      change.withUnsafeMutableBufferPointer { change in
        vector.withUnsafeMutableBufferPointer { v in
          _ = equation.setVelocity(at: y, into: change)
          for _ in 0..<iterations {
            let size = vectorNorm(UnsafeBufferPointer(v))
            equation.setVelocityChange(at: y, along: UnsafeBufferPointer(v), into: change)
            let grown = vectorNorm(UnsafeBufferPointer(change))
            guard size > 0, grown > 0, grown.isFinite else { break }
            for i in 0..<n { v[i] = change[i] / grown }
            let previous = radius
            radius = max(radius, grown / size)
            if grown / size <= previous * 1.002 { break }
          }
        }
      }
    }
    value = Self.margin * radius
  }
}
