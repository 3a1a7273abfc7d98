import RealModule

// Groups of n_j squared residuals with sums S_j have variances v_j ~ a v / Gamma(a): the smaller a, the more they
// differ. Integrated over v_j, up to what does not depend on a,
//
//     log p(S | a) = Σ_j [ log Γ(a + n_j/2) − log Γ(a) + a log(a v) − (a + n_j/2) log(a v + S_j/2) ].

/// How much variances of groups differ, from the squares in each.
struct VariancePool {
  /// The shape a of the distribution of their inverses: large where the groups are alike.
  let shape: Double
  /// What a group with few squares is drawn towards.
  let variance: Double

  /// - Complexity: O(*groups*) for each of a few shapes and variances tried.
  init(sums: [Double], counts: [Double]) {
    let occupied = sums.indices.filter { counts[$0] > 0 }
    let total = counts.reduce(0, +)
    let pooled = max(sums.reduce(0, +) / max(total, 1), .leastNormalMagnitude)
    guard occupied.count > 1 else {
      (shape, variance) = (1, pooled)
      return
    }
    // The median variance of a group, or the mean of all: where groups differ the mean is that of the largest.
    let own = occupied.map { sums[$0] / counts[$0] }.sorted()
    let median = max(own[own.count / 2], 1e-12 * pooled)
    var best = (value: -Double.infinity, shape: 1.0, variance: pooled)
    for variance in [pooled, median, (pooled * median).squareRoot()] {
      for exponent in 0...10 {
        let a = 0.5 * Double(1 << exponent)
        let rate = a * variance
        let constant = -Double.logGamma(a) + a * Double.log(rate)
        var value = 0.0
        for j in occupied {
          let half = counts[j] / 2
          value +=
            Double.logGamma(a + half) + constant - (a + half) * Double.log(rate + sums[j] / 2)
        }
        if value > best.value { best = (value, a, variance) }
      }
    }
    (shape, variance) = (best.shape, best.variance)
  }

  /// The variance of a group, drawn towards the others in proportion to how few squares it has.
  func variance(sum: Double, count: Double) -> Double {
    (2 * shape * variance + sum) / (2 * shape + count)
  }
}
