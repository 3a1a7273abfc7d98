public import LinearAlgebra

/// A tight integrator for tests: Gragg's midpoint rule, extrapolated in the square of the step (Bulirsch and
/// Stoer).
///
/// Independent of the integrators under test. The local error is kept below `tolerance` times the largest
/// component.
public enum ExtrapolationIntegrator {
  /// The solution of y′ = f(t, y) at a later time.
  public static func solve(
    from start: [Double], until end: Double, tolerance: Double = 1e-14,
    _ f: (Double, [Double]) -> [Double]
  ) -> [Double] {
    let sequence = [2, 4, 6, 8, 10, 12, 14, 16]
    var y = start
    var t = 0.0
    var step = end / 8
    while t < end {
      step = min(step, end - t)
      var table: [[Double]] = []
      var accepted = false
      for (k, count) in sequence.enumerated() {
        var row = [midpoint(y, t, step, count, f)]
        for j in 1..<max(k + 1, 1) where k > 0 {
          let ratio = Double(count) / Double(sequence[k - j])
          let factor = 1 / (ratio * ratio - 1)
          row.append(
            zip(row[j - 1], table[(k - 1) * (k) / 2 + j - 1]).map { $0 + ($0 - $1) * factor })
        }
        let size = row[k].map(abs).max() ?? 0
        let error =
          k > 2 ? zip(row[k], row[k - 1]).map { abs($0 - $1) }.max() ?? 0 : Double.infinity
        table += row
        if error.isFinite, error <= tolerance * size {
          y = row[k]
          t = step == end - t ? end : t + step
          accepted = true
          step *= k < 6 ? 1.5 : 0.9
          break
        }
      }
      if !accepted {
        step *= 0.5
        if step < 1e-13 * end { return y.map { _ in .nan } }
      }
    }
    return y
  }

  /// The solution of a flow of matrices.
  public static func solve(
    from start: [Matrix], until end: Double, tolerance: Double = 1e-14,
    _ f: ([Matrix]) -> [Matrix]
  ) -> [Matrix] {
    func unpack(_ elements: [Double]) -> [Matrix] {
      var offset = 0
      return start.map { shape in
        defer { offset += shape.count }
        return Matrix(
          rowCount: shape.rowCount, columnCount: shape.columnCount,
          elements: Array(elements[offset..<offset + shape.count]))
      }
    }
    let result = solve(from: start.flatMap(\.elements), until: end, tolerance: tolerance) { _, y in
      f(unpack(y)).flatMap(\.elements)
    }
    return unpack(result)
  }

  private static func midpoint(
    _ y: [Double], _ t: Double, _ step: Double, _ count: Int, _ f: (Double, [Double]) -> [Double]
  ) -> [Double] {
    let h = step / Double(count)
    var before = y
    var now = zip(y, f(t, y)).map { $0 + h * $1 }
    for k in 1..<count {
      let slope = f(t + Double(k) * h, now)
      let next = before.indices.map { before[$0] + 2 * h * slope[$0] }
      (before, now) = (now, next)
    }
    let slope = f(t + step, now)
    return now.indices.map { 0.5 * (now[$0] + before[$0] + h * slope[$0]) }
  }
}

/// The right side of gradient flow on all layers of ℓ(W_N ⋯ W_1), from the gradient of ℓ.
public func layeredFlow(_ layers: [Matrix], gradient: (Matrix) -> Matrix) -> [Matrix] {
  var below: [Matrix] = []
  for layer in layers { below.append(below.last.map { layer * $0 } ?? layer) }
  var backward = gradient(below[layers.count - 1])
  var result = layers
  for j in layers.indices.reversed() {
    result[j] = -(j == 0 ? backward : backward.timesTransposed(below[j - 1]))
    backward = layers[j].transposedTimes(backward)
  }
  return result
}
