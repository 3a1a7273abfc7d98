import LinearAlgebra
import LinearNetworks

// A component is a singular value with its vectors: where sizes cross it goes on with the vectors, as the analytic
// decomposition does, not with its place in the sorted list. From step to step components are those that overlap most,
// |u·u′| |v·v′|. Between two steps a value is the cubic through its values and derivatives uᵀ(dW/dt)v at both ends. Only
// the end of a run tells which half matters, so the values of all steps are kept.

/// The course of the components of the end-to-end matrix, to find when each passed half of its final value.
struct HalfRises: Sendable, Codable {
  private var times: [Double] = []
  private var values: [[Double]] = []
  private var slopes: [[Double]] = []
  /// The vectors at the last step, by component.
  private var left = Matrix.zeros(0, 0)
  private var right = Matrix.zeros(0, 0)

  init() {}

  /// When a component rose.
  struct Rise: Equatable, Sendable {
    /// The time at which it first passed half of its final value; nil if it began above or is not there yet.
    var time: Double?
    /// Whether it still rises at the end.
    var isUnfinished: Bool
  }

  mutating func add(_ point: FlowPoint, of equation: some FlowEquation) {
    func endToEnd(_ state: [Double]) -> Matrix {
      equation.endToEndDecomposition(of: state)?.reconstruct()
        ?? equation.network(of: state).endToEnd()
    }
    guard
      let decomposition = equation.endToEndDecomposition(of: point.state)
        ?? (try? SingularValueDecomposition(of: endToEnd(point.state)))
    else { return }
    // A small step along the velocity gives the derivative of W, which is smooth in the state.
    let size = point.state.withUnsafeBufferPointer(vectorNorm)
    let speed = point.velocity.withUnsafeBufferPointer(vectorNorm)
    let δ = speed > 0 ? 1e-5 * size / speed : 1
    func moved(_ δ: Double) -> Matrix {
      endToEnd(zip(point.state, point.velocity).map { $0 + δ * $1 })
    }
    let derivative = (moved(δ) - moved(-δ)) / (2 * δ)
    let count = decomposition.singularValues.count
    let (u, v) = (
      decomposition.leftVectors.firstColumns(count),
      decomposition.rightVectorsTransposed.firstRows(count)
    )
    let rotated = u.transposedTimes(derivative)
    let speeds = (0..<count).map { r in
      zip(rotated.row(r), v.row(r)).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let order = order(u, v)
    func value(_ list: [Double], _ place: Int?) -> Double { place.map { list[$0] } ?? 0 }
    times.append(point.time)
    values.append(order.map { value(decomposition.singularValues, $0) })
    slopes.append(order.map { value(speeds, $0) })
    left = .horizontallyStacked(
      order.enumerated().map { component, place in
        place.map { u.submatrix(rows: 0..<u.rowCount, columns: $0..<$0 + 1) }
          ?? left.submatrix(rows: 0..<u.rowCount, columns: component..<component + 1)
      })
    right = .verticallyStacked(
      order.enumerated().map { component, place in
        place.map { v.submatrix(rows: $0..<$0 + 1, columns: 0..<v.columnCount) }
          ?? right.submatrix(rows: component..<component + 1, columns: 0..<v.columnCount)
      })
  }

  /// For each component so far the place of its successor in the sorted list, by the largest overlaps; nil for one
  /// that is no longer told apart from zero. New ones come last.
  private func order(_ u: Matrix, _ v: Matrix) -> [Int?] {
    let count = u.columnCount
    guard !times.isEmpty else { return Array(0..<count) }
    let overlaps = left.transposedTimes(u).hadamard(right.timesTransposed(v)).map(abs)
    var order = [Int?](repeating: nil, count: left.columnCount)
    var isTaken = [Bool](repeating: false, count: count)
    for place in overlaps.elements.indices.sorted(by: {
      overlaps.elements[$0] > overlaps.elements[$1]
    }) {
      let (component, successor) = (place / count, place % count)
      guard order[component] == nil, !isTaken[successor] else { continue }
      order[component] = successor
      isTaken[successor] = true
    }
    return order + (0..<count).filter { !isTaken[$0] }
  }

  /// Each component's rise, in descending order of the final values.
  ///
  /// Half of the last value is half of the final one only when that has been reached: when at its last speed the
  /// component would not gain a quarter of its size in as much time as it has had since.
  func result() -> [Rise] {
    guard let last = values.last, let first = values.first, let slope = slopes.last,
      let end = times.last
    else { return [] }
    return last.indices.sorted { last[$0] > last[$1] }.map { r in
      let half = last[r] / 2
      guard r < first.count, first[r] < half,
        let after = values.indices.dropFirst().first(where: {
          r < values[$0].count && values[$0][r] >= half
        })
      else { return Rise(time: nil, isUnfinished: false) }
      let time = crossing(of: half, value: r, after: after)
      let isUnfinished = slope[r] * (end - time) > 0.25 * last[r]
      return Rise(time: isUnfinished ? nil : time, isUnfinished: isUnfinished)
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
