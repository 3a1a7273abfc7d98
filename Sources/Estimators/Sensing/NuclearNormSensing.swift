import LinearAlgebra

// Douglas–Rachford on ‖W‖_* + [⟨A_i, W⟩ = b_i]: with P the projection onto the measurements and S_γ the singular value
// threshold,
//
//     W = P(Z),   Y = S_γ(2W − Z),   Z ← Z + Y − W.
//
// W − Z = Σ y_i A_i, and (W − Z)/γ tends to a subgradient of the norm: y/γ, divided by its spectral norm where that
// is above one, is feasible for the dual, max ⟨b, y⟩ with ‖Σ y_i A_i‖ ≤ 1, and bounds the smallest norm from below.

/// The matrix of smallest nuclear norm of all that agree with measurements.
struct NuclearNormSensing {
  var stepLimit = 20_000
  /// The relative duality gap at which it ends.
  var tolerance = 1e-8

  struct Solution {
    var matrix: Matrix
    /// How far the nuclear norm can be from the smallest at most.
    var dualityGap: Double
    var steps: Int
    var isConverged: Bool
    var wasCancelled: Bool
  }

  /// - Complexity: an SVD and O(m²) a step.
  func solve(
    _ measurements: LinearMeasurements, _ values: [Double], isCancelled: (Double) -> Bool
  ) throws -> Solution {
    let projection = try MeasurementProjection(measurements, values)
    let start = projection.leastNorm()
    // The threshold decides the speed alone; about the size of a singular value suits.
    let γ = max(try start.spectralNorm() / 2, .leastNormalMagnitude)
    var z = start
    var best = Solution(
      matrix: start, dualityGap: .infinity, steps: 0, isConverged: false, wasCancelled: false)
    for step in 1...stepLimit {
      let (w, weights) = projection.projected(z)
      if step % 10 == 1 || step == stepLimit {
        let norm = try w.singularValues().reduce(0, +)
        let spectral = try measurements.combination(weights).spectralNorm() / γ
        let bound = zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 } / γ / max(spectral, 1)
        let gap = max(norm - bound, 0)
        best = Solution(
          matrix: w, dualityGap: gap, steps: step, isConverged: gap <= tolerance * norm,
          wasCancelled: false)
        if best.isConverged { return best }
        if isCancelled(Double(step) / Double(stepLimit)) {
          best.wasCancelled = true
          return best
        }
      }
      var reflected = 2 * w
      reflected.add(z, scaledBy: -1)
      let svd = try SingularValueDecomposition(of: reflected)
      let kept = svd.singularValues.prefix { $0 > γ }.count
      let y =
        svd.leftVectors.firstColumns(kept)
        .scalingColumns(by: svd.singularValues.prefix(kept).map { $0 - γ })
        * svd.rightVectorsTransposed.firstRows(kept)
      z.add(y, scaledBy: 1)
      z.add(w, scaledBy: -1)
    }
    return best
  }
}
