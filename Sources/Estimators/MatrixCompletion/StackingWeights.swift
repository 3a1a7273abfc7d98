import LinearAlgebra

// Minimise ‖Σ_c w_c p_c − b‖² over w ≥ 0, Σ w_c = 1. With E the errors p_c − b the sum constraint makes it wᵀ(EᵀE)w:
// only products of errors count. Frank–Wolfe with away steps ends at the exact corner of the simplex.

/// Weights of candidates whose sum predicts best, from their errors on entries that none of them has seen.
struct StackingWeights {
  let weights: [Double]

  /// - Parameter errors: of each candidate, on the same entries.
  /// - Complexity: O(*candidates*² · *entries*).
  init(errors: [[Double]]) {
    let count = errors.count
    let gram = errors.map { a in
      errors.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    let best = (0..<count).min { gram[$0][$0] < gram[$1][$1] } ?? 0
    var w = [Double](repeating: 0, count: count)
    w[best] = 1
    for _ in 0..<2000 {
      let gradient = gram.map { row in zip(row, w).reduce(0) { $0 + $1.0 * $1.1 } }
      let value = zip(gradient, w).reduce(0) { $0 + $1.0 * $1.1 }
      guard let towards = (0..<count).min(by: { gradient[$0] < gradient[$1] }),
        let away = (0..<count).filter({ w[$0] > 0 }).max(by: { gradient[$0] < gradient[$1] }),
        gradient[away] - gradient[towards] > 1e-10 * value
      else { break }
      // From the worst that has weight to the best: the direction e_towards − e_away.
      let curvature = gram[towards][towards] - 2 * gram[towards][away] + gram[away][away]
      let step = min(w[away], (gradient[away] - gradient[towards]) / max(curvature, 1e-300))
      w[towards] += step
      w[away] = max(0, w[away] - step)
    }
    // A weight below a hundredth is not worth the fit it costs.
    let kept = w.map { $0 < 0.01 ? 0 : $0 }
    let sum = kept.reduce(0, +)
    weights = kept.map { $0 / sum }
  }
}
