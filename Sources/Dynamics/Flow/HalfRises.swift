import LinearAlgebra
import LinearNetworks

// Between two steps a singular value is the cubic through its values and derivatives uᵀ(dW/dt)v at both ends. Only
// the end of a run tells which half matters, so the values of all steps are kept.

/// The course of the singular values, to find when each passed half of its final value.
struct HalfRises: Sendable, Codable {
  private var times: [Double] = []
  private var values: [[Double]] = []
  private var slopes: [[Double]] = []

  init() {}

  mutating func add(_ point: FlowPoint, of equation: some FlowEquation) {
    let endToEnd = equation.network(of: point.state).endToEnd()
    guard let decomposition = try? SingularValueDecomposition(of: endToEnd) else { return }
    // W is a polynomial of the state: a small step along the velocity gives its derivative.
    let size = point.state.withUnsafeBufferPointer(vectorNorm)
    let speed = point.velocity.withUnsafeBufferPointer(vectorNorm)
    let δ = speed > 0 ? 1e-5 * size / speed : 1
    func moved(_ δ: Double) -> Matrix {
      equation.network(of: zip(point.state, point.velocity).map { $0 + δ * $1 }).endToEnd()
    }
    let derivative = (moved(δ) - moved(-δ)) / (2 * δ)
    let rotated = decomposition.leftVectors.transposedTimes(derivative)
    times.append(point.time)
    values.append(decomposition.singularValues)
    slopes.append(
      decomposition.singularValues.indices.map { r in
        zip(rotated.row(r), decomposition.rightVectorsTransposed.row(r)).reduce(0) {
          $0 + $1.0 * $1.1
        }
      })
  }

  /// The time at which each value first passed half of its last one; nil if it began above.
  func result() -> [Double?] {
    guard let last = values.last, let first = values.first else { return [] }
    return last.indices.map { r in
      let half = last[r] / 2
      guard first[r] < half,
        let after = values.indices.dropFirst().first(where: { values[$0][r] >= half })
      else { return nil }
      return crossing(of: half, value: r, after: after)
    }
  }

  private func crossing(of level: Double, value r: Int, after k: Int) -> Double {
    let h = times[k] - times[k - 1]
    let (a, b) = (values[k - 1][r], values[k][r])
    func cubic(_ θ: Double) -> Double {
      a + θ * θ * (3 - 2 * θ) * (b - a) + h * θ * (1 - θ) * (1 - θ) * slopes[k - 1][r]
        - h * θ * θ * (1 - θ) * slopes[k][r]
    }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if cubic(middle) < level { low = middle } else { high = middle }
    }
    return times[k - 1] + h * (low + high) / 2
  }
}
