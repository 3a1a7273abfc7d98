import LinearAlgebra

// Minimise ‖Σ_c w_c p_c − b‖² over w ≥ 0, Σ w_c = 1. With E the errors p_c − b the sum constraint makes it wᵀ(EᵀE)w:
// only products of errors count. Frank–Wolfe with away steps ends at the exact corner of the simplex.

/// Weights of candidates whose sum predicts best, from their errors on entries that none of them has seen.
struct StackingWeights {
  let weights: [Double]

  /// - Parameter errors: of each candidate, on the same entries.
  /// - Complexity: O(*candidates*² · *entries*).
  init(errors: [[Double]]) { self.init(products: Self.products(errors) { _ in true }) }

  /// Weights for judging the average: entries are dealt to some parts, and those of a part are averaged by the weights
  /// that all other parts give. Weights that have seen an entry would flatter its average.
  ///
  /// - Returns: the weights for each part; entry k belongs to part k mod `partCount`.
  /// - Complexity: O(*candidates*² · *entries*).
  static func crossFitted(errors: [[Double]], partCount: Int) -> [StackingWeights] {
    let parts = (0..<partCount).map { part in products(errors) { $0 % partCount == part } }
    let whole = products(errors) { _ in true }
    return parts.map { part in
      StackingWeights(products: zip(whole, part).map { zip($0, $1).map { $0 - $1 } })
    }
  }

  /// EᵀE over some of the entries.
  private static func products(
    _ errors: [[Double]], where isCounted: (Int) -> Bool
  ) -> [[Double]] {
    let places = (errors.first?.indices ?? 0..<0).filter(isCounted)
    return errors.map { a in
      errors.map { b in places.reduce(0) { $0 + a[$1] * b[$1] } }
    }
  }

  private init(products gram: [[Double]]) {
    let count = gram.count
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
