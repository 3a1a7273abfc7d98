import LinearAlgebra
import RealModule

// Each column has a path of its own along the rows beside the factors: h_t = φ h_{t−1} + η, η ~ N(0, q), seen where
// the column is known through noise of variance s². Given everything else it is drawn as a whole: the Kalman filter
// forward, m_t and P_t of h_t given the entries up to t, then from the last row backward
//
//     h_t | h_{t+1} ~ N(m_t + g (h_{t+1} − φ m_t), P_t − g φ P_t),   g = φ P_t/(φ² P_t + q);
//
// without the noise of the draw the same recursion gives the mean of h_t given all entries. φ and q follow by
// regression of h_t on h_{t−1}. A column without a path of its own has q near zero.

/// A smooth path along the rows for each column, drawn given what the factors leave.
struct SmoothResiduals {
  let rowCount: Int
  let columnCount: Int
  /// The latest draw and the mean given its parameters, column after column.
  private(set) var draw: [Double]
  private(set) var mean: [Double]
  private var memory: [Double]
  private var innovation: [Double]

  /// φ stays below this: a path returns to zero in some thousands of rows.
  private static let longestMemory = 0.9995
  /// How many steps the prior of q counts for, and their share of the noise.
  private static let priorStrength = 2.0
  private static let priorShare = 0.02

  init(rowCount: Int, columnCount: Int) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    draw = [Double](repeating: 0, count: rowCount * columnCount)
    mean = draw
    memory = [Double](repeating: 0.9, count: columnCount)
    innovation = [Double](repeating: 0.05, count: columnCount)
  }

  /// Draws all paths from the residuals at the positions of a pattern, and then their parameters.
  ///
  /// - Complexity: O(*rows* · *columns*).
  mutating func redraw(
    _ residuals: [Double], at pattern: ObservedPattern, precisions: [Double],
    using generator: inout SeededGenerator
  ) {
    var filtered = [Double](repeating: 0, count: rowCount)
    var variances = filtered
    for column in 0..<columnCount {
      let φ = memory[column]
      let q = innovation[column]
      let noise = 1 / precisions[column]
      var m = 0.0
      var p = q / max(1 - φ * φ, 1e-6)
      var place = pattern.columnStarts[column]
      let end = pattern.columnStarts[column + 1]
      for t in 0..<rowCount {
        if t > 0 {
          m *= φ
          p = φ * φ * p + q
        }
        if place < end, Int(pattern.columnOrderRows[place]) == t {
          let gain = p / (p + noise)
          m += gain * (residuals[Int(pattern.columnOrder[place])] - m)
          p *= 1 - gain
          place += 1
        }
        filtered[t] = m
        variances[t] = p
      }
      let base = column * rowCount
      var next = 0.0
      var nextMean = 0.0
      for t in stride(from: rowCount - 1, through: 0, by: -1) {
        var centre = filtered[t]
        var smooth = centre
        var variance = variances[t]
        if t < rowCount - 1 {
          let g = φ * variance / max(φ * φ * variance + q, 1e-300)
          centre += g * (next - φ * filtered[t])
          smooth += g * (nextMean - φ * filtered[t])
          variance = max(0, variance - g * φ * variance)
        }
        next = centre + variance.squareRoot() * generator.nextGaussian()
        nextMean = smooth
        draw[base + t] = next
        mean[base + t] = smooth
      }
      redrawParameters(column, noise: noise, using: &generator)
    }
  }

  private mutating func redrawParameters(
    _ column: Int, noise: Double, using generator: inout SeededGenerator
  ) {
    let base = column * rowCount
    var (squares, products, last) = (0.0, 0.0, 0.0)
    for t in 0..<max(rowCount - 1, 0) {
      squares += draw[base + t] * draw[base + t]
      products += draw[base + t] * draw[base + t + 1]
      last += draw[base + t + 1] * draw[base + t + 1]
    }
    guard squares > 0 else { return }
    let centre = products / squares
    let φ = centre + (innovation[column] / squares).squareRoot() * generator.nextGaussian()
    memory[column] = min(max(φ, 0), Self.longestMemory)
    let φ̂ = memory[column]
    let rest = max(0, last - 2 * φ̂ * products + φ̂ * φ̂ * squares)
    let shape = (Self.priorStrength + Double(rowCount - 1)) / 2
    let rate = (Self.priorStrength * Self.priorShare * noise + rest) / 2
    innovation[column] = max(rate, 1e-300) / generator.nextGamma(shape: shape)
  }

  /// The draw at the positions of a pattern, in row order.
  func values(at pattern: ObservedPattern) -> [Double] {
    pattern.rows.indices.map { draw[Int(pattern.columns[$0]) * rowCount + Int(pattern.rows[$0])] }
  }
}
