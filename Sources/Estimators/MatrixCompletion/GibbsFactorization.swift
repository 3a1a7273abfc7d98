import CSparseKernels
import LinearAlgebra
import RealModule

// The model: b_ij = u_iᵀ v_j + noise of variance 1/τ_j, with u_i ~ N(μ, Λ⁻¹) and v_j ~ N(ν, Μ⁻¹) whose means and
// precisions have Gaussian–Wishart priors of their own; log τ_j scatters about a centre, both of which follow
// from all columns. Each sweep draws every quantity from its distribution given all others; the mean
// of the products over many sweeps is the answer. Nothing is chosen: strength, rank and noise are averaged over.
// Row and column offsets are components whose other side is nearly constant, which the means μ and ν allow.

/// Low-rank factors of noisy known entries as draws from their posterior distribution.
///
/// - SeeAlso: [salakhutdinov2008].
struct GibbsFactorization {
  private let pattern: ObservedPattern
  private let rowLines: GibbsLines
  private let columnLines: GibbsLines
  private let values: [Double]
  /// The latest draws, rows × rank and columns × rank.
  private(set) var rowFactor: Matrix
  private(set) var columnFactor: Matrix
  /// τ_j.
  private(set) var columnPrecisions: [Double]
  /// Smooth paths along the rows beside the factors, where rows are in order.
  private(set) var paths: SmoothResiduals?
  /// The values less the paths.
  private var rest: [Double]
  private var products: [Double]
  private var weighted: [Double]

  var rank: Int { rowFactor.columnCount }

  /// - Parameters:
  ///   - values: in the order of the pattern, with a mean square of about one.
  ///   - noiseVariance: where τ begins.
  init(
    _ pattern: ObservedPattern, _ values: [Double], rowFactor: Matrix, columnFactor: Matrix,
    noiseVariance: Double, paths: SmoothResiduals? = nil
  ) {
    self.pattern = pattern
    self.values = values
    self.paths = paths
    rest = values
    self.rowFactor = rowFactor
    self.columnFactor = columnFactor
    rowLines = GibbsLines(rowsOf: pattern)
    columnLines = GibbsLines(columnsOf: pattern)
    columnPrecisions = [Double](
      repeating: 1 / max(noiseVariance, 1e-12), count: pattern.columnCount)
    products = [Double](repeating: 0, count: values.count)
    weighted = products
  }

  /// The same state before other values, with the same rows and columns.
  func moved(to pattern: ObservedPattern, _ values: [Double]) -> GibbsFactorization {
    var result = GibbsFactorization(
      pattern, values, rowFactor: rowFactor, columnFactor: columnFactor, noiseVariance: 1,
      paths: paths)
    result.columnPrecisions = columnPrecisions
    return result
  }

  /// Draws everything once.
  ///
  /// - Complexity: O(|Ω| *rank*² + (rows + columns) *rank*³), the entries counted or those that are missing, where
  ///   they are fewer.
  mutating func sweep(using generator: inout SeededGenerator) throws(DecompositionError) {
    balance()
    // The quietest columns count: what is small beside the mean noise can be large beside theirs.
    let count = Double(max(columnPrecisions.count, 1))
    let noise = (1 / max(columnPrecisions.reduce(0) { $0 + $1 / count }, 1e-300)).squareRoot()
    // A component as large as a tenth of what the noise alone would show is all that the prior of the precisions
    // adds: far below it, prior variances are as the data have them.
    let floor = min(
      1,
      0.1 * noise
        * (Double(pattern.rowCount).squareRoot() + Double(pattern.columnCount).squareRoot()))
    if let paths {
      let own = paths.values(at: pattern)
      for k in rest.indices { rest[k] = values[k] - own[k] }
    }
    let rowPrior = try GaussianWishart(floor: floor).draw(for: rowFactor, using: &generator)
    // Weights of the columns are weights of the other side here: they go into the factor.
    let roots = columnPrecisions.map { $0.squareRoot() }
    for k in values.indices {
      weighted[k] = rest[k] * columnPrecisions[Int(pattern.columns[k])]
    }
    var moments = Matrix(rowCount: pattern.rowCount, columnCount: rank)
    pattern.times(weighted, columnFactor, into: &moments)
    rowLines.draw(
      &rowFactor, from: columnFactor.scalingRows(by: roots), moments: moments, weights: nil,
      prior: rowPrior, using: &generator)
    let columnPrior = try GaussianWishart(floor: floor).draw(for: columnFactor, using: &generator)
    moments = Matrix(rowCount: pattern.columnCount, columnCount: rank)
    pattern.transposedTimes(rest, rowFactor, into: &moments)
    columnLines.draw(
      &columnFactor, from: rowFactor, moments: moments, weights: columnPrecisions,
      prior: columnPrior, using: &generator)
    drawNoise(using: &generator)
  }

  /// Sizes of the two sides of a component are not determined by the data; equal ones keep both priors alike.
  private mutating func balance() {
    var factors = [Double](repeating: 1, count: rank)
    let rows = Self.meanSquares(rowFactor)
    let columns = Self.meanSquares(columnFactor)
    for k in 0..<rank where rows[k] > 0 && columns[k] > 0 {
      factors[k] = (columns[k] / rows[k]).squareRoot().squareRoot()
    }
    rowFactor = rowFactor.scalingColumns(by: factors)
    columnFactor = columnFactor.scalingColumns(by: factors.map { 1 / $0 })
  }

  private static func meanSquares(_ matrix: Matrix) -> [Double] {
    var sums = [Double](repeating: 0, count: matrix.columnCount)
    matrix.withUnsafeElements { f in
      for row in 0..<matrix.rowCount {
        for k in 0..<sums.count {
          sums[k] += f[row * sums.count + k] * f[row * sums.count + k]
        }
      }
    }
    return sums.map { $0 / Double(max(matrix.rowCount, 1)) }
  }

  private mutating func drawNoise(using generator: inout SeededGenerator) {
    var squares = [Double](repeating: 0, count: pattern.columnCount)
    pattern.products(left: rowFactor, right: columnFactor, into: &products)
    if paths != nil {
      for k in rest.indices { rest[k] = values[k] - products[k] }
      paths?.redraw(rest, at: pattern, precisions: columnPrecisions, using: &generator)
      let own = paths?.values(at: pattern) ?? rest
      for k in rest.indices { rest[k] = values[k] - own[k] }
    }
    for k in values.indices {
      let residual = rest[k] - products[k]
      squares[Int(pattern.columns[k])] += residual * residual
    }
    let counts = squares.indices.map {
      Double(pattern.columnStarts[$0 + 1] - pattern.columnStarts[$0])
    }
    let pool = VariancePool(sums: squares, counts: counts)
    for column in squares.indices {
      let shape = pool.freedom(count: counts[column]) / 2
      let rate = shape * pool.variance(sum: squares[column], count: counts[column])
      columnPrecisions[column] = generator.nextGamma(shape: shape) / max(rate, 1e-300)
    }
  }
}

/// The rows of one side with the positions of their entries, and of those they lack where these are fewer.
private struct GibbsLines {
  private let starts: [Int]
  private let others: [Int32]
  private let missing: MissingPlaces?
  private let blocks: RowBlocks
  private let threadCount: Int

  init(rowsOf pattern: ObservedPattern) {
    self.init(
      pattern.rowStarts, pattern.columns, pattern.rowBlocks, otherCount: pattern.columnCount,
      pattern.threadCount)
  }

  init(columnsOf pattern: ObservedPattern) {
    self.init(
      pattern.columnStarts, pattern.columnOrderRows, pattern.columnBlocks,
      otherCount: pattern.rowCount, pattern.threadCount)
  }

  private init(
    _ starts: [Int], _ others: [Int32], _ blocks: RowBlocks, otherCount: Int, _ threadCount: Int
  ) {
    self.starts = starts
    self.others = others
    self.blocks = blocks
    self.threadCount = threadCount
    missing = MissingPlaces(starts: starts, others: others, otherCount: otherCount)
  }

  /// Draws every row of a factor given the other factor, its rows scaled by the roots of their weights.
  func draw(
    _ factor: inout Matrix, from other: Matrix, moments: Matrix, weights: [Double]?,
    prior: GaussianWishart.Draw, using generator: inout SeededGenerator
  ) {
    let rank = factor.columnCount
    let total = missing == nil ? nil : other.transposedTimes(other)
    let padding = (8 - rank % 8) % 8
    let padded =
      padding == 0
      ? other
      : Matrix.horizontallyStacked([other, Matrix(rowCount: other.rowCount, columnCount: padding)])
    // One stream, whatever the number of threads.
    let normals = Matrix.gaussian(rowCount: factor.rowCount, columnCount: rank, using: &generator)
    let linear = prior.precision * prior.mean
    starts.withUnsafeBufferPointer { starts in
      (missing?.starts ?? []).withUnsafeBufferPointer { missingStarts in
        (missing?.places ?? []).withUnsafeBufferPointer { missing in
          others.withUnsafeBufferPointer { others in
            padded.withUnsafeElements { padded in
              (total ?? prior.precision).withUnsafeElements { total in
                moments.withUnsafeElements { moments in
                  normals.withUnsafeElements { normals in
                    prior.precision.withUnsafeElements { precision in
                      factor.withUnsafeMutableElements { target in
                        blocks.forEach(threadCount: threadCount) { _, lines in
                          let first = lines.lowerBound
                          withUnsafeTemporaryAllocation(
                            of: Double.self, capacity: conditional_scratch_size(rank)
                          ) { scratch in
                            (weights ?? []).withUnsafeBufferPointer { weightBuffer in
                              sparse_conditional_rows(
                                lines.count, starts.baseAddress! + first, others.baseAddress!,
                                self.missing == nil ? nil : missingStarts.baseAddress! + first,
                                self.missing == nil ? nil : missing.baseAddress!,
                                padded.baseAddress!,
                                total.baseAddress!, moments.baseAddress! + first * rank,
                                weights == nil ? nil : weightBuffer.baseAddress! + first,
                                precision.baseAddress!, linear, normals.baseAddress! + first * rank,
                                rank, target.baseAddress! + first * rank, scratch.baseAddress!)
                            }
                          }
                        }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
