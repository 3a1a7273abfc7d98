import RealModule

/// Integration over an interval by the rule of Gauss and Legendre, exact for polynomials up to degree 2n − 1.
struct GaussLegendre {
  /// On [−1, 1].
  let nodes: [Double]
  let weights: [Double]

  static let sixteen = GaussLegendre(count: 16)

  /// The zeros of the Legendre polynomial P_n by Newton's method, and the weights 2/((1 − x²) P_n′(x)²).
  init(count: Int) {
    precondition(count > 0, "a rule needs nodes, not \(count)")
    let n = Double(count)
    var nodes: [Double] = []
    var weights: [Double] = []
    for k in 0..<count {
      var x = -Double.cos(.pi * (Double(k) + 0.75) / (n + 0.5))
      var slope = 1.0
      for _ in 0..<100 {
        var (before, value) = (1.0, x)
        for j in 1..<count {
          let m = Double(j)
          (before, value) = (value, ((2 * m + 1) * x * value - m * before) / (m + 1))
        }
        slope = n * (x * value - before) / (x * x - 1)
        let step = value / slope
        x -= step
        if abs(step) < 1e-16 { break }
      }
      nodes.append(x)
      weights.append(2 / ((1 - x * x) * slope * slope))
    }
    self.nodes = nodes
    self.weights = weights
  }

  func integral(from a: Double, to b: Double, of function: (Double) -> Double) -> Double {
    let (middle, half) = (0.5 * (a + b), 0.5 * (b - a))
    var sum = 0.0
    for (x, weight) in zip(nodes, weights) { sum += weight * function(middle + half * x) }
    return half * sum
  }
}
