import RealModule

// The logarithm of a mean of n squares of normal numbers of variance v is log v + ψ(n/2) − log(n/2), give or take the root
// of ψ′(n/2). Between groups log v scatters by τ² about μ, both by maximum likelihood; a group's own logarithm l of variance
// s² is drawn towards the others,
//
//     l̂ = (l/s² + μ/τ²)/(1/s² + 1/τ²).
//
// In the logarithm a group of any size counts for itself: where variances differ by 10¹⁴, as with columns of different
// units, a few per cent of the largest would be all of the smallest.

/// How much variances of groups differ, from the squares in each.
struct VariancePool {
  /// τ²: zero where the groups are alike.
  let spread: Double
  /// What a group with few squares is drawn towards, exp μ.
  let variance: Double

  /// Groups of the same count enter by their number, their mean logarithm and its scatter alone.
  ///
  /// - Complexity: O(*groups*), and O(*different counts*) for each of a few spreads tried.
  init(sums: [Double], counts: [Double]) {
    let occupied = sums.indices.filter { counts[$0] > 0 && sums[$0] > 0 }
    guard !occupied.isEmpty else {
      (spread, variance) = (0, .leastNormalMagnitude)
      return
    }
    let total = occupied.reduce(0.0) { $0 + counts[$1] }
    let pooled = occupied.reduce(0.0) { $0 + sums[$1] } / total
    guard occupied.count > 1 else {
      // One group does not tell how much groups differ.
      (spread, variance) = (1, max(pooled, .leastNormalMagnitude))
      return
    }
    let alike = Self.alike(occupied, sums, counts)
    var best = (value: -Double.infinity, spread: 0.0, centre: 0.0)
    for spread in [0] + (-16...24).map({ Double.exp2(Double($0) / 2) }) {
      let weights = alike.map { $0.count / ($0.squaredError + spread) }
      let centre =
        zip(weights, alike).reduce(0) { $0 + $1.0 * $1.1.mean } / weights.reduce(0, +)
      var value = 0.0
      for (weight, groups) in zip(weights, alike) {
        let own = weight / groups.count
        let distance = groups.mean - centre
        value +=
          0.5
          * (groups.count * (Double.log(own) - own * distance * distance) - own * groups.scatter)
      }
      if value > best.value { best = (value, spread, centre) }
    }
    spread = best.spread
    // Alike groups are one: their mean is known better than their mean logarithm.
    variance = max(best.spread == 0 ? pooled : Double.exp(best.centre), .leastNormalMagnitude)
  }

  /// Groups of one count: how many there are, the mean of their logarithms and the sum of squares about it, and the
  /// variance of each.
  private struct Alike {
    var count = 0.0
    var mean = 0.0
    var scatter = 0.0
    var squaredError: Double
  }

  private static func alike(_ groups: [Int], _ sums: [Double], _ counts: [Double]) -> [Alike] {
    var places: [Double: Int] = [:]
    var result: [Alike] = []
    for group in groups {
      let place = places[counts[group], default: result.count]
      if place == result.count {
        places[counts[group]] = place
        result.append(Alike(squaredError: squaredError(counts[group])))
      }
      let log = logarithm(sums[group], counts[group])
      result[place].count += 1
      let distance = log - result[place].mean
      result[place].mean += distance / result[place].count
      result[place].scatter += distance * (log - result[place].mean)
    }
    return result
  }

  /// log(S/n) less its bias, by the asymptotic series of ψ.
  private static func logarithm(_ sum: Double, _ count: Double) -> Double {
    Double.log(sum) - Double.log(count) + 1 / count + 1 / (3 * count * count)
  }

  /// ψ′(n/2) by its asymptotic series: 8 % too much for n = 1.
  private static func squaredError(_ count: Double) -> Double {
    2 / count + 2 / (count * count) + 4 / (3 * count * count * count)
  }

  /// The variance of a group, drawn towards the others in proportion to how few squares it has.
  func variance(sum: Double, count: Double) -> Double {
    guard count > 0, spread > 0 else { return variance }
    // Squares that are all zero count as very small ones.
    let floor = 1e-24 * count * variance
    let own = Double.log(max(sum, floor) / count)
    let weight = spread / (spread + Self.squaredError(count))
    return Double.exp(weight * own + (1 - weight) * Double.log(variance))
  }

  /// For how many squares a group's variance counts, its own and those it borrows: the variance of l̂ is about two over
  /// them.
  func freedom(count: Double) -> Double {
    count + (spread > 0 ? 2 / spread : 1e6)
  }
}
